//! The census: how much a run checks, at least. A run that checks less than was committed has lost something, and is red.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::{Deserialize, Serialize};

use super::{Report, cell};
use crate::runner::{Shortfall, Verdict};

/// How many checks fewer are chance, in percent: clients that go on until a server is killed do as much as they get to.
const CHANCE_PERCENT: u64 = 10;

/// How much a run of everything checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Census {
    /// In how many combinations.
    combinations: usize,
    /// By group of scenarios, as the heat map has them.
    #[serde(default)]
    groups: BTreeMap<String, Counts>,
}

/// How much there is in a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Counts {
    /// How many scenarios have a run that came to a verdict.
    scenarios: u64,
    /// How many runs did.
    runs: u64,
    /// How many checks were made in them.
    checks: u64,
}

impl Census {
    /// What `report` came to.
    pub fn of(report: &Report) -> Self {
        let mut groups: BTreeMap<String, (Counts, Vec<&str>)> = BTreeMap::new();
        let ran = |verdict: Verdict| verdict.is_red() || verdict <= Verdict::KnownFailure;
        for run in report.runs().filter(|run| ran(run.verdict)) {
            let (counts, scenarios) = groups.entry(cell::group(&run.scenario).to_owned()).or_default();
            counts.runs += 1;
            counts.checks += run.checks;
            scenarios.push(&run.scenario);
        }
        let counted = |(counts, mut scenarios): (Counts, Vec<&str>)| {
            scenarios.sort_unstable();
            scenarios.dedup();
            Counts {
                scenarios: scenarios.len() as u64,
                ..counts
            }
        };
        Self {
            combinations: report.combinations.len(),
            groups: groups
                .into_iter()
                .map(|(name, counts)| (name, counted(counts)))
                .collect(),
        }
    }

    /// The census that `text` is, as [`Self::to_text`] writes it.
    ///
    /// # Errors
    /// In words: it is no census.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// As it is committed.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "# How much a run checks, at least: less is red. Written by `plimsoll run --update-census`.\ncombinations = {}\n",
            self.combinations
        );
        for (name, counts) in &self.groups {
            let Counts {
                scenarios,
                runs,
                checks,
            } = counts;
            let name = toml::Value::from(name.as_str());
            let _ = write!(
                text,
                "\n[groups.{name}]\nscenarios = {scenarios}\nruns = {runs}\nchecks = {checks}\n"
            );
        }
        text
    }

    /// In how many combinations it was taken: another number cannot be compared.
    pub const fn combinations(&self) -> usize {
        self.combinations
    }

    /// Where `now` has less.
    pub fn shortfalls(&self, now: &Self) -> Vec<Shortfall> {
        let nothing = Counts::default();
        let groups = self.groups.iter().flat_map(|(group, committed)| {
            let now = now.groups.get(group).unwrap_or(&nothing);
            let least = committed.checks * (100 - CHANCE_PERCENT) / 100;
            let counts = [
                ("scenarios", committed.scenarios, now.scenarios, committed.scenarios),
                ("runs", committed.runs, now.runs, committed.runs),
                ("checks", committed.checks, now.checks, least),
            ];
            let fewer = counts.into_iter().filter(|(_, _, now, least)| now < least);
            fewer.map(|(what, committed, now, _)| Shortfall {
                group: group.clone(),
                what: what.to_owned(),
                committed,
                now,
            })
        });
        groups.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{report::tests::events::run, runner::Event};

    fn report(runs: &[(&str, Verdict, u64)]) -> Report {
        let mut report = Report::default();
        for (scenario, verdict, checks) in runs {
            let mut run = run("scrub", scenario, *verdict);
            run.checks = *checks;
            report.apply(&Event::ScenarioFinished(Box::new(run)));
        }
        report
    }

    #[test]
    fn a_census_is_read_as_it_was_written() {
        let census = Census::of(&report(&[("conformance/a", Verdict::Pass, 3), ("b", Verdict::Fail, 1)]));
        assert_eq!(Census::parse(&census.to_text()), Ok(census));
        assert!(
            Census::parse("combinations = 1\nextra = 2")
                .unwrap_err()
                .contains("extra")
        );
    }

    #[test]
    fn fewer_scenarios_runs_or_checks_are_a_shortfall_and_more_are_none() {
        let committed = Census::of(&report(&[
            ("conformance/a", Verdict::Pass, 100),
            ("conformance/b", Verdict::Pass, 100),
        ]));
        let short = |runs: &[(&str, Verdict, u64)]| {
            let short = committed.shortfalls(&Census::of(&report(runs)));
            short.into_iter().map(|one| one.what).collect::<Vec<_>>()
        };
        let a = ("conformance/a", Verdict::Pass, 100);
        assert!(
            short(&[
                a,
                ("conformance/b", Verdict::Fail, 80),
                ("conformance/c", Verdict::Pass, 1)
            ])
            .is_empty()
        );
        assert_eq!(short(&[a, ("conformance/b", Verdict::Pass, 79)]), ["checks"]);
        assert_eq!(
            short(&[a, ("conformance/b", Verdict::Unsupported, 100)]),
            ["scenarios", "runs", "checks"]
        );
        assert_eq!(short(&[]), ["scenarios", "runs", "checks"]);
    }
}
