//! `plimsoll merge`: the report of a run that several machines did together.

use std::{fs, path::Path};

use super::{arguments::MergeArguments, census, error::CliError};
use crate::{
    exit::Exit,
    report::{Report, read_events, write_terminal},
    runner::{Event, RunStarted},
};

pub(super) fn run(arguments: &MergeArguments) -> Result<Exit, CliError> {
    let mut report = Report::default();
    let mut first: Option<RunStarted> = None;
    for path in &arguments.events {
        for event in events(path)? {
            if let Event::RunStarted(started) = &event {
                match &first {
                    Some(first) => same_run(first, started, path)?,
                    None => first = Some(started.clone()),
                }
            }
            report.apply(&event);
        }
    }
    if let Some(census) = &arguments.census {
        for shortfall in census::shortfalls(&census::read(census)?, &report) {
            report.apply(&Event::Shortfall(shortfall));
        }
    }
    report.compare(arguments.reports.baseline.as_ref());
    write_terminal(&report, &mut anstream::stdout())?;
    for output in &arguments.reports.reports {
        output.write(&report)?;
    }
    Ok(report.exit())
}

fn events(path: &Path) -> Result<Vec<Event>, CliError> {
    let text = fs::read_to_string(path).map_err(CliError::surroundings(format!("read {}", path.display())))?;
    let refused = |error: String| {
        CliError::usage(
            format!("{}: {error}", path.display()),
            "name the events.jsonl of each part; a part that did not end has to be run again",
        )
    };
    let events = read_events(&text).map_err(refused)?;
    let began = matches!(events.first(), Some(Event::RunStarted(_)));
    let ended = matches!(events.last(), Some(Event::RunFinished { .. }));
    if began && ended {
        return Ok(events);
    }
    // What is missing could have been red.
    Err(refused("these are not all events of a part".to_owned()))
}

/// Whether two parts are of one run: another seed or version gives other content, which must not be compared.
fn same_run(first: &RunStarted, other: &RunStarted, path: &Path) -> Result<(), CliError> {
    let differs = [
        ("seed", first.seed != other.seed),
        ("target", first.target != other.target),
        ("version of plimsoll", first.version != other.version),
        ("list of extensions", first.extensions != other.extensions),
    ];
    match differs.iter().find(|(_, differs)| *differs) {
        None => Ok(()),
        Some((what, _)) => Err(CliError::usage(
            format!("{} is of another run: it has another {what}", path.display()),
            "give every part the same --seed, and merge only parts of one run",
        )),
    }
}
