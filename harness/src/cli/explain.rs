//! `plimsoll explain`: what a statement of the specification is, and which scenarios check it.

use std::{io::Write, path::Path};

use super::{arguments::ExplainArguments, error::CliError, selection};
use crate::{
    conformance::{statement_ids, statements},
    exit::Exit,
    suggestion,
};

pub(super) fn run(project: Option<&Path>, arguments: &ExplainArguments) -> Result<Exit, CliError> {
    let id = arguments.statement.to_uppercase();
    let Some(statement) = statements().iter().find(|statement| statement.id == id) else {
        let help = "statements are named like PUSH-DIG-04; `plimsoll list` prints those that scenarios check";
        let near = suggestion::nearest(&id, statement_ids().iter().copied());
        return Err(CliError::usage(
            format!("there is no statement `{}`", arguments.statement),
            suggestion::did_you_mean(near, help),
        ));
    };
    let project = selection::project(project)?;
    let scenarios = selection::scenarios(&project, &[])?;
    let mut out = anstream::stdout();
    writeln!(
        out,
        "{}  {}  ({})\n    {}\n",
        statement.id, statement.level, statement.section, statement.text
    )?;
    let mut checking = scenarios
        .iter()
        .filter(|scenario| scenario.statements.iter().any(|one| one == statement.id))
        .peekable();
    if checking.peek().is_none() {
        writeln!(out, "no scenario checks it")?;
    }
    for scenario in checking {
        writeln!(out, "{}\n    {}", scenario.path.display(), scenario.title)?;
    }
    Ok(Exit::Passed)
}
