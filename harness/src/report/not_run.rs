//! What was not run, by kind and reason.

use serde::Serialize;

use super::Report;
use crate::runner::{ScenarioFinished, Verdict};

/// Runs that were not made, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NotRun {
    /// Which kind.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// How many runs.
    pub runs: usize,
    /// Of which scenarios, by name.
    pub scenarios: Vec<String>,
}

impl NotRun {
    /// The kind in words.
    pub const fn kind(&self) -> &'static str {
        word(self.verdict)
    }
}

/// A verdict in words.
pub(super) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::KnownFailure => "known failure",
        Verdict::Fail => "fail",
        Verdict::UnexpectedPass => "unexpected pass",
        Verdict::Flaky => "flaky",
        Verdict::Error => "error",
        Verdict::Unsupported => "unsupported",
        Verdict::PreconditionFailed => "precondition failed",
        Verdict::Excluded => "excluded",
        Verdict::NotReached => "not reached",
    }
}

/// The reason without the line that it begins with: the same answer on another line is the same reason.
fn without_line(reason: &str) -> &str {
    match reason.split_once(": ") {
        Some((line, rest)) if line.starts_with("line ") => rest,
        _ => reason,
    }
}

impl Report {
    /// What was not run, and what fails as is known: known failure, unsupported, precondition failed, excluded, not reached; in each by reason.
    pub fn not_run(&self) -> Vec<NotRun> {
        let mut all: Vec<NotRun> = Vec::new();
        let told = |run: &&ScenarioFinished| run.verdict > Verdict::Error || run.verdict == Verdict::KnownFailure;
        for run in self.runs().filter(told) {
            let reason = run.reason.as_deref().map_or("no reason was given", without_line);
            let place = all
                .iter()
                .position(|one| one.verdict == run.verdict && one.reason == reason);
            let place = place.unwrap_or_else(|| {
                all.push(NotRun {
                    verdict: run.verdict,
                    reason: reason.to_owned(),
                    runs: 0,
                    scenarios: Vec::new(),
                });
                all.len() - 1
            });
            let one = &mut all[place];
            one.runs += 1;
            if !one.scenarios.contains(&run.scenario) {
                one.scenarios.push(run.scenario.clone());
            }
        }
        all.sort_by(|one, other| (one.verdict, &one.reason).cmp(&(other.verdict, &other.reason)));
        for one in &mut all {
            one.scenarios.sort();
        }
        all
    }
}
