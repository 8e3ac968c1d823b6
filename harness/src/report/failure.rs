//! Failures: those that are the same in several combinations are one entry.

use serde::Serialize;

use super::{FirstDifference, Report, difference::first_difference, text};
use crate::{
    combination::Responsible,
    runner::{Failure, Localised, ScenarioFinished, Variant, Verdict},
};

/// A failure, and the combinations in which it is the same.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct FailureGroup {
    /// The combinations, in the plan's order.
    pub combinations: Vec<String>,
    /// Those that ran the same scenario, script and row, and did not fail so.
    pub others: Vec<String>,
    /// What the combinations have in common that the others have not.
    pub responsible: Option<Responsible>,
    /// That further builds were asked for it.
    pub localised: Option<Localised>,
    /// The combination that is nearest to one of these, and passes.
    pub neighbour: Option<Neighbour>,
    /// The run in the first of them.
    pub run: ScenarioFinished,
}

/// A combination that passes, next to one that does not.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Neighbour {
    /// The one that passes.
    pub passes: String,
    /// The one that fails.
    pub fails: String,
    /// Where what they were asked and answered parts.
    pub first: Option<FirstDifference>,
}

impl FailureGroup {
    /// `FAIL`, `ERROR` or `WARN`.
    pub fn word(&self) -> &'static str {
        match self.run.verdict {
            Verdict::Error => "ERROR",
            Verdict::Warn => "WARN",
            Verdict::UnexpectedPass => "PASSES",
            Verdict::Flaky => "FLAKY",
            _ => "FAIL",
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
    lines.extend(run.reason.clone());
    let looks = looks(failure);
    let details = [
        ("code", Some(failure.code.as_str()).filter(|code| !code.is_empty())),
        ("expected", failure.expected.as_deref()),
        ("actual", failure.actual.as_deref()),
        ("note", failure.note.as_deref()),
        ("looks", looks.as_deref()),
        ("curl", failure.curl.as_deref()),
        ("response", failure.response.as_deref()),
        ("again", Some(failure.again.as_str())),
        ("script", failure.script.as_deref()),
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

/// What a step saw that looked several times, a line each; none if there is no such step.
pub(super) fn looks(failure: &Failure) -> Option<String> {
    let lines = failure.looks.iter().map(|look| {
        let times = if look.times > 1 {
            format!("{} times ", look.times)
        } else {
            String::new()
        };
        format!("{times}from {} on: {}", text::duration(look.at_ms), look.saw)
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

impl Report {
    /// The failures, by scenario.
    pub fn failures(&self) -> Vec<FailureGroup> {
        self.groups_of(Verdict::is_red)
    }

    /// What deviates and fails nothing, by scenario.
    pub fn warnings(&self) -> Vec<FailureGroup> {
        self.groups_of(|verdict| verdict == Verdict::Warn)
    }

    fn groups_of(&self, belongs: impl Fn(Verdict) -> bool) -> Vec<FailureGroup> {
        let mut groups: Vec<FailureGroup> = Vec::new();
        for run in self.runs().filter(|run| belongs(run.verdict)) {
            match groups.iter_mut().find(|group| alike(&group.run, run)) {
                Some(group) => group.combinations.push(run.combination.clone()),
                None => groups.push(FailureGroup {
                    combinations: vec![run.combination.clone()],
                    others: Vec::new(),
                    responsible: None,
                    localised: None,
                    neighbour: None,
                    run: run.clone(),
                }),
            }
        }
        for group in &mut groups {
            let same = self.runs().filter(|run| same_script(run, &group.run));
            let (fail, others): (Vec<_>, Vec<_>) = same.partition(|run| belongs(run.verdict));
            group.others = others.iter().map(|run| run.combination.clone()).collect();
            let fail: Vec<_> = fail.into_iter().filter(|run| alike(run, &group.run)).collect();
            let pass: Vec<_> = others.into_iter().filter(|run| run.verdict == Verdict::Pass).collect();
            group.localised = self.localised(false, &group.run, &group.combinations);
            group.responsible = match &group.localised {
                Some(localised) => localised.responsible.clone(),
                None => self.responsible(&fail, &pass),
            };
            // Combinations beside the plan may be nearer to each other.
            let probes = || self.probes.iter().filter(|run| same_script(run, &group.run));
            let fail: Vec<_> = fail
                .into_iter()
                .chain(probes().filter(|run| alike(run, &group.run)))
                .collect();
            let passes = |run: &&ScenarioFinished| run.verdict == Verdict::Pass;
            let pass: Vec<_> = pass.into_iter().chain(probes().filter(passes)).collect();
            group.neighbour = self.neighbour(&fail, &pass);
        }
        groups.sort_by(|one, other| one.run.scenario.cmp(&other.run.scenario));
        groups
    }
}

/// What is responsible in words, and how sure that is.
pub(super) fn responsible(responsible: Option<&Responsible>, localised: Option<&Localised>) -> Option<String> {
    let responsible = responsible?;
    let how = match localised {
        Some(localised) if localised.builds == 1 => "   (1 further build asked)".to_owned(),
        Some(localised) => format!("   ({} further builds asked)", localised.builds),
        None if responsible.is_certain() => String::new(),
        None => "   (--localise builds what settles it)".to_owned(),
    };
    Some(format!("{responsible}{how}"))
}

impl Report {
    /// What further builds said of a failure or a difference.
    pub(super) fn localised(
        &self,
        difference: bool,
        run: &ScenarioFinished,
        combinations: &[String],
    ) -> Option<Localised> {
        let about = |one: &&Localised| {
            one.difference == difference
                && (&one.scenario, one.variant, &one.row) == (&run.scenario, run.variant, &run.row)
                && combinations.contains(&one.combination)
        };
        self.localised.iter().find(about).cloned()
    }

    /// The two of `fail` and `pass` that differ in the fewest extensions.
    fn neighbour(&self, fail: &[&ScenarioFinished], pass: &[&ScenarioFinished]) -> Option<Neighbour> {
        let pairs = fail
            .iter()
            .flat_map(|fails| pass.iter().map(move |passes| (fails, passes)));
        let (fails, passes) = pairs.min_by_key(|(fails, passes)| self.distance(fails, passes))?;
        let transcript = |run: &ScenarioFinished| self.transcripts.get(run.transcript.as_deref()?);
        Some(Neighbour {
            passes: passes.combination.clone(),
            fails: fails.combination.clone(),
            first: transcript(passes)
                .zip(transcript(fails))
                .and_then(|(passes, fails)| first_difference(passes, fails)),
        })
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
