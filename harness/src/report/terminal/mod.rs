//! The report that people read where they started the run.

mod census;
mod failures;
mod heat_map;
mod not_run;
mod statements;
mod style;
mod trend;

use std::io::{self, Write};

use super::{Report, text};
use crate::runner::Verdict;
use style::{BOLD, DIM, GREEN, RED, YELLOW};

/// Writes `report` with colours; a stream that has none takes them out.
///
/// # Errors
/// The stream cannot be written.
pub fn write(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    headline(report, to)?;
    heat_map::write(report, to)?;
    pairs(report, to)?;
    statements::write(report, to)?;
    failures::write(report, to)?;
    not_run::write(report, to)?;
    census::write(report, to)?;
    trend::write(report, to)?;
    result(report, to)
}

fn headline(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    let (target, scenarios, seed) = report
        .run
        .as_ref()
        .map_or(("", 0, 0), |run| (run.target.as_str(), run.scenarios, run.seed));
    let combinations = text::plural(report.combinations.len() as u64, "combination");
    write!(to, "\n  {BOLD}{target}{BOLD:#}  {combinations}")?;
    if scenarios > 0 {
        let scenarios = text::plural(scenarios as u64, "scenario");
        let checks = text::plural(report.checks(), "check");
        let requests = text::plural(report.requests(), "request");
        write!(to, " × {scenarios}, {checks}, {requests}")?;
    }
    if let (Some(all), Some(builds)) = (report.duration_ms, report.builds_ms) {
        let runs = text::duration(all.saturating_sub(builds));
        write!(to, "   {DIM}builds {}   runs {runs}{DIM:#}", text::duration(builds))?;
    }
    if scenarios > 0 {
        write!(to, "   {DIM}seed {seed}{DIM:#}")?;
    }
    writeln!(to)?;
    let coverage = report.run.iter().flat_map(|run| &run.coverage);
    let coverage: Vec<String> = coverage.map(ToString::to_string).collect();
    if report.combinations.len() > 1 && !coverage.is_empty() {
        writeln!(to, "  {DIM}covers {}{DIM:#}", coverage.join(", "))?;
    }
    writeln!(to)
}

/// Who opened what others had written, if anybody did.
fn pairs(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    let pairs = report.pairs();
    if pairs.tried == 0 {
        return Ok(());
    }
    let style = if pairs.red > 0 { RED } else { DIM };
    writeln!(
        to,
        "  {style}written by one build, opened by another: {}{style:#}\n",
        pairs.says()
    )
}

fn result(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    let runs = report.runs().count() as u64;
    let red = report.runs().filter(|run| run.verdict.is_red()).count();
    let unbuilt = report
        .combinations
        .iter()
        .filter(|one| one.build_error().is_some())
        .count() as u64;
    let passed = report.count(Verdict::Pass) as u64;
    let mut bad = Vec::new();
    let mut good = Vec::new();
    if unbuilt > 0 {
        bad.push(format!("{} could not be built", text::plural(unbuilt, "combination")));
    }
    if red > 0 {
        let entries = text::plural(report.failures().len() as u64, "failure");
        bad.push(format!(
            "{} of {} fail ({entries})",
            text::count(red as u64),
            text::plural(runs, "run")
        ));
    }
    let warned = report.count(Verdict::Warn) as u64;
    let differences = report.differences().len() as u64;
    if differences > 0 {
        bad.push(format!("{} among builds", text::plural(differences, "difference")));
    }
    if !report.shortfalls.is_empty() {
        bad.push("less is checked than the census says".to_owned());
    }
    if let Some(partial) = report.partial() {
        bad.push(format!("partial: {partial}"));
    }
    if passed > 0 {
        good.push(format!("{} of {} pass", text::count(passed), text::plural(runs, "run")));
    }
    let official: Vec<_> = report.combinations.iter().flat_map(|one| &one.official).collect();
    let failing = official
        .iter()
        .filter(|one| one.error.is_some() || !one.failed.is_empty())
        .count();
    let of = text::count(official.len() as u64);
    if failing > 0 {
        bad.push(format!(
            "the official suite fails {} of {of} times",
            text::count(failing as u64)
        ));
    } else if !official.is_empty() {
        good.push(format!("the official suite passes {of} of {of} times"));
    }
    if !bad.is_empty() {
        write!(to, "  {RED}{}{RED:#}", bad.join(", "))?;
    }
    if !good.is_empty() {
        write!(to, "  {GREEN}{}{GREEN:#}", good.join(", "))?;
    }
    if warned > 0 {
        write!(
            to,
            "  {YELLOW}{} to what only should or may be{YELLOW:#}",
            text::plural(warned, "exception")
        )?;
    }
    let known = report.count(Verdict::KnownFailure) as u64;
    if known > 0 {
        write!(to, "  {YELLOW}{}{YELLOW:#}", text::plural(known, "known failure"))?;
    }
    if bad.is_empty() && good.is_empty() && warned == 0 && known == 0 {
        write!(to, "  {YELLOW}nothing was run{YELLOW:#}")?;
    }
    writeln!(to)
}
