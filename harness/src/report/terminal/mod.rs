//! The report that people read where they started the run.

mod failures;
mod heat_map;
mod not_run;
mod style;

use std::io::{self, Write};

use super::{Report, text};
use crate::{exit::Exit, runner::Verdict};
use style::{BOLD, DIM, GREEN, RED};

/// Writes `report` with colours; a stream that has none takes them out.
///
/// # Errors
/// The stream cannot be written.
pub fn write(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    headline(report, to)?;
    heat_map::write(report, to)?;
    failures::write(report, to)?;
    not_run::write(report, to)?;
    result(report, to)
}

fn headline(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    let (target, scenarios, seed) = report
        .run
        .as_ref()
        .map_or(("", 0, 0), |run| (run.target.as_str(), run.scenarios, run.seed));
    let combinations = text::plural(report.combinations.len() as u64, "combination");
    let scenarios = text::plural(scenarios as u64, "scenario");
    let checks = text::plural(report.checks(), "check");
    write!(to, "\n  {BOLD}{target}{BOLD:#}  {combinations} × {scenarios}, {checks}")?;
    if let (Some(all), Some(builds)) = (report.duration_ms, report.builds_ms) {
        let runs = text::duration(all.saturating_sub(builds));
        write!(
            to,
            "   {DIM}builds {}   runs {runs}   seed {seed}{DIM:#}",
            text::duration(builds)
        )?;
    }
    writeln!(to, "\n")
}

fn result(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    let runs = report.runs().count() as u64;
    let red = report.count(Verdict::Fail) + report.count(Verdict::Error);
    let unbuilt = report
        .combinations
        .iter()
        .filter(|one| one.build_error().is_some())
        .count() as u64;
    let passed = text::count(report.count(Verdict::Pass) as u64);
    let mut parts = Vec::new();
    if unbuilt > 0 {
        parts.push(format!("{} could not be built", text::plural(unbuilt, "combination")));
    }
    if red > 0 {
        let entries = text::plural(report.failures().len() as u64, "failure");
        parts.push(format!(
            "{} of {} fail ({entries})",
            text::count(red as u64),
            text::plural(runs, "run")
        ));
    }
    let official = report.combinations.iter().flat_map(|one| &one.official);
    let official = official
        .filter(|one| one.error.is_some() || !one.failed.is_empty())
        .count() as u64;
    if official > 0 {
        parts.push(format!("the official suite fails {}", times(official)));
    }
    if parts.is_empty() && report.exit() == Exit::Passed {
        return writeln!(to, "  {GREEN}{passed} of {} pass{GREEN:#}", text::plural(runs, "run"));
    }
    writeln!(to, "  {RED}{}{RED:#}   {passed} pass", parts.join(", "))
}

fn times(number: u64) -> String {
    if number == 1 {
        "once".to_owned()
    } else {
        format!("{} times", text::count(number))
    }
}
