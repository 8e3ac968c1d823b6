//! Failures: those that are the same in several combinations are one entry.

use serde::Serialize;

use super::{Report, text};
use crate::runner::{ScenarioFinished, Variant, Verdict};

/// A failure, and the combinations in which it is the same.
#[derive(Clone, Debug, Serialize)]
pub struct FailureGroup {
    /// The combinations, in the plan's order.
    pub combinations: Vec<String>,
    /// Those that ran the same scenario, script and row, and did not fail so.
    pub others: Vec<String>,
    /// The run in the first of them.
    pub run: ScenarioFinished,
}

impl FailureGroup {
    /// `FAIL` or `ERROR`.
    pub fn word(&self) -> &'static str {
        if self.run.verdict == Verdict::Error {
            "ERROR"
        } else {
            "FAIL"
        }
    }

    /// `path:line:column`, or the path alone.
    pub fn place(&self) -> String {
        match &self.run.failure {
            Some(failure) => format!("{}:{}:{}", self.run.path, failure.line, failure.column),
            None => self.run.path.clone(),
        }
    }
}

/// All that is known of why `run` is red, as plain text.
pub fn describe(run: &ScenarioFinished) -> String {
    let Some(failure) = &run.failure else {
        return run.reason.clone().unwrap_or_else(|| "it is not known why".to_owned());
    };
    let mut lines = vec![
        run.title.clone(),
        format!("{}:{}:{}", run.path, failure.line, failure.column),
        failure.excerpt.clone(),
        failure.message.clone(),
    ];
    let details = [
        ("expected", failure.expected.as_deref()),
        ("actual", failure.actual.as_deref()),
        ("note", failure.note.as_deref()),
        ("curl", failure.curl.as_deref()),
        ("response", failure.response.as_deref()),
        ("again", Some(failure.again.as_str())),
    ];
    lines.extend(
        details
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}: {}", value?))),
    );
    if !failure.log.is_empty() {
        lines.push("server log:".to_owned());
        lines.extend(failure.log.iter().cloned());
    }
    lines.join("\n")
}

impl Report {
    /// The failures, by scenario.
    pub fn failures(&self) -> Vec<FailureGroup> {
        let mut groups: Vec<FailureGroup> = Vec::new();
        for run in self.runs().filter(|run| run.verdict.is_red()) {
            match groups.iter_mut().find(|group| alike(&group.run, run)) {
                Some(group) => group.combinations.push(run.combination.clone()),
                None => groups.push(FailureGroup {
                    combinations: vec![run.combination.clone()],
                    others: Vec::new(),
                    run: run.clone(),
                }),
            }
        }
        for group in &mut groups {
            let same = self.runs().filter(|run| same_script(run, &group.run));
            let others = same
                .filter(|run| !run.verdict.is_red())
                .map(|run| run.combination.clone());
            group.others = others.collect();
        }
        groups.sort_by(|one, other| one.run.scenario.cmp(&other.run.scenario));
        groups
    }
}

/// The title, and which script and row of it.
pub(super) fn title(run: &ScenarioFinished) -> String {
    let variant = match run.variant {
        Variant::On => None,
        Variant::Off => Some("switched off"),
        Variant::Absent => Some("not built in"),
    };
    let about: Vec<&str> = variant.into_iter().chain(run.row.as_deref()).collect();
    if about.is_empty() {
        return run.title.clone();
    }
    format!("{} ({})", run.title, about.join(", "))
}

/// What `scenario`, script and row are called together.
pub(super) fn name(run: &ScenarioFinished) -> String {
    let mut name = run.scenario.clone();
    match run.variant {
        Variant::On => {}
        Variant::Off => name.push_str(" (off)"),
        Variant::Absent => name.push_str(" (absent)"),
    }
    if let Some(row) = &run.row {
        name = format!("{name} [{row}]");
    }
    name
}

pub(super) fn same_script(one: &ScenarioFinished, other: &ScenarioFinished) -> bool {
    (&one.scenario, one.variant, &one.row) == (&other.scenario, other.variant, &other.row)
}

fn alike(one: &ScenarioFinished, other: &ScenarioFinished) -> bool {
    let what = |run: &ScenarioFinished| {
        let failure = run.failure.as_ref();
        failure.map(|failure| (failure.line, failure.column, text::without_numbers(&failure.message)))
    };
    same_script(one, other) && one.verdict == other.verdict && what(one) == what(other)
}
