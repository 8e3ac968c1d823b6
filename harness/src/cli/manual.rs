//! `plimsoll completions` and `plimsoll man`: what shells and manuals have to know of the command line.

use std::fs;

use clap::CommandFactory;

use super::{
    arguments::{Arguments, CompletionsArguments, ManArguments},
    error::CliError,
};
use crate::exit::Exit;

pub(super) fn completions(arguments: &CompletionsArguments) -> Result<Exit, CliError> {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    // In memory first: the generator takes a reader that has gone away for a mistake of ours.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    std::io::Write::write_all(&mut anstream::stdout(), &script)?;
    Ok(Exit::Passed)
}

pub(super) fn man(arguments: &ManArguments) -> Result<Exit, CliError> {
    let folder = &arguments.folder;
    let cannot = || CliError::surroundings(format!("write the pages to {}", folder.display()));
    fs::create_dir_all(folder).map_err(cannot())?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(cannot())?;
    anstream::eprintln!("the pages are in {}", folder.display());
    Ok(Exit::Passed)
}
