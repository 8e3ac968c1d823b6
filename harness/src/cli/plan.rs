//! `plimsoll plan`: the combinations that a run would build.

use std::{io::Write, path::Path};

use serde_json::json;

use super::{
    arguments::{PlanArguments, PlanFormat},
    error::CliError,
    selection,
};
use crate::{combination::Combination, exit::Exit};

pub(super) fn run(project: Option<&Path>, arguments: &PlanArguments) -> Result<Exit, CliError> {
    let project = selection::project(project)?;
    let plan = selection::plan(&project, &arguments.combinations)?;
    // On standard error: what is on standard output may be read by a program.
    anstream::eprintln!("{}", plan.says());
    let combinations = plan.combinations;
    let mut out = anstream::stdout();
    match arguments.format {
        PlanFormat::Text => {
            for combination in &combinations {
                writeln!(out, "{combination}")?;
            }
        }
        PlanFormat::Json => {
            let list: Vec<_> = combinations.iter().map(entry).collect();
            writeln!(out, "{:#}", json!(list))?;
        }
        PlanFormat::Github => {
            let include: Vec<_> = combinations.iter().map(entry).collect();
            writeln!(out, "matrix={}", json!({ "include": include }))?;
        }
    }
    Ok(Exit::Passed)
}

/// A combination, and what `--extensions` takes for it.
fn entry(combination: &Combination) -> serde_json::Value {
    let extensions = combination.extensions().join(",");
    json!({
        "combination": combination.to_string(),
        "extensions": if extensions.is_empty() { "none" } else { &extensions },
    })
}
