//! The statements of the specification: what each came to in every combination, and how strong its checks are.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{CombinationReport, Report};
use crate::runner::{Evidence, RegisterKnown, ScenarioFinished, StatementKnown, Verdict};

/// What a statement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StatementVerdict {
    /// Everything that checks it and got so far says that it holds.
    Holds,
    /// The registry says that it does not have this, as it may.
    Unsupported,
    /// Nothing that checks it was run, or got so far.
    NotRun,
    /// No scenario checks it, for a reason.
    NotChecked,
    /// The version that the registry is held to does not have it.
    Later,
    /// It does not hold, and binds less than what fails the run.
    Deviates,
    /// It does not hold.
    Broken,
}

impl StatementVerdict {
    /// In words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Unsupported => "unsupported",
            Self::NotRun => "not run",
            Self::NotChecked => "not checked",
            Self::Later => "of a later version",
            Self::Deviates => "deviates",
            Self::Broken => "broken",
        }
    }

    /// A sign that says it without colour.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Holds => "■",
            Self::Unsupported | Self::NotRun => "○",
            Self::NotChecked | Self::Later => "–",
            Self::Deviates => "△",
            Self::Broken => "▣",
        }
    }
}

/// How strong the checks of a statement are: in the combination in which they were most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Strength {
    /// How many scenarios looked at it to the end.
    pub scenarios: u32,
    /// How many runs of them.
    pub runs: u32,
    /// How many checks of a status there are in them.
    pub status: u32,
    /// Of a header.
    pub headers: u32,
    /// Of a body.
    pub body: u32,
    /// Of what came of a request.
    pub after: u32,
}

impl Strength {
    fn add(&mut self, evidence: &Evidence) {
        self.runs += 1;
        self.status += evidence.status;
        self.headers += evidence.headers;
        self.body += evidence.body;
        self.after += evidence.after;
    }

    /// All checks together.
    pub const fn checks(&self) -> u32 {
        self.status + self.headers + self.body + self.after
    }

    /// The farthest that the checks look.
    pub const fn word(&self) -> &'static str {
        match self {
            Self { after: 1.., .. } => "after-effects",
            Self { body: 1.., .. } => "body",
            Self { headers: 1.., .. } => "headers",
            Self { status: 1.., .. } => "status only",
            _ => "none",
        }
    }
}

/// What a statement came to.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct StatementReport {
    /// What it is.
    #[serde(flatten)]
    pub statement: StatementKnown,
    /// In every combination, in the plan's order.
    pub verdicts: Vec<StatementVerdict>,
    /// How strong its checks are.
    pub strength: Strength,
}

impl StatementReport {
    /// The worst of all combinations.
    pub fn worst(&self) -> StatementVerdict {
        let all = self.verdicts.iter().copied();
        all.max().unwrap_or(StatementVerdict::NotRun)
    }
}

impl Report {
    /// What every statement of the register came to; none if no scenario checked any.
    pub fn statements(&self) -> Vec<StatementReport> {
        let Some(register) = &self.register else {
            return Vec::new();
        };
        if self.runs().all(|run| run.statements.is_empty()) {
            return Vec::new();
        }
        let known = register.statements.iter();
        known
            .map(|statement| {
                let combinations = self.combinations.iter();
                let verdicts = combinations.map(|one| verdict(statement, one, register)).collect();
                let strengths = self.combinations.iter().map(|one| strength(statement, one));
                StatementReport {
                    statement: statement.clone(),
                    verdicts,
                    strength: strengths.max_by_key(Strength::checks).unwrap_or_default(),
                }
            })
            .collect()
    }

    /// How many statements came to this, at worst.
    pub fn count_statements(statements: &[StatementReport], verdict: StatementVerdict) -> usize {
        statements.iter().filter(|one| one.worst() == verdict).count()
    }
}

fn about<'a>(
    statement: &'a StatementKnown,
    combination: &'a CombinationReport,
) -> impl Iterator<Item = &'a ScenarioFinished> {
    let runs = combination.runs.iter();
    runs.filter(|run| run.statements.contains(&statement.id))
}

fn verdict(statement: &StatementKnown, combination: &CombinationReport, register: &RegisterKnown) -> StatementVerdict {
    if statement.unchecked.is_some() {
        return StatementVerdict::NotChecked;
    }
    let Some(binding) = statement.binding else {
        return StatementVerdict::Later;
    };
    if about(statement, combination).any(|run| run.broken.contains(&statement.id)) {
        return if binding <= register.level {
            StatementVerdict::Broken
        } else {
            StatementVerdict::Deviates
        };
    }
    // A run that ended at something else says nothing about it.
    let ended = |verdicts: &[Verdict]| about(statement, combination).any(|run| verdicts.contains(&run.verdict));
    if ended(&[Verdict::Pass, Verdict::Warn]) {
        StatementVerdict::Holds
    } else if ended(&[Verdict::Unsupported]) {
        StatementVerdict::Unsupported
    } else {
        StatementVerdict::NotRun
    }
}

fn strength(statement: &StatementKnown, combination: &CombinationReport) -> Strength {
    let mut strength = Strength::default();
    let mut scenarios = BTreeSet::new();
    for run in about(statement, combination) {
        for evidence in run.evidence.iter().filter(|one| one.statement == statement.id) {
            strength.add(evidence);
            scenarios.insert(&run.scenario);
        }
    }
    strength.scenarios = u32::try_from(scenarios.len()).unwrap_or(u32::MAX);
    strength
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conformance::Binding, report::tests::events::run, runner::Event};

    fn known(id: &str, binding: Option<Binding>, unchecked: Option<&str>) -> StatementKnown {
        StatementKnown {
            id: id.to_owned(),
            level: "MUST".to_owned(),
            binding,
            section: "Push".to_owned(),
            text: "something holds".to_owned(),
            state: "checked".to_owned(),
            unchecked: unchecked.map(str::to_owned),
        }
    }

    fn finished(verdict: Verdict, statements: &[&str], broken: &[&str]) -> Event {
        let mut run = run("minimal", &format!("conformance/{}", statements.join("-")), verdict);
        run.statements = statements.iter().map(|&id| id.to_owned()).collect();
        run.broken = broken.iter().map(|&id| id.to_owned()).collect();
        if verdict == Verdict::Pass {
            let evidence = |id: &&str| Evidence {
                status: 1,
                after: 2,
                ..Evidence::of(id)
            };
            run.evidence = statements.iter().map(evidence).collect();
        }
        Event::ScenarioFinished(Box::new(run))
    }

    #[test]
    fn a_statement_is_what_the_runs_say_that_got_so_far() {
        let must = Some(Binding::Must);
        let mut report = Report::default();
        report.apply(&Event::RegisterKnown(RegisterKnown {
            version: "dev".to_owned(),
            level: Binding::Must,
            statements: vec![
                known("A-1", must, None),
                known("A-2", must, None),
                known("A-3", Some(Binding::Should), None),
                known("A-4", must, None),
                known("A-5", must, Some("nobody can see it")),
                known("A-6", None, None),
                known("A-7", must, None),
            ],
        }));
        for event in [
            finished(Verdict::Pass, &["A-1", "A-2"], &[]),
            finished(Verdict::Pass, &["A-1"], &[]),
            finished(Verdict::Fail, &["A-1", "A-2", "A-7"], &["A-2"]),
            finished(Verdict::Warn, &["A-1", "A-3"], &["A-3"]),
            finished(Verdict::Unsupported, &["A-4"], &[]),
        ] {
            report.apply(&event);
        }
        let statements = report.statements();
        let verdicts: Vec<_> = statements.iter().map(StatementReport::worst).collect();
        assert_eq!(
            verdicts,
            [
                StatementVerdict::Holds,
                StatementVerdict::Broken,
                StatementVerdict::Deviates,
                StatementVerdict::Unsupported,
                StatementVerdict::NotChecked,
                StatementVerdict::Later,
                StatementVerdict::NotRun,
            ]
        );
        assert_eq!(statements[0].strength.checks(), 6);
        assert_eq!((statements[0].strength.scenarios, statements[0].strength.runs), (2, 2));
        assert_eq!(statements[0].strength.word(), "after-effects");
        assert_eq!(statements[3].strength.word(), "none");
    }
}
