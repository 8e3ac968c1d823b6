//! What the statements of the specification came to, in a few lines.

use std::io::{self, Write};

use super::{
    super::{Report, StatementReport, StatementVerdict},
    style::{DIM, GREEN, RED, YELLOW},
};

/// How many statements are named.
const NAMED: usize = 12;

pub(super) fn write(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    let statements = report.statements();
    let Some(register) = report.register.as_ref().filter(|_| !statements.is_empty()) else {
        return Ok(());
    };
    let count = |verdict| Report::count_statements(&statements, verdict);
    write!(
        to,
        "  {DIM}OCI {}{DIM:#}  {} statements:",
        register.version,
        statements.len()
    )?;
    let mut begin = " ";
    for (verdict, style) in [
        (StatementVerdict::Holds, GREEN),
        (StatementVerdict::Broken, RED),
        (StatementVerdict::Deviates, YELLOW),
        (StatementVerdict::Unsupported, DIM),
        (StatementVerdict::NotRun, DIM),
        (StatementVerdict::Later, DIM),
        (StatementVerdict::NotChecked, DIM),
    ] {
        let count = count(verdict);
        if count > 0 {
            let word = match (verdict, count) {
                (StatementVerdict::Holds, 2..) => "hold",
                (StatementVerdict::Deviates, 2..) => "deviate",
                _ => verdict.word(),
            };
            write!(to, "{begin}{style}{count} {word}{style:#}")?;
            begin = ", ";
        }
    }
    writeln!(to)?;
    for (verdict, style) in [(StatementVerdict::Broken, RED), (StatementVerdict::Deviates, YELLOW)] {
        let those: Vec<&StatementReport> = statements.iter().filter(|one| one.worst() == verdict).collect();
        if !those.is_empty() {
            let more = those.len().saturating_sub(NAMED);
            let mut names: Vec<String> = those.iter().take(NAMED).map(|one| one.statement.id.clone()).collect();
            if more > 0 {
                names.push(format!("and {more} more"));
            }
            writeln!(to, "    {style}{:<9}{style:#} {}", verdict.word(), names.join(", "))?;
        }
    }
    writeln!(to)
}
