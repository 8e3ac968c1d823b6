//! `plimsoll check`: holds the extensions to the guidelines that they are written by.

use std::{
    io::{IsTerminal, Write},
    path::Path,
};

use super::{arguments::CheckArguments, error::CliError, selection};
use crate::{
    exit::Exit,
    extension::{Format, Guidelines, Tree, check, guest, mend, write},
    project::Project,
};

pub(super) fn run(project: Option<&Path>, arguments: &CheckArguments) -> Result<Exit, CliError> {
    let project = selection::project(project)?;
    let guidelines = guidelines(&project)?;
    let mut tree = Tree::new(&project.root);
    let mut out = anstream::stdout();
    if arguments.fix {
        let mended = mend(&mut tree, guidelines);
        if arguments.dry_run {
            for change in tree.changes() {
                write!(out, "{}", change.diff())?;
            }
            return Ok(if mended.is_empty() { Exit::Passed } else { Exit::Failed });
        }
        for finding in &mended {
            anstream::eprintln!(
                "mended {} in {}: {}",
                finding.rule,
                finding.path.display(),
                finding.message
            );
        }
        tree.commit()?;
        tree = Tree::new(&project.root);
    }
    let mut findings = check(&tree, guidelines);
    findings.extend(guest::check(&project)?);
    write(arguments.format, &findings, is_coloured(), &mut out)?;
    if arguments.format == Format::Text {
        writeln!(out, "{}", summary(&project, &findings))?;
    }
    Ok(if findings.is_empty() {
        Exit::Passed
    } else {
        Exit::Failed
    })
}

/// The guidelines of the project, which has to have some.
pub(super) fn guidelines(project: &Project) -> Result<&Guidelines, CliError> {
    project.guidelines.as_ref().ok_or_else(|| {
        CliError::usage(
            "the project file names no guidelines",
            "add `[guidelines]` with `preset = \"rust\"` or `preset = \"go\"` to plimsoll.toml",
        )
    })
}

fn is_coloured() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn summary(project: &Project, findings: &[crate::extension::Finding]) -> String {
    let mendable = findings.iter().filter(|finding| finding.fix.is_some()).count();
    match (findings.len(), mendable) {
        (0, _) => format!("{} extensions keep to the guidelines", project.extensions.len()),
        (1, 0) => "1 finding".to_owned(),
        (1, _) => "1 finding, which --fix mends".to_owned(),
        (all, 0) => format!("{all} findings"),
        (all, mendable) => format!("{all} findings, of which --fix mends {mendable}"),
    }
}
