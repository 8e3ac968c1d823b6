//! `plimsoll schema`: the JSON Schema of files, and the reference.

use std::io::Write;

use super::{
    arguments::{SchemaArguments, SchemaFile, SchemaFormat},
    error::CliError,
};
use crate::{exit::Exit, project, report, scenario};

pub(super) fn run(arguments: &SchemaArguments) -> Result<Exit, CliError> {
    let text = match arguments.format {
        SchemaFormat::Json => {
            let schema = match arguments.file {
                SchemaFile::Scenario => scenario::keys::schema(),
                SchemaFile::Project => project::keys::project_schema(),
                SchemaFile::Expectations => project::keys::expectations_schema(),
                SchemaFile::Report => report::json::schema(),
            };
            format!("{schema:#}\n")
        }
        SchemaFormat::Markdown if arguments.file == SchemaFile::Scenario => scenario::keys::page(),
        SchemaFormat::Markdown => {
            return Err(CliError::usage(
                "there is a page for scenarios alone",
                "leave out `--format markdown`: the JSON Schema has a description of each key",
            ));
        }
    };
    anstream::stdout().write_all(text.as_bytes())?;
    Ok(Exit::Passed)
}
