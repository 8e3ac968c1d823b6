//! `plimsoll build`: builds combinations, and prints where their binaries are.

use std::{io::Write, path::Path};

use super::{arguments::BuildArguments, error::CliError, progress::Terminal, selection};
use crate::{
    build::{Builder, build_all, pack},
    exit::Exit,
    project::Recipe,
};

pub(super) fn run(project: Option<&Path>, arguments: &BuildArguments) -> Result<Exit, CliError> {
    let project = selection::project(project)?;
    if let (Some(_), Recipe::Image(image)) = (&arguments.archive, &project.build.recipe) {
        return Err(CliError::usage(
            format!("{image} is an image, and an archive is of binaries"),
            "`docker save` puts an image into a file",
        ));
    }
    let combinations = selection::plan(&project, &arguments.combinations)?.combinations;
    let builder = Builder::new(&project)?;
    let terminal = Terminal::new();
    terminal.builds(combinations.len());
    let results = build_all(&builder, &combinations, &terminal);
    terminal.finish();
    let mut exit = Exit::Passed;
    let mut all = Vec::new();
    for (combination, result) in results {
        match result {
            Ok(built) => {
                writeln!(anstream::stdout(), "{}", built.binary.display())?;
                all.push(built);
            }
            Err(error) => {
                anstream::eprintln!("{combination} does not build:\n{error}\n");
                exit = Exit::Broken;
            }
        }
    }
    if let Some(archive) = arguments.archive.as_ref().filter(|_| exit == Exit::Passed) {
        pack(archive, &project, &all)?;
    }
    Ok(exit)
}
