//! `plimsoll explain`: what a statement of the specification is and what checks it, or what a code of a problem means.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use super::{arguments::ExplainArguments, error::CliError, selection};
use crate::{
    assertion,
    conformance::{AREAS, State, Statement, statement_ids, statements},
    exit::Exit,
    extension::Rule,
    mutation::{Declaration, Declarations, Kind},
    scenario::{Code, Scenario},
    suggestion,
};

pub(super) fn run(project: Option<&Path>, arguments: &ExplainArguments) -> Result<Exit, CliError> {
    let mut out = anstream::stdout();
    let Some(word) = &arguments.word else {
        areas(&mut out)?;
        return Ok(Exit::Passed);
    };
    if let Some(code) = Code::ALL.iter().find(|code| code.as_str().eq_ignore_ascii_case(word)) {
        writeln!(out, "{code}  {}\n\n{}", code.meaning(), code.family())?;
        return Ok(Exit::Passed);
    }
    if let Some(kind) = assertion::Kind::ALL
        .iter()
        .find(|kind| kind.code().eq_ignore_ascii_case(word))
    {
        writeln!(out, "{kind}  {}\n\n{}", kind.meaning(), kind.advice())?;
        return Ok(Exit::Passed);
    }
    if let Some(rule) = Rule::ALL.iter().find(|rule| rule.code().eq_ignore_ascii_case(word)) {
        writeln!(out, "{rule}  {}\n\n{}", rule.title(), rule.why())?;
        return Ok(Exit::Passed);
    }
    let within: Vec<&Statement> = statements()
        .iter()
        .filter(|statement| statement.is_within(word))
        .collect();
    match within[..] {
        [] => return Err(unknown(word)),
        [statement] => {
            let project = selection::project(project)?;
            let scenarios = selection::scenarios(&project, &[])?;
            one(statement, &scenarios, &Declarations::embedded()?, &mut out)?;
        }
        _ => list(&within, &mut out)?,
    }
    Ok(Exit::Passed)
}

fn unknown(word: &str) -> CliError {
    let areas = AREAS.iter().map(|area| area.name);
    let rules = Rule::ALL.iter().map(|rule| rule.code());
    let kinds = assertion::Kind::ALL.iter().map(|kind| kind.code());
    let codes = Code::ALL.iter().map(|code| code.as_str()).chain(kinds).chain(rules);
    let near = suggestion::nearest(word, statement_ids().iter().copied().chain(areas).chain(codes));
    let help = "statements are named like PUSH-DIG-04, areas like PUSH, codes like PLM0201; `plimsoll explain` lists the areas";
    CliError::usage(
        format!("there is no statement, area or code `{word}`"),
        suggestion::did_you_mean(near, help),
    )
}

/// Every area, with how many statements it has and how many of them are checked.
fn areas(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "area    statements  checked  about")?;
    let (mut all, mut all_checked) = (0, 0);
    for area in AREAS {
        let statements = || statements().iter().filter(|statement| statement.area() == area.name);
        let checked = statements().filter(|one| one.state == State::Checked).count();
        writeln!(
            out,
            "{:<6}  {:>10}  {checked:>7}  {}",
            area.name,
            statements().count(),
            area.about
        )?;
        all += statements().count();
        all_checked += checked;
    }
    writeln!(out, "{:<6}  {all:>10}  {all_checked:>7}", "all")
}

fn list(statements: &[&Statement], out: &mut dyn Write) -> io::Result<()> {
    for statement in statements {
        writeln!(
            out,
            "{:<16}  {:<10}  {:<12}  {}",
            statement.id,
            statement.level.to_string(),
            statement.state.to_string(),
            statement.text
        )?;
    }
    Ok(())
}

/// A statement, with the scenarios that check it, and the mutants and variations that they are proven with.
fn one(
    statement: &Statement,
    scenarios: &[Arc<Scenario>],
    declarations: &Declarations,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}  {}\n    {}\n", statement.id, statement.level, statement.text)?;
    writeln!(out, "section  {}", statement.section)?;
    match statement.earlier {
        None => writeln!(out, "since    {}", statement.since)?,
        Some((level, since)) => writeln!(out, "since    {}; {level} since {since}", statement.since)?,
    }
    writeln!(out, "seen     {}", statement.seen)?;
    match statement.state.reason() {
        None => writeln!(out, "state    {}", statement.state)?,
        Some(reason) => writeln!(out, "state    {}: {reason}", statement.state)?,
    }
    let checking = scenarios
        .iter()
        .filter(|scenario| scenario.statements.iter().any(|one| one == statement.id));
    let mut heading = "\nscenarios\n";
    for scenario in checking {
        writeln!(out, "{heading}  {}\n    {}", scenario.path.display(), scenario.title)?;
        heading = "";
    }
    for (kind, heading) in [(Kind::Mutant, "mutants"), (Kind::Variation, "variations")] {
        let about = declarations.of(kind).filter(|one| one.is_about(statement.id));
        declared(heading, about, out)?;
    }
    Ok(())
}

/// Mutants or variations under a heading; nothing where there are none.
fn declared<'a>(
    heading: &str,
    declarations: impl Iterator<Item = &'a Declaration>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut declarations = declarations.peekable();
    if declarations.peek().is_some() {
        writeln!(out, "\n{heading}")?;
    }
    for one in declarations {
        writeln!(out, "  {}\n    a registry that {}", one.id, one.does)?;
    }
    Ok(())
}
