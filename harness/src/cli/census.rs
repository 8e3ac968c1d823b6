//! The committed census: read, compared with what a run checks, and written anew.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{arguments::RunArguments, error::CliError, recorder::Recorded};
use crate::{
    project::Project,
    report::{Census, Report},
    runner::{Event, Shortfall},
};

/// What is committed of how much a run checks.
#[derive(Debug)]
pub(super) struct Committed {
    path: PathBuf,
    census: Option<Census>,
    update: bool,
}

impl Committed {
    /// The census of `project`, if this run is to be compared with it: one of everything.
    pub(super) fn load(
        project: &Project,
        arguments: &RunArguments,
        is_elsewhere: bool,
    ) -> Result<Option<Self>, CliError> {
        let Some(path) = project.census.as_ref().map(|path| project.root.join(path)) else {
            if arguments.whole.update_census {
                return Err(CliError::usage(
                    "the project has no census",
                    "write `census = \"census.toml\"` into the project file; the file itself is written by this run",
                ));
            }
            return Ok(None);
        };
        let some = !arguments.scenarios.is_empty() || !arguments.only.is_empty() || arguments.shard.is_some();
        if some || is_elsewhere {
            return Ok(None);
        }
        let update = arguments.whole.update_census;
        let census = if update { None } else { Some(read(&path)?) };
        Ok(Some(Self { path, census, update }))
    }

    /// Adds where the run falls short, or takes what it came to as what is committed.
    pub(super) fn settle(&self, recorded: &mut Recorded) -> Result<(), CliError> {
        let report = recorded.report();
        if self.update {
            if let Some(partial) = report.unreached() {
                return Err(CliError::usage(
                    format!("the census is not written: {partial}"),
                    "take it from a run that comes to its end",
                ));
            }
            let cannot = format!("write {}", self.path.display());
            return fs::write(&self.path, Census::of(report).to_text()).map_err(CliError::surroundings(cannot));
        }
        let shortfalls = self.census.as_ref().map(|census| shortfalls(census, report));
        for shortfall in shortfalls.into_iter().flatten() {
            recorded.record(&Event::Shortfall(shortfall));
        }
        Ok(())
    }
}

/// Where `report` has less than `census`. Fewer combinations are another plan, and a run that was cut short is red already.
pub(super) fn shortfalls(census: &Census, report: &Report) -> Vec<Shortfall> {
    let now = Census::of(report);
    if census.combinations() != now.combinations() || report.unreached().is_some() {
        return Vec::new();
    }
    census.shortfalls(&now)
}

/// The census at `path`.
pub(super) fn read(path: &Path) -> Result<Census, CliError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(CliError::usage(
                format!("there is no census at {}", path.display()),
                "write it with `plimsoll run --update-census`, and commit it",
            ));
        }
        Err(error) => return Err(CliError::surroundings(format!("read {}", path.display()))(error)),
    };
    Census::parse(&text).map_err(|error| {
        CliError::usage(
            format!("{} is no census: {error}", path.display()),
            "write it anew with `plimsoll run --update-census`",
        )
    })
}
