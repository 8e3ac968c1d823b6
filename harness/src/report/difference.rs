//! A difference that no scenario declares, and how it is told.

use serde::Serialize;
use similar::TextDiff;

use super::{Report, text};
use crate::{
    combination::{Combination, Responsible, select},
    runner::{Asked, Localised, Place, ScenarioFinished, TranscriptKept},
};

/// Some builds answer a script otherwise than the others, and the scenario does not say that they may.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Difference {
    /// The builds that answer otherwise.
    pub combinations: Vec<String>,
    /// Those that answer as most do.
    pub usual: Vec<String>,
    /// In how many repetitions on a build of each no answer of the one was one of the other's.
    pub repetitions: usize,
    /// What the builds that answer otherwise have in common, and the others have not.
    pub responsible: Option<Responsible>,
    /// That further builds were asked for it.
    pub localised: Option<Localised>,
    /// Where the answers are apart. None where the events do not have both transcripts.
    pub first: Option<FirstDifference>,
    /// The run in the first of the builds that answer otherwise.
    pub run: ScenarioFinished,
}

/// Where two transcripts of a script part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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
        let times = text::plural(self.repetitions as u64, "repetition");
        format!(
            "what is answered differs from other builds, in all of {times}, and the scenario does not say that it may"
        )
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
    between(usual.exchanges.get(place), other.exchanges.get(place))
}

/// What they answer at `place`.
pub(super) fn difference_at(usual: &TranscriptKept, other: &TranscriptKept, place: Place) -> Option<FirstDifference> {
    between(usual.at(place), other.at(place))
}

fn between(usual: Option<&Asked>, other: Option<&Asked>) -> Option<FirstDifference> {
    let shown = other.or(usual)?;
    let text = |asked: Option<&Asked>| match asked {
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

impl Report {
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
    pub(super) fn combination_named(&self, name: &str) -> Option<Combination> {
        select(name, &self.run.as_ref()?.extensions).ok()
    }
}
