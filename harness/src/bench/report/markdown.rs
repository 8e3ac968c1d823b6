//! The results as a part of a page.

use std::fmt::Write as _;

use super::{
    super::Bench,
    view::{COLUMNS, about, clients, met, rows},
};

/// All of it.
pub(super) fn render(bench: &Bench) -> String {
    let mut text = format!("Measured {}.\n", about(bench));
    if let (met, all @ 1..) = met(bench) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{met} of {all} aims are met.");
    }
    for stage in &bench.stages {
        let _ = writeln!(text, "\n### {}\n\n{}\n", capital(&stage.name), stage.about);
        let _ = writeln!(text, "| | {} |", COLUMNS.join(" | "));
        let _ = writeln!(text, "|---|{}", "--:|".repeat(COLUMNS.len()));
        for workload in &stage.workloads {
            let _ = writeln!(
                text,
                "| **{}**, {} |{}",
                workload.name,
                clients(workload),
                " |".repeat(COLUMNS.len())
            );
            for row in rows(workload) {
                let mut cells = row.cells;
                if let Some(reason) = row.failure {
                    cells = vec![format!("– {reason}")];
                }
                cells.resize(COLUMNS.len(), String::new());
                let _ = writeln!(text, "| {} | {} |", row.label, cells.join(" | "));
            }
        }
        let aims = stage
            .workloads
            .iter()
            .flat_map(|workload| workload.aims.iter().map(move |aim| (workload, aim)));
        for (place, (workload, aim)) in aims.enumerate() {
            let before = if place == 0 { "\n" } else { "" };
            let sign = if aim.is_met { "met" } else { "**not met**" };
            let _ = writeln!(
                text,
                "{before}- {sign}: {}, {}: {}",
                workload.name, aim.subject, aim.says
            );
        }
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
