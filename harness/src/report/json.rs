//! The model as JSON, with what follows from it: a reader need not count.

use std::io;

use serde::Serialize;

use super::{Cell, Difference, FailureGroup, NotRun, Report, StatementReport, Suspicion};
use crate::runner::Verdict;

/// The number of the document's shape; it grows when a reader could misunderstand.
pub(super) const FORMAT: u32 = 1;

/// What a run came to, with what follows from it. New fields come without a new `format`.
#[derive(Serialize, schemars::JsonSchema)]
struct Document<'a> {
    /// The number of the document's shape: it grows when a reader could misunderstand.
    format: u32,
    /// Whether everything that applies passed.
    passed: bool,
    /// Whether it is not all that the run was to do.
    partial: bool,
    /// How many there were of everything.
    totals: Totals,
    /// What each group of scenarios came to in each combination.
    heat_map: Vec<Line<'a>>,
    /// What failed, what is the same put together.
    failures: Vec<FailureGroup>,
    /// What did not hold and fails nothing.
    warnings: Vec<FailureGroup>,
    /// What builds answered differently without saying so.
    differences: Vec<Difference>,
    /// What differed once, and did not come again.
    suspicions: Vec<Suspicion>,
    /// What was not run, and why.
    not_run: Vec<NotRun>,
    /// What each statement of the specification came to.
    statements: Vec<StatementReport>,
    #[serde(flatten)]
    report: &'a Report,
}

#[derive(Serialize, schemars::JsonSchema)]
struct Totals {
    runs: usize,
    checks: u64,
    requests: u64,
    pass: usize,
    warn: usize,
    known_failure: usize,
    fail: usize,
    unexpected_pass: usize,
    flaky: usize,
    error: usize,
    unsupported: usize,
    precondition_failed: usize,
    excluded: usize,
    not_reached: usize,
}

#[derive(Serialize, schemars::JsonSchema)]
struct Line<'a> {
    combination: &'a str,
    groups: serde_json::Map<String, serde_json::Value>,
}

/// The JSON Schema of the document.
pub(crate) fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Document<'static>);
    schema.insert("title".to_owned(), "A report of plimsoll".into());
    schema.to_value()
}

/// The document.
pub(super) fn render(report: &Report) -> io::Result<String> {
    let groups = report.groups();
    let mut heat_map = Vec::new();
    for combination in &report.combinations {
        let mut line = serde_json::Map::new();
        for group in &groups {
            let cell: Cell = combination.cell(group);
            line.insert(group.clone(), serde_json::to_value(cell)?);
        }
        heat_map.push(Line {
            combination: &combination.name,
            groups: line,
        });
    }
    let document = Document {
        format: FORMAT,
        passed: report.exit() == crate::exit::Exit::Passed,
        partial: report.partial().is_some(),
        totals: Totals {
            runs: report.runs().count(),
            checks: report.checks(),
            requests: report.requests(),
            pass: report.count(Verdict::Pass),
            warn: report.count(Verdict::Warn),
            known_failure: report.count(Verdict::KnownFailure),
            fail: report.count(Verdict::Fail),
            unexpected_pass: report.count(Verdict::UnexpectedPass),
            flaky: report.count(Verdict::Flaky),
            error: report.count(Verdict::Error),
            unsupported: report.count(Verdict::Unsupported),
            precondition_failed: report.count(Verdict::PreconditionFailed),
            excluded: report.count(Verdict::Excluded),
            not_reached: report.count(Verdict::NotReached),
        },
        heat_map,
        failures: report.failures(),
        warnings: report.warnings(),
        differences: report.differences(),
        suspicions: report.suspicions(),
        not_run: report.not_run(),
        statements: report.statements(),
        report,
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}
