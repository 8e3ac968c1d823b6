//! From what a run came to, to what is to be said of one extension.

use serde::Serialize;

use super::Cost;
use crate::{
    combination::{Combination, select},
    extension::Finding,
    project::Project,
    report::{CombinationReport, Report},
    runner::{ScenarioFinished, Verdict},
};

/// What a part came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Good,
    /// Not so.
    Bad,
    /// It could not be found out.
    Unknown,
}

/// One thing that an extension is held to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is about.
    pub title: &'static str,
    /// What it came to.
    pub outcome: Outcome,
    /// That in a sentence.
    pub summary: String,
    /// What there is to say in particular.
    pub details: Vec<String>,
    /// What scenarios came to on each build, where it is about scenarios.
    pub tallies: Vec<Tally>,
}

/// What scenarios came to on one build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many ran.
    pub ran: usize,
    /// How many of them are red.
    pub red: usize,
}

/// A build that was held to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The combination.
    pub name: String,
    /// Which of the project's extensions it has, in their order.
    pub has: Vec<bool>,
}

/// What is to be said of an extension.
#[derive(Clone, Debug, Serialize)]
pub struct Validation {
    /// The extension.
    pub name: String,
    /// When, and with which harness.
    pub about: String,
    /// The project's extensions, in the recommended order.
    pub extensions: Vec<String>,
    /// The builds that it was looked for in.
    pub builds: Vec<Held>,
    /// What it is held to.
    pub parts: Vec<Part>,
    /// What it costs, each against the same binary without it.
    pub costs: Vec<Cost>,
}

impl Validation {
    /// Whether everything is as it should be.
    pub fn is_good(&self) -> bool {
        self.parts.iter().all(|part| part.outcome != Outcome::Bad)
    }

    /// The verdict in a sentence.
    pub fn verdict(&self) -> String {
        let bad: Vec<&str> = self
            .parts
            .iter()
            .filter(|part| part.outcome == Outcome::Bad)
            .map(|part| part.title)
            .collect();
        if bad.is_empty() {
            format!("{} is seaworthy", self.name)
        } else {
            format!("{} is not seaworthy: {}", self.name, bad.join(", "))
        }
    }
}

/// What the findings and the run say of the extension `name`.
pub fn judge(project: &Project, name: &str, findings: Option<&[Finding]>, report: &Report) -> Vec<Part> {
    let own_folder = format!("extensions/{name}/");
    let has = |combination: &CombinationReport| is_in(project, &combination.name, name);
    let is_own = |run: &ScenarioFinished| run.scenario.starts_with(&own_folder) || is_together(&run.scenario, name);
    let is_conformance =
        |run: &ScenarioFinished| project.any_registry.is_some() && project.holds_for_any(&run.scenario);
    vec![
        guidelines(name, findings),
        builds(report),
        scenarios("its scenarios", report, &|_, run| is_own(run)),
        scenarios("everyone else's, with it present", report, &|combination, run| {
            has(combination) && !is_own(run) && !is_conformance(run)
        }),
        scenarios("conformance with it", report, &|combination, run| {
            has(combination) && is_conformance(run)
        }),
        scenarios("conformance without it", report, &|combination, run| {
            !has(combination) && is_conformance(run)
        }),
        differences(name, report),
    ]
}

/// The builds of a run, with what is in them.
pub fn held(project: &Project, report: &Report) -> Vec<Held> {
    let extensions = &project.extensions;
    let combinations = report.combinations.iter();
    combinations
        .map(|combination| Held {
            name: combination.name.clone(),
            has: extensions
                .iter()
                .map(|one| is_in(project, &combination.name, one))
                .collect(),
        })
        .collect()
}

fn is_in(project: &Project, combination: &str, name: &str) -> bool {
    select(combination, &project.extensions).is_ok_and(|combination: Combination| combination.has(name))
}

/// Whether a scenario's file says that it is about the extension and others.
fn is_together(scenario: &str, name: &str) -> bool {
    scenario.starts_with("combinations/") && scenario.split(['/', '-']).any(|word| word == name)
}

fn guidelines(name: &str, findings: Option<&[Finding]>) -> Part {
    let title = "the guidelines";
    let Some(findings) = findings else {
        return Part {
            outcome: Outcome::Unknown,
            ..part(title, true, "the project names none".to_owned(), Vec::new())
        };
    };
    let quoted = format!("`{name}`");
    let about = |finding: &&Finding| {
        let path = finding.path.to_string_lossy();
        finding.message.contains(&quoted) || path.split(['/', '.', '_']).any(|word| word == name)
    };
    let details: Vec<String> = findings
        .iter()
        .filter(about)
        .map(|finding| format!("{} {}: {}", finding.rule, finding.path.display(), finding.message))
        .collect();
    part(title, details.is_empty(), counted(details.len(), "finding"), details)
}

fn builds(report: &Report) -> Part {
    let failed = |combination: &&CombinationReport| combination.build_error().is_some();
    let details: Vec<String> = report
        .combinations
        .iter()
        .filter(failed)
        .map(|combination| format!("{} does not build", combination.name))
        .collect();
    let all = report.combinations.len();
    let summary = format!("{} of {all} build", all - details.len());
    part(
        "builds without it, alone, with each other, with all",
        details.is_empty(),
        summary,
        details,
    )
}

fn scenarios(
    title: &'static str,
    report: &Report,
    wanted: &dyn Fn(&CombinationReport, &ScenarioFinished) -> bool,
) -> Part {
    let (mut tallies, mut details, mut warned) = (Vec::new(), Vec::new(), 0);
    for combination in &report.combinations {
        let mut tally = Tally::default();
        for run in combination.runs.iter().filter(|run| wanted(combination, run)) {
            let verdict = run.verdict;
            tally.ran += usize::from(verdict.is_red() || matches!(verdict, Verdict::Pass | Verdict::Warn));
            warned += usize::from(verdict == Verdict::Warn);
            if verdict.is_red() {
                tally.red += 1;
                details.push(format!("{}: {} ({})", run.combination, run.title, run.path));
            }
        }
        tallies.push(tally);
    }
    let ran: usize = tallies.iter().map(|tally| tally.ran).sum();
    if ran == 0 {
        return Part {
            outcome: Outcome::Unknown,
            ..part(title, true, "there is none".to_owned(), Vec::new())
        };
    }
    let warnings = if warned == 0 {
        String::new()
    } else {
        format!(", {warned} with a warning")
    };
    let summary = format!("{} of {ran} runs pass{warnings}", ran - details.len());
    Part {
        tallies,
        ..part(title, details.is_empty(), summary, details)
    }
}

fn differences(name: &str, report: &Report) -> Part {
    let all = report.differences();
    let names_it = |interaction: &crate::combination::Interaction| {
        interaction
            .present
            .iter()
            .chain(&interaction.absent)
            .any(|one| one == name)
    };
    let its = all.iter().filter(|difference| {
        // Where nobody can be named, it may be this one.
        difference
            .responsible
            .as_ref()
            .is_none_or(|responsible| responsible.causes.iter().flatten().any(names_it))
    });
    let details: Vec<String> = its
        .map(|difference| {
            format!(
                "{}: {} answers otherwise",
                difference.place(),
                difference.combinations.join(", ")
            )
        })
        .collect();
    let summary = format!("{} that no scenario declares", counted(details.len(), "difference"));
    part(
        "the same answers with it and without it",
        details.is_empty(),
        summary,
        details,
    )
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn part(title: &'static str, good: bool, summary: String, details: Vec<String>) -> Part {
    Part {
        title,
        outcome: if good { Outcome::Good } else { Outcome::Bad },
        summary,
        details,
        tallies: Vec::new(),
    }
}
