//! Differences that no scenario declares: the same script, answered otherwise by some builds than by the others.

use std::collections::BTreeMap;

use serde::Serialize;
use similar::TextDiff;

use super::Report;
use crate::{
    combination::{Combination, Responsible, select},
    runner::{Localised, ScenarioFinished, TranscriptKept, Variant, Verdict},
};

/// Some builds answer a script otherwise than the others, and the scenario does not say that they may.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The builds that answer otherwise.
    pub combinations: Vec<String>,
    /// Those that answer as most do.
    pub usual: Vec<String>,
    /// What the builds that answer otherwise have in common, and the others have not.
    pub responsible: Option<Responsible>,
    /// That further builds were asked for it.
    pub localised: Option<Localised>,
    /// Where the answers part. None where the events do not have both transcripts.
    pub first: Option<FirstDifference>,
    /// The run in the first of the builds that answer otherwise.
    pub run: ScenarioFinished,
}

/// Where two transcripts of a script part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FirstDifference {
    /// The line of the step, from 1.
    pub line: usize,
    /// What was asked.
    pub request: String,
    /// From the usual answer (`-`) to the other one (`+`).
    pub answers: String,
}

impl Difference {
    /// `path:line`, or the path alone.
    pub fn place(&self) -> String {
        match &self.first {
            Some(first) => format!("{}:{}", self.run.path, first.line),
            None => self.run.path.clone(),
        }
    }

    /// What is wrong, in a sentence.
    pub(super) fn message(&self) -> String {
        if self.first.is_some() {
            return "what is answered differs from other builds, and the scenario does not say that it may".to_owned();
        }
        "what is answered differs from other builds; run the combinations in one run to see where".to_owned()
    }

    /// What to do if the difference is as it should be.
    pub(super) fn remedy(&self) -> String {
        let extensions = self
            .responsible
            .iter()
            .flat_map(|responsible| responsible.causes.iter().flatten());
        let mut names: Vec<&str> = extensions
            .flat_map(|one| one.present.iter().chain(&one.absent))
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        names.dedup();
        format!("differs: {{ by: [{}], because: … }} in the scenario", names.join(", "))
    }
}

/// Where `other` parts from `usual`; none if it does not.
pub(super) fn first_difference(usual: &TranscriptKept, other: &TranscriptKept) -> Option<FirstDifference> {
    let length = usual.exchanges.len().max(other.exchanges.len());
    let place = (0..length).find(|place| usual.exchanges.get(*place) != other.exchanges.get(*place))?;
    let (usual, other) = (usual.exchanges.get(place), other.exchanges.get(place));
    let shown = other.or(usual)?;
    let text = |asked: Option<&crate::runner::Asked>| match asked {
        None => "nothing more was asked\n".to_owned(),
        Some(asked) if asked.request == shown.request => format!("{}\n", asked.answer),
        Some(asked) => format!("{}\n{}\n", asked.request, asked.answer),
    };
    let (usual, other) = (text(usual), text(other));
    let answers = TextDiff::from_lines(&usual, &other)
        .unified_diff()
        .context_radius(2)
        .to_string();
    // The first line counts lines of an answer: nobody looks for those.
    let answers: Vec<&str> = answers.lines().filter(|line| !line.starts_with("@@")).collect();
    Some(FirstDifference {
        line: shown.line,
        request: shown.request.clone(),
        answers: answers.join("\n"),
    })
}

/// What runs have in common that should have the same transcript: the scenario, the script, the row, and which of the
/// extensions are in that may make a difference.
type Alike<'run> = (&'run str, Variant, Option<&'run str>, Vec<bool>);

impl Report {
    /// The differences that no scenario declares, by scenario.
    pub fn differences(&self) -> Vec<Difference> {
        let mut scripts: BTreeMap<Alike<'_>, Vec<&ScenarioFinished>> = BTreeMap::new();
        for run in self.runs().filter(|run| comparable(run)) {
            let key = (
                run.scenario.as_str(),
                run.variant,
                run.row.as_deref(),
                self.expected_apart(run),
            );
            scripts.entry(key).or_default().push(run);
        }
        scripts.into_values().flat_map(|runs| self.among(&runs)).collect()
    }

    /// Which of the extensions that may make a difference are in: builds that differ in them are not compared.
    fn expected_apart(&self, run: &ScenarioFinished) -> Vec<bool> {
        let by = run.differs.iter().flat_map(|differs| &differs.by);
        let there = self.combination_named(&run.combination);
        by.map(|extension| there.as_ref().is_some_and(|one| one.has(extension)))
            .collect()
    }

    /// The differences among runs that should be alike.
    fn among(&self, runs: &[&ScenarioFinished]) -> Vec<Difference> {
        let mut digests: Vec<(&str, Vec<&ScenarioFinished>)> = Vec::new();
        for run in runs {
            let digest = run.transcript.as_deref().unwrap_or_default();
            match digests.iter_mut().find(|(known, _)| *known == digest) {
                Some((_, runs)) => runs.push(run),
                None => digests.push((digest, vec![run])),
            }
        }
        // What most do is usual; among as many, what came first in the plan.
        digests.sort_by_key(|(_, runs)| std::cmp::Reverse(runs.len()));
        let Some(((usual_digest, usual), others)) = digests.split_first() else {
            return Vec::new();
        };
        let names = |runs: &[&ScenarioFinished]| runs.iter().map(|run| run.combination.clone()).collect();
        let difference = |(digest, runs): &(&str, Vec<&ScenarioFinished>)| Difference {
            combinations: names(runs),
            usual: names(usual),
            responsible: match self.localised(true, runs[0], &names(runs)) {
                Some(localised) => localised.responsible,
                None => self.responsible(runs, usual),
            },
            localised: self.localised(true, runs[0], &names(runs)),
            first: self
                .transcripts
                .get(*usual_digest)
                .zip(self.transcripts.get(*digest))
                .and_then(|(usual, other)| first_difference(usual, other)),
            run: (*runs[0]).clone(),
        };
        others.iter().map(difference).collect()
    }

    /// What the combinations of the runs `with` have in common that those of `without` have not.
    pub(super) fn responsible(&self, with: &[&ScenarioFinished], without: &[&ScenarioFinished]) -> Option<Responsible> {
        let extensions = &self.run.as_ref()?.extensions;
        let named = |runs: &[&ScenarioFinished]| -> Vec<Combination> {
            let named = runs.iter().filter_map(|run| self.combination_named(&run.combination));
            named.collect()
        };
        let (with, without) = (named(with), named(without));
        Responsible::of(extensions, &with, &without)
    }

    /// In how many extensions the combinations of two runs differ.
    pub(super) fn distance(&self, one: &ScenarioFinished, other: &ScenarioFinished) -> u32 {
        let extensions = self
            .run
            .as_ref()
            .map(|run| run.extensions.as_slice())
            .unwrap_or_default();
        let bits = |run: &ScenarioFinished| {
            self.combination_named(&run.combination)
                .map_or(0, |one| one.bits(extensions))
        };
        (bits(one) ^ bits(other)).count_ones()
    }

    /// The combination that is called so.
    fn combination_named(&self, name: &str) -> Option<Combination> {
        select(name, &self.run.as_ref()?.extensions).ok()
    }
}

/// Whether a run got to its end, and the scenario does not say that no two of its runs are alike.
fn comparable(run: &ScenarioFinished) -> bool {
    let anything = run.differs.as_ref().is_some_and(|differs| differs.by.is_empty());
    matches!(run.verdict, Verdict::Pass | Verdict::Unsupported) && run.transcript.is_some() && !anything
}
