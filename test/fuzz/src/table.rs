//! What came of a long run.

use std::{fmt::Write as _, time::Duration};

/// What came of one target.
#[derive(Debug)]
pub(crate) struct Row {
    /// The target.
    pub(crate) target: &'static str,
    /// How many inputs it was given.
    pub(crate) executions: u64,
    /// How long that took.
    pub(crate) took: Duration,
    /// Whether it failed on one.
    pub(crate) failed: bool,
}

/// The table, and the sums below it.
pub(crate) fn of(rows: &mut [Row]) -> String {
    rows.sort_by_key(|row| row.target);
    let mut text = String::from("| target | executions | seconds | findings |\n|---|---:|---:|---:|\n");
    let mut line = |name: &str, executions: u64, took: Duration, findings: usize| {
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "| {name} | {executions} | {:.1} | {findings} |",
            took.as_secs_f64()
        );
    };
    for row in rows.iter() {
        line(row.target, row.executions, row.took, usize::from(row.failed));
    }
    let executions = rows.iter().map(|row| row.executions).sum();
    let took = rows.iter().map(|row| row.took).sum();
    let findings = rows.iter().filter(|row| row.failed).count();
    line(&format!("**{} targets**", rows.len()), executions, took, findings);
    text
}
