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
    /// Of all processors, by its process and by the system on its behalf. Nothing, if the process ended before it could say so.
    pub(crate) cpu: Duration,
    /// Whether it failed on one.
    pub(crate) failed: bool,
}

/// The table, the sums below it, and what all of it took. Targets run beside each other, so that their seconds are of the wall's
/// clock each, and more than it in sum.
pub(crate) fn of(rows: &mut [Row], wall: Duration) -> String {
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
    let cpu: Duration = rows.iter().map(|row| row.cpu).sum();
    // Writing to a text cannot fail.
    let _ = writeln!(
        text,
        "\n{:.1} s of CPU time, user and system, which is {:.2} CPU hours, in {:.1} s.",
        cpu.as_secs_f64(),
        cpu.as_secs_f64() / 3600.0,
        wall.as_secs_f64()
    );
    text
}
