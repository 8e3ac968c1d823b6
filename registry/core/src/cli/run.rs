//! From the command line to the command.

use std::{ffi::OsString, path::Path};

use clap::FromArgMatches as _;

use super::{
    Binary, Exit,
    arguments::{Arguments, Command, SchemaFormat, command_line},
    manual,
    output::{complain, load_config, print},
    serve,
};
use crate::{auth, config};

/// Does what the command line asks for. `arguments` begin with the program's own name.
pub fn run(binary: &Binary, arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let additional: Vec<_> = binary
        .extensions
        .iter()
        .flat_map(|extension| (extension.commands)())
        .collect();
    let line = command_line(binary, &additional);
    let parsed = line.clone().try_get_matches_from(arguments);
    let command = parsed.and_then(|matches| {
        if let Some((name, matches)) = matches.subcommand()
            && let Some(added) = additional.iter().find(|added| added.command.get_name() == name)
        {
            return Ok(Err((added.run)(binary, matches)));
        }
        Arguments::from_arg_matches(&matches).map(|arguments| Ok(arguments.command))
    });
    match command {
        Ok(Ok(command)) => execute(binary, command, line),
        Ok(Err(exit)) => exit,
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() { Exit::Usage } else { Exit::Success }
        }
    }
}

fn execute(binary: &Binary, command: Command, line: clap::Command) -> Exit {
    match command {
        Command::Serve { config } => serve::serve(binary, config.as_deref()),
        Command::Verify { config } => verify(binary, &config),
        Command::Extensions { json } => print(&extensions(binary, json)),
        Command::Schema { format } => print(&match format {
            SchemaFormat::Json => format!("{:#}\n", config::json_schema()),
            SchemaFormat::Markdown => config::markdown(),
        }),
        Command::Completions { shell } => manual::completions(shell, line),
        Command::Man { folder } => manual::man(&folder, line),
    }
}

fn verify(binary: &Binary, path: &Path) -> Exit {
    match load_config(binary, path) {
        Ok(loaded) => {
            complain(&loaded.warnings.to_string());
            for advice in auth::advise(&loaded.config, true) {
                complain(&format!(
                    "warning: {}: {}: {}\n",
                    path.display(),
                    advice.key,
                    advice.message
                ));
            }
            // What only they know of their sections, extensions say when they are enabled. Nothing comes of the rest.
            let refusals = binary.hooks(&loaded.config).failures;
            if refusals.is_empty() {
                return print(&format!("{}: valid\n", path.display()));
            }
            for reason in refusals {
                complain(&format!("error: {reason}\n"));
            }
            Exit::Usage
        }
        Err(exit) => exit,
    }
}

fn extensions(binary: &Binary, json: bool) -> String {
    let included = binary.included();
    if json {
        format!("{}\n", serde_json::Value::from(included))
    } else {
        included.iter().flat_map(|name| [name, "\n"]).collect()
    }
}
