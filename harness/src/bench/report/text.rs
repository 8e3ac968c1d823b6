//! The results for a terminal.

use std::io::{self, Write};

use super::{
    super::Bench,
    view::{COLUMNS, about, clients, met, rows},
};

/// The widths of the columns.
const WIDTHS: [usize; COLUMNS.len()] = [10, 19, 8, 8, 8, 8, 6, 7];

/// Writes all of it.
///
/// # Errors
/// It cannot be written.
pub fn write_text(bench: &Bench, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {}", about(bench))?;
    for stage in &bench.stages {
        writeln!(out, "\n  {}   {}\n", stage.name, stage.about)?;
        let titles = COLUMNS
            .iter()
            .zip(WIDTHS)
            .map(|(title, width)| format!(" {title:>width$}"));
        writeln!(out, "    {:<34}{}", "", titles.collect::<String>())?;
        for workload in &stage.workloads {
            writeln!(out, "    {}, {}", workload.name, clients(workload))?;
            for row in rows(workload) {
                let cells = row
                    .cells
                    .iter()
                    .zip(WIDTHS)
                    .map(|(cell, width)| format!(" {cell:>width$}"));
                let failure = row
                    .failure
                    .as_deref()
                    .map_or_else(String::new, |reason| format!("  – {reason}"));
                writeln!(out, "      {:<32}{}{failure}", row.label, cells.collect::<String>())?;
            }
            for aim in &workload.aims {
                let sign = if aim.is_met { "■ met    " } else { "✗ not met" };
                writeln!(out, "      {sign}  {}: {}", aim.subject, aim.says)?;
            }
        }
    }
    if let (met, all @ 1..) = met(bench) {
        writeln!(out, "\n  {met} of {all} aims are met")?;
    }
    Ok(())
}
