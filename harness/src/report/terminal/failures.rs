//! Each failure with what a person needs to find out why.

use std::io::{self, Write};

use super::{
    super::{Difference, FailureGroup, Report, failure, text},
    style::{BOLD, DIM, RED, YELLOW},
};
use crate::runner::Failure;

/// How many lines of the server's log are shown.
const LOG_LINES: usize = 12;

pub(super) fn write(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    for combination in &report.combinations {
        if let Some(error) = combination.build_error() {
            writeln!(to, "  {RED}BUILD{RED:#}  {BOLD}{}{BOLD:#}\n", combination.name)?;
            block("    ", error, to)?;
            writeln!(to)?;
        }
    }
    for group in report.failures() {
        self::group(&group, to)?;
    }
    for group in report.warnings() {
        self::group(&group, to)?;
    }
    for difference in report.differences() {
        self::difference(&difference, to)?;
    }
    for official in report.combinations.iter().flat_map(|combination| &combination.official) {
        let name = format!("{}  the official suite, OCI {}", official.combination, official.spec);
        if let Some(error) = &official.error {
            writeln!(to, "  {RED}ERROR{RED:#}  {BOLD}{name}{BOLD:#}\n")?;
            block("    ", error, to)?;
            writeln!(to)?;
        } else if !official.failed.is_empty() {
            writeln!(to, "  {RED}FAIL{RED:#}  {BOLD}{name}{BOLD:#}\n")?;
            block("    ", &official.failed.join("\n"), to)?;
            writeln!(to)?;
        }
    }
    Ok(())
}

fn group(group: &FailureGroup, to: &mut dyn Write) -> io::Result<()> {
    let run = &group.run;
    let combinations = if group.others.is_empty() && group.combinations.len() > 1 {
        format!("all {} combinations that run it", group.combinations.len())
    } else {
        text::some(&group.combinations)
    };
    let title = failure::title(run);
    let colour = if run.verdict.is_red() { RED } else { YELLOW };
    let took = text::duration(run.duration_ms);
    writeln!(
        to,
        "  {colour}{}{colour:#}  {combinations}  {BOLD}{title}{BOLD:#}   {DIM}{took}{DIM:#}\n",
        group.word()
    )?;
    let code = run.failure.as_ref().map_or("", |failure| failure.code.as_str());
    writeln!(to, "{}", format!("    {}  {code}", group.place()).trim_end())?;
    match &run.failure {
        Some(failure) => self::failure(failure, to)?,
        None => block("      ", run.reason.as_deref().unwrap_or("it is not known why"), to)?,
    }
    if let (Some(_), Some(reason)) = (&run.failure, &run.reason) {
        field("verdict", reason, to)?;
    }
    if let Some(responsible) = failure::responsible(group.responsible.as_ref(), group.localised.as_ref()) {
        field("responsible", &responsible, to)?;
    }
    if let Some(neighbour) = &group.neighbour {
        let beside = format!("passes in {}, fails in {}", neighbour.passes, neighbour.fails);
        field("nearest", &beside, to)?;
        if let Some(first) = &neighbour.first {
            field("first differs", &format!("{}\n{}", first.request, first.answers), to)?;
        }
    }
    if !group.others.is_empty() {
        field("passes in", &text::some(&group.others), to)?;
    }
    if !run.broken.is_empty() {
        field("broken", &run.broken.join(", "), to)?;
    }
    if let Some(failure) = &run.failure {
        field("again", &failure.again, to)?;
        field("as script", failure.script.as_deref().unwrap_or_default(), to)?;
        if !failure.code.is_empty() {
            field("more", &format!("plimsoll explain {}", failure.code), to)?;
        }
    }
    writeln!(to)
}

/// What some builds answer otherwise than the others.
fn difference(difference: &Difference, to: &mut dyn Write) -> io::Result<()> {
    let title = failure::title(&difference.run);
    let combinations = text::some(&difference.combinations);
    writeln!(to, "  {RED}DIFFERS{RED:#}  {combinations}  {BOLD}{title}{BOLD:#}\n")?;
    writeln!(to, "    {}", difference.place())?;
    match &difference.first {
        Some(first) => {
            writeln!(to, "\n    {RED}{}{RED:#}\n", difference.message())?;
            field("asked", &first.request, to)?;
            field("answer", &first.answers, to)?;
        }
        None => writeln!(to, "\n    {RED}{}{RED:#}\n", difference.message())?,
    }
    if let Some(responsible) = failure::responsible(difference.responsible.as_ref(), difference.localised.as_ref()) {
        field("responsible", &responsible, to)?;
    }
    field("as usual in", &text::some(&difference.usual), to)?;
    field("if it is right", &difference.remedy(), to)?;
    writeln!(to)
}

fn failure(failure: &Failure, to: &mut dyn Write) -> io::Result<()> {
    block("    ", failure.excerpt.trim_end(), to)?;
    writeln!(to, "\n    {RED}{}{RED:#}\n", failure.message)?;
    for (name, value) in [
        ("expected", &failure.expected),
        ("actual", &failure.actual),
        ("note", &failure.note),
        ("looks", &failure::looks(failure)),
        ("as curl", &failure.curl),
        ("answer", &failure.response),
    ] {
        if let Some(value) = value {
            field(name, value, to)?;
        }
    }
    let skipped = failure.log.len().saturating_sub(LOG_LINES);
    if !failure.log.is_empty() {
        let mut log = failure.log[skipped..].join("\n");
        if skipped > 0 {
            log.insert_str(0, &format!("… {skipped} earlier lines of this step\n"));
        }
        field("server log", &log, to)?;
    }
    Ok(())
}

/// A name, and its value, which may have several lines.
fn field(name: &str, value: &str, to: &mut dyn Write) -> io::Result<()> {
    for (number, line) in value.trim_end().lines().enumerate() {
        let name = if number == 0 { name } else { "" };
        let line = line.trim_end();
        if line.is_empty() {
            writeln!(to)?;
        } else {
            writeln!(to, "    {DIM}{name:<14}{DIM:#} {line}")?;
        }
    }
    Ok(())
}

fn block(indent: &str, text: &str, to: &mut dyn Write) -> io::Result<()> {
    for line in text.lines() {
        writeln!(to, "{}", format!("{indent}{line}").trim_end())?;
    }
    Ok(())
}
