//! `plimsoll rerun`: what was red in the last run, once more.

use std::{collections::BTreeSet, fs, path::Path};

use super::{arguments::RerunArguments, error::CliError, run, selection};
use crate::{
    exit::Exit,
    report::{Report, read_events},
    runner::{Event, Job, ScenarioFinished, Variant},
};

/// A run, by what it was of.
type Of = (String, String, Variant, Option<String>);

pub(super) fn run(project: Option<&Path>, arguments: &RerunArguments) -> Result<Exit, CliError> {
    let loaded = selection::project(project)?;
    let path = loaded.output().join("events.jsonl");
    let nothing = || CliError::usage("there is no last run here", "run `plimsoll run` first");
    let text = fs::read_to_string(&path).map_err(|_| nothing())?;
    let events = read_events(&text).map_err(|error| {
        CliError::usage(
            format!("{}: {error}", path.display()),
            "run everything again with `plimsoll run`",
        )
    })?;
    let Some(Event::RunStarted(started)) = events.first() else {
        return Err(nothing());
    };
    if started.target != loaded.name {
        return Err(CliError::usage(
            format!("the last run was against {}", started.target),
            "repeat it with `plimsoll run --url`; a failure says the command",
        ));
    }
    let of = |run: &ScenarioFinished| -> Of {
        (
            run.combination.clone(),
            run.scenario.clone(),
            run.variant,
            run.row.clone(),
        )
    };
    let mut report = Report::default();
    for event in &events {
        report.apply(event);
    }
    let mut red: BTreeSet<Of> = report.runs().filter(|run| run.verdict.is_red()).map(of).collect();
    for difference in report.differences() {
        // A difference takes two: the builds that have it, and those that answer as usual.
        let builds = difference.combinations.iter().chain(&difference.usual);
        red.extend(builds.map(|combination| {
            let (_, scenario, variant, row) = of(&difference.run);
            (combination.clone(), scenario, variant, row)
        }));
    }
    if red.is_empty() {
        anstream::eprintln!("nothing was red in the last run");
        return Ok(Exit::Passed);
    }
    let names = |of: fn(&Of) -> &String| -> Vec<String> {
        let names: BTreeSet<&String> = red.iter().map(of).collect();
        names.into_iter().cloned().collect()
    };
    let scenarios = names(|(_, scenario, ..)| scenario);
    let mut combinations = names(|(combination, ..)| combination);
    // What was written by a build that is red may have been opened by one that is not.
    for event in &events {
        if let Event::ScenarioFinished(run) = event
            && let Some(other) = run.other.as_ref().filter(|other| !combinations.contains(other))
            && run.verdict.is_red()
        {
            combinations.push(other.clone());
        }
    }
    let again = arguments
        .again(scenarios, combinations, started.seed)
        .ok_or_else(nothing)?;
    run::run_some(project, &again, &|job: &Job| {
        let combination = job.combination.to_string();
        red.contains(&(combination, job.scenario.name.clone(), job.variant, job.row_label()))
    })
}
