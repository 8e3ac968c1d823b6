//! What changed since an earlier run, by its report in JSON: new failures, those that are gone, and what takes another time.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde::{Deserialize, Serialize};

use super::{Report, failure::title, json::FORMAT};
use crate::runner::{RunStarted, ScenarioFinished, Variant, Verdict};

/// How much longer or shorter a script has to take before that is told, in milliseconds: less is chance.
const WORTH_TELLING_MS: u64 = 250;

/// An earlier run, as its report in JSON tells it.
#[derive(Clone, Debug, Deserialize)]
pub struct Baseline {
    format: u32,
    run: Option<RunStarted>,
    combinations: Vec<PastCombination>,
}

#[derive(Clone, Debug, Deserialize)]
struct PastCombination {
    name: String,
    runs: Vec<PastRun>,
}

/// What is read of a run: no more, so that reports stay readable whose runs told less.
#[derive(Clone, Debug, Deserialize)]
struct PastRun {
    scenario: String,
    variant: Variant,
    row: Option<String>,
    verdict: Verdict,
    duration_ms: u64,
}

impl Baseline {
    /// The report at `path`.
    ///
    /// # Errors
    /// In words: it cannot be read, or is no report.
    pub fn read(path: &str) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
        let read: Self = serde_json::from_str(&text).map_err(|error| {
            format!("is no report: {error}; name what an earlier run wrote with `--report json=PATH`")
        })?;
        if read.format != FORMAT {
            return Err(format!(
                "has format {}, and this version reads {FORMAT}; write it again with `plimsoll merge EVENTS --report json=PATH`",
                read.format
            ));
        }
        Ok(read)
    }
}

/// What changed since an earlier run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Trend {
    /// When the earlier run began, RFC 3339.
    pub since: String,
    /// What is red, and was not.
    pub new_failures: Vec<Change>,
    /// What was red, and is not.
    pub fixed: Vec<Change>,
    /// What is red, and was.
    pub still: Vec<Change>,
    /// What takes at least half as long again, the most first.
    pub slower: Vec<Pace>,
    /// What takes at most two thirds of the time, the most first.
    pub faster: Vec<Pace>,
    /// The scenarios that are new.
    pub added: Vec<String>,
    /// The scenarios that were run, and are not.
    pub gone: Vec<String>,
}

/// A script that ends otherwise than before in some combinations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Change {
    /// The scenario's name.
    pub scenario: String,
    /// Its sentence, with the script and row.
    pub title: String,
    /// In which combinations.
    pub combinations: Vec<String>,
}

/// A script that takes another time than before: the median of the combinations that both runs have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Pace {
    /// The scenario's name.
    pub scenario: String,
    /// Its sentence, with the script and row.
    pub title: String,
    /// Before, in milliseconds.
    pub before_ms: u64,
    /// Now, in milliseconds.
    pub now_ms: u64,
}

/// A script of a scenario, with a row.
type Script<'a> = (&'a str, Variant, Option<&'a str>);

fn script(run: &ScenarioFinished) -> Script<'_> {
    (&run.scenario, run.variant, run.row.as_deref())
}

impl PastRun {
    fn script(&self) -> Script<'_> {
        (&self.scenario, self.variant, self.row.as_deref())
    }
}

impl Trend {
    /// What changed from `before` to `report`.
    pub fn between(before: &Baseline, report: &Report) -> Self {
        let past: BTreeMap<(&str, Script<'_>), &PastRun> = before
            .combinations
            .iter()
            .flat_map(|one| one.runs.iter().map(|run| ((one.name.as_str(), run.script()), run)))
            .collect();
        let mut trend = Self {
            since: before.run.as_ref().map_or_else(String::new, |run| run.time.clone()),
            ..Self::default()
        };
        let mut times: BTreeMap<Script<'_>, (&ScenarioFinished, Vec<u64>, Vec<u64>)> = BTreeMap::new();
        for run in report.runs() {
            let earlier = past.get(&(run.combination.as_str(), script(run)));
            let was_red = earlier.is_some_and(|earlier| earlier.verdict.is_red());
            match (was_red, run.verdict.is_red()) {
                (false, true) => add(&mut trend.new_failures, run),
                (true, true) => add(&mut trend.still, run),
                // What was not run this time is not known to be mended.
                (true, false) if ran(run.verdict) => add(&mut trend.fixed, run),
                _ => {}
            }
            if let Some(earlier) = earlier.filter(|earlier| ran(earlier.verdict) && ran(run.verdict)) {
                let (_, then, now) = times.entry(script(run)).or_insert((run, Vec::new(), Vec::new()));
                then.push(earlier.duration_ms);
                now.push(run.duration_ms);
            }
        }
        for (run, then, now) in times.into_values() {
            trend.pace(run, median(then), median(now));
        }
        trend
            .slower
            .sort_by_key(|one| std::cmp::Reverse(one.now_ms - one.before_ms));
        trend
            .faster
            .sort_by_key(|one| std::cmp::Reverse(one.before_ms - one.now_ms));
        let then: BTreeSet<&str> = past.values().map(|run| run.scenario.as_str()).collect();
        let now: BTreeSet<&str> = report.runs().map(|run| run.scenario.as_str()).collect();
        trend.added = now.difference(&then).map(|&name| name.to_owned()).collect();
        trend.gone = then.difference(&now).map(|&name| name.to_owned()).collect();
        trend
    }

    fn pace(&mut self, run: &ScenarioFinished, before_ms: u64, now_ms: u64) {
        let pace = || Pace {
            scenario: run.scenario.clone(),
            title: title(run),
            before_ms,
            now_ms,
        };
        if now_ms.abs_diff(before_ms) < WORTH_TELLING_MS {
        } else if now_ms * 2 >= before_ms * 3 {
            self.slower.push(pace());
        } else if now_ms * 3 <= before_ms * 2 {
            self.faster.push(pace());
        }
    }

    /// In a line: `2 new failures, 1 fixed, 3 slower`.
    pub fn summary(&self) -> String {
        let counts = [
            (self.new_failures.len(), "new failure"),
            (self.still.len(), "still red"),
            (self.fixed.len(), "fixed"),
            (self.slower.len(), "slower"),
            (self.faster.len(), "faster"),
            (self.added.len(), "new scenario"),
            (self.gone.len(), "no longer run"),
        ];
        let words = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| {
            let plural = if count > 1 && word.starts_with("new") { "s" } else { "" };
            format!("{count} {word}{plural}")
        });
        let words: Vec<String> = words.collect();
        if words.is_empty() {
            "nothing changed".to_owned()
        } else {
            words.join(", ")
        }
    }
}

/// Whether a run got to an end that says something.
const fn ran(verdict: Verdict) -> bool {
    verdict.is_red() || matches!(verdict, Verdict::Pass | Verdict::Warn | Verdict::KnownFailure)
}

fn add(changes: &mut Vec<Change>, run: &ScenarioFinished) {
    let title = title(run);
    match changes
        .iter_mut()
        .find(|one| one.scenario == run.scenario && one.title == title)
    {
        Some(change) => change.combinations.push(run.combination.clone()),
        None => changes.push(Change {
            scenario: run.scenario.clone(),
            title,
            combinations: vec![run.combination.clone()],
        }),
    }
}

fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{report::tests::events::run, runner::Event};

    fn report(runs: &[(&str, Verdict, u64)]) -> Report {
        let mut report = Report::default();
        for (scenario, verdict, duration_ms) in runs {
            let mut run = run("scrub", scenario, *verdict);
            run.duration_ms = *duration_ms;
            report.apply(&Event::ScenarioFinished(Box::new(run)));
        }
        report
    }

    fn baseline(report: &Report) -> Baseline {
        serde_json::from_str(&super::super::json::render(report).unwrap()).unwrap()
    }

    #[test]
    fn what_broke_what_was_mended_and_what_takes_another_time_is_told() {
        let before = report(&[
            ("a", Verdict::Pass, 100),
            ("b", Verdict::Fail, 100),
            ("c", Verdict::Fail, 100),
            ("d", Verdict::Pass, 1000),
            ("e", Verdict::Pass, 2000),
            ("f", Verdict::Pass, 10),
            ("left-out", Verdict::Error, 10),
            ("old", Verdict::Pass, 10),
        ]);
        let now = report(&[
            ("a", Verdict::Fail, 100),
            ("b", Verdict::Pass, 100),
            ("c", Verdict::Fail, 100),
            ("d", Verdict::Pass, 1500),
            ("e", Verdict::Pass, 1000),
            ("f", Verdict::Pass, 200),
            ("left-out", Verdict::Excluded, 0),
            ("new", Verdict::Fail, 10),
        ]);
        let trend = Trend::between(&baseline(&before), &now);
        let names = |changes: &[Change]| changes.iter().map(|one| one.scenario.clone()).collect::<Vec<_>>();
        let paces = |paces: &[Pace]| paces.iter().map(|one| one.scenario.clone()).collect::<Vec<_>>();
        assert_eq!(names(&trend.new_failures), ["a", "new"]);
        assert_eq!(
            (names(&trend.fixed), names(&trend.still)),
            (vec!["b".to_owned()], vec!["c".to_owned()])
        );
        assert_eq!(
            (paces(&trend.slower), paces(&trend.faster)),
            (vec!["d".to_owned()], vec!["e".to_owned()])
        );
        assert_eq!(
            (&trend.added[..], &trend.gone[..]),
            (&["new".to_owned()][..], &["old".to_owned()][..])
        );
        assert_eq!(
            trend.summary(),
            "2 new failures, 1 still red, 1 fixed, 1 slower, 1 faster, 1 new scenario, 1 no longer run"
        );
        assert_eq!(Trend::between(&baseline(&before), &before).summary(), "3 still red");
        assert_eq!(
            Trend::between(&baseline(&report(&[])), &report(&[])).summary(),
            "nothing changed"
        );
    }

    #[test]
    fn what_is_no_report_is_no_baseline() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let refused = |text: &str| {
            fs::write(&path, text).unwrap();
            Baseline::read(&path.display().to_string()).unwrap_err()
        };
        assert!(refused("{}").starts_with("is no report: missing field"));
        assert!(refused("{\"format\":99,\"combinations\":[]}").contains("has format 99"));
        assert!(
            Baseline::read("/no/such/report.json")
                .unwrap_err()
                .starts_with("cannot be read")
        );
    }
}
