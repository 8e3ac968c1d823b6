//! `log`: lines that the server printed since its first start in this run.

use serde_json::Value;

use crate::{
    assertion::{self, Actual, AssertionError, Mismatch},
    runner::{context::Context, stop::Stop},
    scenario::LogCheck,
    target::Line,
};

/// How many lines that nearly match are shown.
const SHOWN: usize = 5;

pub(super) fn run(run: &mut Context, check: &LogCheck) -> Result<(), Stop> {
    run.checks += 1;
    let lines = run.site.server(&check.server)?.log().since(0);
    let mut count = 0;
    let mut level_lines = Vec::new();
    for line in &lines {
        if !level_matches(run, check, line)? {
            continue;
        }
        level_lines.push(line.text.clone());
        if rest_matches(run, check, line)? {
            count += 1;
        }
    }
    let wanted = match check.times {
        None if count > 0 => return Ok(()),
        Some(times) if count == times => return Ok(()),
        None => "at least one such line".to_owned(),
        Some(times) => format!("{times} such lines"),
    };
    let last: Vec<String> = level_lines.iter().rev().take(SHOWN).rev().cloned().collect();
    let shown = if last.is_empty() {
        format!("{count} of {} lines", lines.len())
    } else {
        format!(
            "{count} of {} lines; the last of them:\n{}",
            lines.len(),
            last.join("\n")
        )
    };
    let message = if count == 0 {
        "no such line in the log"
    } else {
        "another number of such lines in the log"
    };
    Err(Mismatch::new(message, wanted, shown).into())
}

fn field<'line>(line: &'line Line, names: &[&str]) -> Option<&'line Value> {
    let fields = line.fields.as_ref()?;
    names.iter().find_map(|name| fields.get(name))
}

fn level_matches(run: &Context, check: &LogCheck, line: &Line) -> Result<bool, Stop> {
    let Some(level) = &check.level else {
        return Ok(true);
    };
    let level = run.scope.text(level)?;
    Ok(field(line, &["level"])
        .and_then(Value::as_str)
        .is_some_and(|found| found.eq_ignore_ascii_case(&level)))
}

fn rest_matches(run: &Context, check: &LogCheck, line: &Line) -> Result<bool, Stop> {
    if let Some(matcher) = &check.message {
        // A line that is not JSON is its own message.
        let message = match &line.fields {
            Some(_) => Actual::text(
                field(line, &["message", "msg"])
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            ),
            None => Actual::text(Some(line.text.clone())),
        };
        if !holds(assertion::check(matcher, &message, &run.scope))? {
            return Ok(false);
        }
    }
    for (name, matcher) in &check.fields {
        let value = field(line, &[name]).cloned().map_or(Actual::Absent, Actual::Json);
        if !holds(assertion::check(matcher, &value, &run.scope))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn holds(result: Result<(), AssertionError>) -> Result<bool, Stop> {
    match result {
        Ok(()) => Ok(true),
        Err(AssertionError::Mismatch(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
