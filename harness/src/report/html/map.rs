//! The heat map: a column for each combination, a line for each group of scenarios, and within it one for each scenario.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{Cell, CellState, FailureGroup, Report, cell, failure, text};
use crate::{
    combination::select,
    runner::{ScenarioFinished, Verdict},
};

/// From so many columns on the map scrolls sideways, and its head does not follow.
const WIDE: usize = 48;

/// How many scenarios a group may have to be shown at first.
const FEW: usize = 12;

#[derive(Serialize)]
pub(super) struct Map {
    /// What each column is built with.
    columns: Vec<String>,
    extensions: Vec<Extension>,
    groups: Vec<Group>,
    wide: bool,
}

/// In which columns an extension is.
#[derive(Serialize)]
struct Extension {
    name: String,
    columns: Vec<bool>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    about: String,
    red: bool,
    /// Whether its scenarios are shown at first: where some fail, and they are few.
    open: bool,
    cells: Vec<Square>,
    scenarios: Vec<Scenario>,
}

#[derive(Serialize)]
struct Scenario {
    name: String,
    title: String,
    statements: String,
    cells: Vec<Square>,
}

/// A cell. There are thousands, so that it says no more than its class, its sign, and the failure that it leads to: its
/// line and column say the rest.
#[derive(Serialize)]
pub(super) struct Square {
    class: char,
    sign: &'static str,
    failure: Option<usize>,
}

/// The class of a state, as the style sheet has it.
pub(super) const fn class(state: CellState) -> char {
    match state {
        CellState::Pass => 'p',
        CellState::Absent => 'a',
        CellState::Warn => 'w',
        CellState::Fail => 'f',
        CellState::NotRun => 'n',
        CellState::Nothing => 'x',
    }
}

/// The runs of a scenario, by the place of their combination.
type Runs<'a> = Vec<Vec<&'a ScenarioFinished>>;

impl Map {
    pub(super) fn of(report: &Report, failures: &[FailureGroup]) -> Self {
        let count = report.combinations.len();
        let mut scenarios: BTreeMap<&str, Runs<'_>> = BTreeMap::new();
        for (place, combination) in report.combinations.iter().enumerate() {
            for run in &combination.runs {
                let runs = scenarios
                    .entry(&run.scenario)
                    .or_insert_with(|| vec![Vec::new(); count]);
                runs[place].push(run);
            }
        }
        let groups = report.groups();
        let groups = groups.into_iter().map(|name| group(name, &scenarios, report, failures));
        Self {
            columns: report.combinations.iter().map(|one| one.name.clone()).collect(),
            extensions: extensions(report),
            groups: groups.collect(),
            wide: count >= WIDE,
        }
    }
}

fn extensions(report: &Report) -> Vec<Extension> {
    let Some(run) = &report.run else {
        return Vec::new();
    };
    let columns: Vec<_> = report
        .combinations
        .iter()
        .map(|one| select(&one.name, &run.extensions).ok())
        .collect();
    let extensions = run.extensions.iter().map(|name| Extension {
        name: name.clone(),
        columns: columns
            .iter()
            .map(|column| column.as_ref().is_some_and(|column| column.has(name)))
            .collect(),
    });
    // An extension that no build has tells nothing apart.
    extensions.filter(|one| one.columns.contains(&true)).collect()
}

fn group(name: String, all: &BTreeMap<&str, Runs<'_>>, report: &Report, failures: &[FailureGroup]) -> Group {
    let within = || all.iter().filter(|(scenario, _)| cell::group(scenario) == name);
    let cells: Vec<Square> = (0..report.combinations.len())
        .map(|place| {
            let runs: Vec<_> = within().flat_map(|(_, runs)| runs[place].iter().copied()).collect();
            square(&runs, failures)
        })
        .collect();
    let scenarios: Vec<Scenario> = within().map(|(name, runs)| scenario(name, runs, failures)).collect();
    let runs = || within().flat_map(|(_, runs)| runs.iter().flatten());
    let red = runs().filter(|run| run.verdict.is_red()).count();
    let mut about = format!(
        "{}, {}",
        text::plural(scenarios.len() as u64, "scenario"),
        text::plural(runs().count() as u64, "run")
    );
    if red > 0 {
        about = format!("{about}, {} red", text::count(red as u64));
    }
    Group {
        about,
        red: red > 0,
        open: red > 0 && scenarios.len() <= FEW,
        cells,
        scenarios,
        name,
    }
}

fn scenario(name: &str, runs: &Runs<'_>, failures: &[FailureGroup]) -> Scenario {
    let any = runs.iter().flatten().next();
    Scenario {
        name: name.to_owned(),
        title: any.map_or_else(String::new, |run| run.title.clone()),
        statements: any.map_or_else(String::new, |run| run.statements.join(", ")),
        cells: runs.iter().map(|runs| square(runs, failures)).collect(),
    }
}

fn square(runs: &[&ScenarioFinished], failures: &[FailureGroup]) -> Square {
    let state = Cell::of(runs.iter().copied()).state;
    let told = |run: &&&ScenarioFinished| run.verdict.is_red() || run.verdict == Verdict::Warn;
    let failure = runs.iter().find(told).and_then(|run| {
        failures
            .iter()
            .position(|group| group.combinations.contains(&run.combination) && failure::same_script(&group.run, run))
    });
    Square {
        class: class(state),
        sign: state.sign(),
        failure,
    }
}
