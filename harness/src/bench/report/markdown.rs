//! The results as a part of a page.

use std::fmt::Write as _;

use crate::figures::IMAGES;

use super::{
    super::{Bench, plot},
    view::{COLUMNS, about, clients, met, rows},
};

/// The longest bar, in eighths of a character.
const LONGEST: u16 = 8 * 12;

/// All of it.
pub(super) fn render(bench: &Bench) -> String {
    let mut text = format!("Measured {}.\n", about(bench));
    if let (met, all @ 1..) = met(bench) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{met} of {all} aims are met.");
    }
    for stage in &bench.stages {
        let _ = writeln!(text, "\n### {}\n\n{}\n", capital(&stage.name), stage.about);
        if plot::of(stage).is_some() {
            let _ = writeln!(text, "![{}]({IMAGES}/{})\n", stage.name, plot::file_name(stage));
        }
        let _ = writeln!(text, "| | | {} |", COLUMNS.join(" | "));
        let _ = writeln!(text, "|---|---|{}", "--:|".repeat(COLUMNS.len()));
        for workload in &stage.workloads {
            let _ = writeln!(
                text,
                "| **{}**, {} | |{}",
                workload.name,
                clients(workload),
                " |".repeat(COLUMNS.len())
            );
            for row in rows(workload) {
                let bar = row.bar.map_or_else(String::new, |bar| draw(bar.median));
                let mut cells = row.cells;
                if let Some(reason) = row.failure {
                    cells = vec![format!("– {reason}")];
                }
                cells.resize(COLUMNS.len(), String::new());
                let _ = writeln!(text, "| {} | {bar} | {} |", row.label, cells.join(" | "));
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

/// A bar that is `part` of the longest, out of characters, which every reader of Markdown shows.
fn draw(part: f64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let reached = |eighth: &u16| f64::from(*eighth) + 0.5 <= part * f64::from(LONGEST);
    // Never so short that it cannot be seen.
    let eighths = (0..LONGEST).take_while(reached).count().max(1);
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_part_and_always_to_be_seen() {
        assert_eq!(draw(1.0), "█".repeat(12));
        assert_eq!(draw(0.5), "█".repeat(6));
        assert_eq!(draw(0.51), "█".repeat(6) + "▏");
        assert_eq!(draw(0.0), "▏");
    }
}
