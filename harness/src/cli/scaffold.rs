//! `plimsoll new-extension` and `plimsoll remove-extension`.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::Path,
};

use clap::ValueEnum;

use super::{
    arguments::{NewExtensionArguments, RemoveExtensionArguments},
    check::guidelines,
    error::CliError,
    selection,
};
use crate::{
    exit::Exit,
    extension::{Hook, Tree, add, remove},
};

pub(super) fn new_extension(project: Option<&Path>, arguments: &NewExtensionArguments) -> Result<Exit, CliError> {
    let project = selection::project(project)?;
    let guidelines = guidelines(&project)?;
    let mut tree = Tree::new(&project.root);
    // A name that is refused is refused before anything is asked.
    add(&mut tree.clone(), guidelines, &arguments.name, &arguments.hooks)?;
    let hooks = if arguments.hooks.is_empty() {
        ask()?
    } else {
        arguments.hooks.clone()
    };
    add(&mut tree, guidelines, &arguments.name, &hooks)?;
    finish(tree, arguments.dry_run)?;
    if !arguments.dry_run {
        let name = &arguments.name;
        anstream::eprintln!(
            "\n{name} is there. Next:\n  make matrix EXTENSIONS={name}                    build it, and hold it to its scenarios\n  \
             {crates}/{name}/src/lib.rs    write what it does\n  plimsoll remove-extension {name}                take it out again",
            crates = "registry/extensions"
        );
    }
    Ok(Exit::Passed)
}

pub(super) fn remove_extension(project: Option<&Path>, arguments: &RemoveExtensionArguments) -> Result<Exit, CliError> {
    let project = selection::project(project)?;
    let guidelines = guidelines(&project)?;
    let mut tree = Tree::new(&project.root);
    remove(&mut tree, guidelines, &arguments.name)?;
    finish(tree, arguments.dry_run)?;
    Ok(Exit::Passed)
}

/// Shows the changes, or makes them and names the files.
fn finish(tree: Tree, dry_run: bool) -> Result<(), CliError> {
    let mut out = anstream::stdout();
    if dry_run {
        for change in tree.changes() {
            write!(out, "{}", change.diff())?;
        }
        return Ok(());
    }
    for change in tree.commit()? {
        let what = match (&change.before, &change.after) {
            (None, _) => "wrote",
            (_, None) => "removed",
            _ => "changed",
        };
        writeln!(out, "{what:<8} {}", change.path.display())?;
    }
    Ok(())
}

/// Asks which hooks the extension shall have.
fn ask() -> Result<Vec<Hook>, CliError> {
    let hooks = Hook::value_variants()
        .iter()
        .filter_map(|hook| Some((hook, hook.to_possible_value()?)));
    let hooks: Vec<_> = hooks.collect();
    let names: Vec<&str> = hooks.iter().map(|(_, value)| value.get_name()).collect();
    let help = format!("name some of {} with --hooks", names.join(", "));
    if !io::stdin().is_terminal() {
        return Err(CliError::usage("the extension has no hooks: it could do nothing", help));
    }
    anstream::eprintln!("What shall it reach the registry through?");
    for (_, value) in &hooks {
        let about = value.get_help().map(ToString::to_string).unwrap_or_default();
        anstream::eprintln!("  {:<12} {about}", value.get_name());
    }
    anstream::eprint!("Some of these, with commas: ");
    io::stderr().flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let words = line.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
    let chosen: Result<Vec<Hook>, String> = words
        .map(|word| Hook::from_str(word, true).map_err(|_| word.to_owned()))
        .collect();
    match chosen {
        Ok(chosen) if chosen.is_empty() => {
            Err(CliError::usage("the extension has no hooks: it could do nothing", help))
        }
        Ok(chosen) => Ok(chosen),
        Err(word) => Err(CliError::usage(format!("there is no hook `{word}`"), help)),
    }
}
