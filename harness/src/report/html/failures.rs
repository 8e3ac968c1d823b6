//! What failed, deviates or differs, as texts; and which extensions are responsible, as what is in and what is out.

use serde::Serialize;

use super::super::{Difference, FailureGroup, Report, failure, text};
use crate::{
    combination::Responsible,
    runner::{Failure, StepTaken},
};

/// Something that some builds have and others have not, with what is responsible.
#[derive(Serialize)]
pub(super) struct Finding {
    word: &'static str,
    title: String,
    /// The element that tells more.
    anchor: String,
    /// What is responsible: of the causes one, of each the candidates.
    causes: Vec<Vec<Chips>>,
    certain: bool,
    builds: String,
    place: String,
}

/// Extensions that have to be in, and out.
#[derive(Serialize)]
struct Chips {
    present: Vec<String>,
    absent: Vec<String>,
}

/// A failure, with the combinations in which it is the same.
#[derive(Serialize)]
pub(super) struct Entry {
    word: &'static str,
    red: bool,
    title: String,
    place: String,
    combinations: Vec<String>,
    others: Vec<String>,
    statements: String,
    took: String,
    reason: Option<String>,
    responsible: String,
    nearest: String,
    first_differs: String,
    looks: String,
    steps: Vec<Bar>,
    failure: Option<Failure>,
}

/// A step on the timeline of its run.
#[derive(Serialize)]
struct Bar {
    line: usize,
    text: String,
    client: Option<usize>,
    took: String,
    /// Where it begins, in thousandths of the whole.
    begin: u64,
    /// How much of the whole it is, in thousandths.
    share: u64,
}

/// A difference that no scenario declares.
#[derive(Serialize)]
pub(super) struct Apart {
    title: String,
    place: String,
    message: String,
    combinations: String,
    usual: String,
    responsible: String,
    asked: String,
    answers: String,
    remedy: String,
}

/// The interactions: what comes with some extensions and not with others.
pub(super) fn findings(report: &Report, failures: &[FailureGroup], differences: &[Difference]) -> Vec<Finding> {
    let of = report.combinations.len();
    let failures = failures
        .iter()
        .enumerate()
        .filter_map(|(number, group)| group.responsible.as_ref().map(|one| (number, group, one)));
    let failures = failures.map(|(number, group, responsible)| Finding {
        word: group.word(),
        title: failure::title(&group.run),
        anchor: format!("failure-{number}"),
        causes: causes(responsible),
        certain: responsible.is_certain(),
        builds: format!("{} of {of} builds", group.combinations.len()),
        place: group.place(),
    });
    let differences = differences
        .iter()
        .enumerate()
        .filter_map(|(number, one)| one.responsible.as_ref().map(|responsible| (number, one, responsible)));
    let differences = differences.map(|(number, one, responsible)| Finding {
        word: "DIFFERS",
        title: failure::title(&one.run),
        anchor: format!("difference-{number}"),
        causes: causes(responsible),
        certain: responsible.is_certain(),
        builds: format!("{} of {of} builds", one.combinations.len()),
        place: one.place(),
    });
    failures.chain(differences).collect()
}

fn causes(responsible: &Responsible) -> Vec<Vec<Chips>> {
    let chips = |candidates: &Vec<crate::combination::Interaction>| {
        let chips = candidates.iter().map(|one| Chips {
            present: one.present.clone(),
            absent: one.absent.clone(),
        });
        chips.collect()
    };
    responsible.causes.iter().map(chips).collect()
}

pub(super) fn entry(group: &FailureGroup) -> Entry {
    let neighbour = group.neighbour.as_ref();
    Entry {
        word: group.word(),
        red: group.run.verdict.is_red(),
        title: failure::title(&group.run),
        place: group.place(),
        combinations: group.combinations.clone(),
        others: group.others.clone(),
        statements: group.run.statements.join(", "),
        took: text::duration(group.run.duration_ms),
        reason: group.run.reason.clone(),
        responsible: failure::responsible(group.responsible.as_ref(), group.localised.as_ref()).unwrap_or_default(),
        nearest: neighbour.map_or_else(String::new, |one| {
            format!("passes in {}, fails in {}", one.passes, one.fails)
        }),
        first_differs: neighbour
            .and_then(|one| one.first.as_ref())
            .map_or_else(String::new, |first| format!("{}\n{}", first.request, first.answers)),
        looks: group.run.failure.as_ref().and_then(failure::looks).unwrap_or_default(),
        steps: group
            .run
            .failure
            .as_ref()
            .map_or_else(Vec::new, |failure| bars(&failure.steps)),
        failure: group.run.failure.clone(),
    }
}

/// The timeline of steps.
fn bars(steps: &[StepTaken]) -> Vec<Bar> {
    let begin = steps.iter().map(|step| step.begin_us).min().unwrap_or_default();
    let end = |step: &StepTaken| step.begin_us + step.took_us.unwrap_or_default();
    let whole = steps
        .iter()
        .map(end)
        .max()
        .unwrap_or_default()
        .saturating_sub(begin)
        .max(1);
    let bar = |step: &StepTaken| Bar {
        line: step.line,
        text: step.text.clone(),
        client: step.client,
        took: step.took_us.map_or("did not end".to_owned(), text::microseconds),
        begin: (step.begin_us - begin) * 1000 / whole,
        share: (step.took_us.unwrap_or(whole - (step.begin_us - begin)) * 1000 / whole).max(4),
    };
    steps.iter().map(bar).collect()
}

pub(super) fn apart(difference: &Difference) -> Apart {
    let first = difference.first.as_ref();
    Apart {
        title: failure::title(&difference.run),
        place: difference.place(),
        message: difference.message(),
        combinations: difference.combinations.join(", "),
        usual: difference.usual.join(", "),
        responsible: failure::responsible(difference.responsible.as_ref(), difference.localised.as_ref())
            .unwrap_or_default(),
        asked: first.map_or_else(String::new, |first| first.request.clone()),
        answers: first.map_or_else(String::new, |first| first.answers.clone()),
        remedy: difference.remedy(),
    }
}
