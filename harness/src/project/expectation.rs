//! The expectations file: which failures are known, why, and until when.

use std::{fs, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
    value::Date,
};

use super::{
    ProjectError, ProjectProblem,
    decode::{Problems, Reader},
    keys,
    load::{first_line, text},
};
use crate::{
    combination::{Combination, Expression},
    suggestion,
};

/// Failures that are known.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    entries: Vec<Expectation>,
}

/// A failure that is known: red no longer, until it passes or its end comes.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The scenario's name.
    scenario: String,
    /// The row, as reports show it; every row if there is none.
    row: Option<String>,
    /// In which combinations.
    when: Expression,
    /// What the failure says; anything if there is none.
    pub says: Option<String>,
    /// Why it fails, where that is being mended, and until when.
    pub reason: String,
}

impl Expectations {
    /// What is expected of a run of `scenario`.
    pub fn of(&self, scenario: &str, row: Option<&str>, combination: &Combination) -> Option<&Expectation> {
        let about = |entry: &&Expectation| {
            entry.scenario == scenario
                && entry.row.as_deref().is_none_or(|expected| Some(expected) == row)
                && entry.when.holds(combination)
        };
        self.entries.iter().find(about)
    }
}

/// What an expectations file may name, and when it is read.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The project's extensions.
    pub extensions: &'a [String],
    /// The names of its scenarios.
    pub scenarios: &'a [&'a str],
    /// Today, as year, month and day: an entry whose end is before it is over.
    pub today: (i16, i8, i8),
}

/// Reads the expectations file at `path`.
///
/// # Errors
/// It cannot be read, or everything that is wrong with it, at once.
pub fn load_expectations(path: &Path, known: Known<'_>) -> Result<Expectations, ProjectError> {
    let bytes = fs::read(path).map_err(|source| ProjectError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let source = text(bytes, path)?;
    let (table, errors) = DeTable::parse_recoverable(&source);
    let mut problems: Problems = errors
        .iter()
        .map(|error| ProjectProblem {
            message: error.message().trim().replace('\n', "; "),
            span: error.span().map(|span| first_line(&source, &span).into()),
            help: "the file is TOML, which https://toml.io describes".to_owned(),
        })
        .collect();
    let mut entries = Vec::new();
    if problems.is_empty() {
        let mut reader = Reader::new("the file", table.span(), table.get_ref(), &mut problems);
        reader.known(&keys::EXPECTATIONS);
        entries = read(&mut reader, known);
    }
    if problems.is_empty() {
        return Ok(Expectations { entries });
    }
    for problem in &mut problems {
        let span = problem.span.map(|span| span.offset()..span.offset() + span.len());
        problem.span = span.map(|span| first_line(&source, &span).into());
    }
    Err(ProjectError::invalid(path, &source, problems))
}

fn read(reader: &mut Reader<'_, '_>, known: Known<'_>) -> Vec<Expectation> {
    let Some(value) = reader.required("expect") else {
        return Vec::new();
    };
    let due = "a list of tables, each below `[[expect]]`";
    let DeValue::Array(items) = value.get_ref() else {
        reader.wrong_type("expect", value.span(), due, value.get_ref());
        return Vec::new();
    };
    let mut entries = Vec::new();
    for item in items {
        let DeValue::Table(table) = item.get_ref() else {
            reader.wrong_type("expect[]", item.span(), "a table", item.get_ref());
            continue;
        };
        entries.extend(entry(&mut reader.within("`expect`", item.span(), table), known));
    }
    entries
}

fn entry(reader: &mut Reader<'_, '_>, known: Known<'_>) -> Option<Expectation> {
    reader.known(&keys::EXPECTATION);
    let scenario = reader
        .text("scenario")
        .filter(|name| scenario_is_there(reader, name, known));
    let row = reader.optional_text("row");
    let when = match reader.optional_text("when") {
        Some(text) => expression(reader, &text, known),
        None => Some(Expression::Always),
    };
    let says = reader.optional_text("says");
    let reason = reader.text("reason");
    let issue = reader.text("issue");
    let until = until(reader, known);
    Some(Expectation {
        scenario: scenario?.into_inner(),
        row: row.map(Spanned::into_inner),
        when: when?,
        says: says.map(Spanned::into_inner),
        reason: format!("{} ({}, until {})", reason?.get_ref(), issue?.get_ref(), until?),
    })
}

fn scenario_is_there(reader: &mut Reader<'_, '_>, name: &Spanned<String>, known: Known<'_>) -> bool {
    let there = known.scenarios.contains(&name.get_ref().as_str());
    if !there {
        let near = suggestion::nearest(name.get_ref(), known.scenarios.iter().copied());
        let help = suggestion::did_you_mean(near, "`plimsoll list` prints the names");
        reader.problem(name.span(), format!("there is no scenario `{}`", name.get_ref()), help);
    }
    there
}

fn expression(reader: &mut Reader<'_, '_>, text: &Spanned<String>, known: Known<'_>) -> Option<Expression> {
    let expression: Expression = match text.get_ref().parse() {
        Ok(expression) => expression,
        Err(error) => {
            let help = "write extensions with `and`, `or`, `not` and parentheses: `scrub and not lint`";
            reader.problem(text.span(), error.message, help);
            return None;
        }
    };
    for name in expression.extensions() {
        if !known.extensions.iter().any(|one| one == name) {
            let names: Vec<&str> = known.extensions.iter().map(String::as_str).collect();
            let message = format!("the project has no extension `{name}`");
            reader.problem(text.span(), message, suggestion::help(name, &names));
            return None;
        }
    }
    Some(expression)
}

/// The end of an entry, which has to be a day that is not over.
fn until(reader: &mut Reader<'_, '_>, known: Known<'_>) -> Option<Date> {
    let value = reader.required("until")?;
    let due = "a date, such as 2027-03-01 without quotes";
    let DeValue::Datetime(time) = value.get_ref() else {
        reader.wrong_type("until", value.span(), due, value.get_ref());
        return None;
    };
    let Some(date) = time.date.filter(|_| time.time.is_none()) else {
        let message = "`until` has to be a day, and this is a time";
        reader.problem(value.span(), message, format!("write {due}"));
        return None;
    };
    let (year, month, day) = known.today;
    let end = (i32::from(date.year), i32::from(date.month), i32::from(date.day));
    if end < (i32::from(year), i32::from(month), i32::from(day)) {
        let message = format!("this ended on {date}");
        reader.problem(
            value.span(),
            message,
            "mend what fails, or say until when it may still fail",
        );
        return None;
    }
    Some(date)
}
