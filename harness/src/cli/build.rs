//! `plimsoll build`: builds combinations, and prints where their binaries are.

use std::{io::Write, path::Path};

use super::{arguments::BuildArguments, error::CliError, progress::Terminal, selection};
use crate::{
    build::{Builder, build_all},
    exit::Exit,
};

pub(super) fn run(project: Option<&Path>, arguments: &BuildArguments) -> Result<Exit, CliError> {
    let project = selection::project(project)?;
    let combinations = selection::plan(&project, &arguments.combinations)?.combinations;
    let builder = Builder::new(&project)?;
    let terminal = Terminal::new();
    terminal.builds(combinations.len());
    let results = build_all(&builder, &combinations, &terminal);
    terminal.finish();
    let mut exit = Exit::Passed;
    for (combination, result) in results {
        match result {
            Ok(built) => writeln!(anstream::stdout(), "{}", built.binary.display())?,
            Err(error) => {
                anstream::eprintln!("{combination} does not build:\n{error}\n");
                exit = Exit::Broken;
            }
        }
    }
    Ok(exit)
}
