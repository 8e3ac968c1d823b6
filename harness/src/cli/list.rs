//! `plimsoll list`: the scenarios.

use std::{io::Write, path::Path};

use super::{arguments::ListArguments, error::CliError, selection};
use crate::{combination::Expression, exit::Exit, scenario::Scenario};

pub(super) fn run(project: Option<&Path>, arguments: &ListArguments) -> Result<Exit, CliError> {
    let project = selection::project(project)?;
    let scenarios = selection::scenarios(&project, &arguments.scenarios)?;
    let mut out = anstream::stdout();
    for scenario in &scenarios {
        writeln!(out, "{}\n    {}", scenario.name, scenario.title)?;
        let about = about(scenario);
        if !about.is_empty() {
            writeln!(out, "    {}", about.join("; "))?;
        }
    }
    Ok(Exit::Passed)
}

fn about(scenario: &Scenario) -> Vec<String> {
    let mut about = Vec::new();
    if !scenario.statements.is_empty() {
        about.push(scenario.statements.join(", "));
    }
    if scenario.requires != Expression::Always {
        let scripts = [
            ("on", &scenario.on),
            ("off", &scenario.off),
            ("absent", &scenario.absent),
        ];
        let scripts: Vec<&str> = scripts
            .iter()
            .filter(|(_, script)| script.is_some())
            .map(|(name, _)| *name)
            .collect();
        about.push(format!("requires {} ({})", scenario.requires, scripts.join(", ")));
    }
    if scenario.rows.len() > 1 {
        about.push(format!("{} rows", scenario.rows.len()));
    }
    about
}
