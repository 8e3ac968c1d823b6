//! `plimsoll fmt`: scenario files in one form.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use similar::TextDiff;

use super::{error::CliError, selection};
use crate::{
    exit::Exit,
    output,
    scenario::{files_below, format_file},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll fmt                             every scenario of the project
  plimsoll fmt scenarios/extensions/lint
  plimsoll fmt --check                     show what that would change, and end with 1 if it is anything

The keys of a file come in the order of the reference. Comments, quotes and line breaks stay as they are. What a file says
never changes.")]
pub(super) struct FmtArguments {
    /// Scenario files, or folders of them [default: the project's scenario folder]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Print the changes as a diff, and make none
    #[arg(long)]
    pub(super) check: bool,
}

pub(super) fn run(project: Option<&Path>, arguments: &FmtArguments) -> Result<Exit, CliError> {
    let (files, root) = files(project, arguments)?;
    let mut changed = Vec::new();
    let mut wrong = Vec::new();
    for path in &files {
        let shown = path.strip_prefix(&root).unwrap_or(path);
        match format_file(path, shown) {
            Ok((before, after)) if before != after => changed.push((path, shown, before, after)),
            Ok(_) => {}
            Err(error) => wrong.push(error),
        }
    }
    let mut out = anstream::stdout();
    for (path, shown, before, after) in &changed {
        if arguments.check {
            let (from, to) = (format!("a/{}", shown.display()), format!("b/{}", shown.display()));
            let diff = TextDiff::from_lines(before, after);
            write!(out, "{}", diff.unified_diff().header(&from, &to))?;
        } else {
            output::write(path, after).map_err(CliError::surroundings(format!("write {}", shown.display())))?;
            writeln!(out, "formatted {}", shown.display())?;
        }
    }
    if !wrong.is_empty() {
        return Err(CliError::Scenarios(wrong));
    }
    if !arguments.check || changed.is_empty() {
        return Ok(Exit::Passed);
    }
    let (count, are) = match changed.len() {
        1 => ("1 file".to_owned(), "is"),
        many => (format!("{many} files"), "are"),
    };
    anstream::eprintln!("{count} {are} not in order; `plimsoll fmt` does that");
    Ok(Exit::Failed)
}

/// The files that are meant, each once, and the folder below which they are shown.
fn files(project: Option<&Path>, arguments: &FmtArguments) -> Result<(Vec<PathBuf>, PathBuf), CliError> {
    if arguments.paths.is_empty() {
        let project = selection::project(project)?;
        let files = files_below(&project.scenario_folder()).map_err(|error| CliError::Scenarios(vec![error]))?;
        return Ok((files, project.root));
    }
    let mut files = Vec::new();
    for path in &arguments.paths {
        if path.is_dir() {
            let below = files_below(path).map_err(|error| CliError::Scenarios(vec![error]))?;
            if below.is_empty() {
                return Err(CliError::usage(
                    format!("there is no scenario in {}", path.display()),
                    "scenarios are files that end in `.yaml`",
                ));
            }
            files.extend(below);
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    files.dedup();
    Ok((files, PathBuf::new()))
}
