//! The command line: what can be asked, and what is done then.

mod arguments;
mod bench;
mod build;
mod census;
mod check;
mod confirm;
mod durability;
mod error;
mod explain;
mod fmt;
mod kill;
mod limit;
mod list;
mod localise;
mod manual;
mod merge;
mod official;
mod one_build;
mod pairs;
mod plan;
mod power_cut;
mod progress;
mod prove;
mod recorder;
mod rerun;
mod run;
mod scaffold;
mod schema;
mod selection;
mod shard;
mod url;
mod validate;
mod watch;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

pub use arguments::Arguments;

use crate::exit::Exit;
use arguments::Command;

/// Does what the command line says.
pub fn main() -> ExitCode {
    execute(std::env::args_os()).into()
}

/// Does what `words` say, of which the first is the program, and says how the program has to end.
pub fn execute(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Exit {
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nobody reads what it says any more: then nobody wants to know.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Passed };
        }
    };
    let project = arguments.project.as_deref();
    let result = match &arguments.command {
        Command::Run(arguments) if arguments.end.watch => watch::run(project, arguments),
        Command::Run(arguments) => run::run(project, arguments),
        Command::Rerun(arguments) => rerun::run(project, arguments),
        Command::Merge(arguments) => merge::run(arguments),
        Command::Plan(arguments) => plan::run(project, arguments),
        Command::Build(arguments) => build::run(project, arguments),
        Command::Official(arguments) => official::run(project, arguments),
        Command::Check(arguments) => check::run(project, arguments),
        Command::PowerCut(arguments) => power_cut::run(project, arguments),
        Command::Kill(arguments) => kill::run(project, arguments),
        Command::Durability(arguments) => durability::run(project, arguments),
        Command::Bench(arguments) => bench::run(project, arguments),
        Command::NewExtension(arguments) => scaffold::new_extension(project, arguments),
        Command::Validate(arguments) => validate::run(project, arguments),
        Command::RemoveExtension(arguments) => scaffold::remove_extension(project, arguments),
        Command::Prove(arguments) => prove::run(project, arguments),
        Command::Schema(arguments) => schema::run(arguments),
        Command::Fmt(arguments) => fmt::run(project, arguments),
        Command::List(arguments) => list::run(project, arguments),
        Command::Explain(arguments) => explain::run(project, arguments),
        Command::Completions(arguments) => manual::completions(arguments),
        Command::Man(arguments) => manual::man(arguments),
    };
    match result {
        Ok(exit) => exit,
        // Whoever reads our output has seen enough, as `head` does.
        Err(error::CliError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Passed,
        Err(error) => {
            let exit = error.exit();
            error.print();
            exit
        }
    }
}
