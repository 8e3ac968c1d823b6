//! The cells of the heat map: what one combination came to in one group of scenarios.

use serde::Serialize;

use super::{CombinationReport, Report};
use crate::runner::{ScenarioFinished, Variant, Verdict};

/// What a cell says at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CellState {
    /// Everything that was run passed.
    Pass,
    /// The same, and all of it asserts the absence of an extension.
    Absent,
    /// None failed, and some deviate from what binds less.
    Warn,
    /// Some failed.
    Fail,
    /// What applies was not run.
    NotRun,
    /// There is nothing that applies.
    Nothing,
}

impl CellState {
    /// A sign that says it without colour.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Pass => "■",
            Self::Absent => "·",
            Self::Warn => "△",
            Self::Fail => "▣",
            Self::NotRun => "○",
            Self::Nothing => "–",
        }
    }
}

/// What a combination came to in a group, or in one scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Cell {
    /// At a glance.
    pub state: CellState,
    /// How many runs passed.
    pub passed: usize,
    /// How many passed, failed, or deviate.
    pub ran: usize,
    /// How many were not run.
    pub not_run: usize,
}

impl Cell {
    /// The cell of these runs.
    pub fn of<'a>(runs: impl Iterator<Item = &'a ScenarioFinished>) -> Self {
        let (mut passed, mut warned, mut red, mut not_run, mut all_absent) = (0, 0, 0, 0, true);
        for run in runs {
            match run.verdict {
                Verdict::Pass => passed += 1,
                Verdict::Warn | Verdict::KnownFailure => warned += 1,
                verdict if verdict.is_red() => red += 1,
                _ => not_run += 1,
            }
            all_absent &= run.variant == Variant::Absent;
        }
        let state = match (passed + warned, red, not_run) {
            (0, 0, 0) => CellState::Nothing,
            (0, 0, _) => CellState::NotRun,
            (_, 1.., _) => CellState::Fail,
            _ if warned > 0 => CellState::Warn,
            _ if all_absent => CellState::Absent,
            _ => CellState::Pass,
        };
        Self {
            state,
            passed,
            ran: passed + warned + red,
            not_run,
        }
    }

    /// `■ 131`, `▣ 7/8`, `–`.
    pub fn label(&self) -> String {
        let sign = self.state.sign();
        match self.state {
            CellState::Pass | CellState::Absent => format!("{sign} {}", self.passed),
            CellState::Fail | CellState::Warn => format!("{sign} {}/{}", self.passed, self.ran),
            CellState::NotRun => format!("{sign} {}", self.not_run),
            CellState::Nothing => sign.to_owned(),
        }
    }
}

impl Report {
    /// The groups, in the order of columns: conformance, the extensions, what they do together, the others.
    pub fn groups(&self) -> Vec<String> {
        let mut groups: Vec<String> = self.runs().map(|run| group(&run.scenario).to_owned()).collect();
        groups.sort();
        groups.dedup();
        let extensions = self
            .run
            .as_ref()
            .map(|run| run.extensions.as_slice())
            .unwrap_or_default();
        groups.sort_by_key(|group| match group.as_str() {
            "conformance" => 0,
            "together" => extensions.len() + 1,
            other => extensions
                .iter()
                .position(|extension| extension == other)
                .map_or(extensions.len() + 2, |place| place + 1),
        });
        groups
    }
}

impl CombinationReport {
    /// Its cell in `group`.
    pub fn cell(&self, group_name: &str) -> Cell {
        Cell::of(self.runs.iter().filter(|run| group(&run.scenario) == group_name))
    }
}

/// The group of a scenario: its first folder. Those of one extension are in a group of its name.
pub(super) fn group(scenario: &str) -> &str {
    let mut parts = scenario.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("extensions"), Some(extension), Some(_)) => extension,
        (Some("combinations"), Some(_), _) => "together",
        (Some(folder), Some(_), _) => folder,
        _ => "general",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_the_first_folder_or_the_extension() {
        assert_eq!(group("conformance/push/tag"), "conformance");
        assert_eq!(group("extensions/lint/annotations"), "lint");
        assert_eq!(group("combinations/scrub-lint"), "together");
        assert_eq!(group("ping"), "general");
    }
}
