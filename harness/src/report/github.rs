//! GitHub Actions: annotations at the lines of what is red, and a summary of the job.

use std::fmt::Write as _;

use super::{Report, failure, text};

/// An annotation for each failure and difference, as commands of a workflow.
pub(super) fn annotations(report: &Report) -> String {
    let mut lines = String::new();
    for combination in &report.combinations {
        if let Some(error) = combination.build_error() {
            let title = format!("{} does not build", combination.name);
            let _ = writeln!(lines, "::error title={}::{}", property(&title), data(error));
        }
    }
    for group in report.failures() {
        let run = &group.run;
        let place = run.failure.as_ref().map_or_else(String::new, |failure| {
            format!(",line={},col={}", failure.line, failure.column)
        });
        let message = run
            .failure
            .as_ref()
            .map_or(run.reason.as_deref(), |failure| Some(failure.message.as_str()));
        let mut told = format!("{}: {}", text::some(&group.combinations), message.unwrap_or_default());
        if let Some(responsible) = &group.responsible {
            let _ = write!(told, "\nresponsible: {responsible}");
        }
        let (file, title) = (property(&run.path), property(&failure::title(run)));
        let _ = writeln!(lines, "::error file={file}{place},title={title}::{}", data(&told));
    }
    for difference in report.differences() {
        let line = difference
            .first
            .as_ref()
            .map_or_else(String::new, |first| format!(",line={}", first.line));
        let told = format!("{}: {}", text::some(&difference.combinations), difference.message());
        let (file, title) = (
            property(&difference.run.path),
            property(&failure::title(&difference.run)),
        );
        let _ = writeln!(lines, "::error file={file}{line},title={title}::{}", data(&told));
    }
    lines
}

/// The heat map and the failures, as Markdown.
pub(super) fn summary(report: &Report) -> String {
    let groups = report.groups();
    let target = report.run.as_ref().map_or("plimsoll", |run| run.target.as_str());
    let mut page = format!("## {}\n\n| built with |", cell(target));
    for group in &groups {
        let _ = write!(page, " {} |", cell(group));
    }
    let _ = write!(page, "\n|---|{}\n", "---|".repeat(groups.len()));
    for combination in &report.combinations {
        let _ = write!(page, "| {} |", cell(&combination.name));
        for group in &groups {
            let label = match combination.build_error() {
                Some(_) => "✗ not built".to_owned(),
                None => combination.cell(group).label(),
            };
            let _ = write!(page, " {label} |");
        }
        page.push('\n');
    }
    let failures = report.failures();
    if !failures.is_empty() {
        page.push_str("\n| fails | where | in | responsible |\n|---|---|---|---|\n");
    }
    for group in &failures {
        let responsible = group.responsible.as_ref().map_or_else(String::new, ToString::to_string);
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            cell(&failure::title(&group.run)),
            cell(&group.place()),
            cell(&text::some(&group.combinations)),
            cell(&responsible)
        );
    }
    let differences = report.differences();
    if !differences.is_empty() {
        page.push_str("\n| differs | where | in | responsible |\n|---|---|---|---|\n");
    }
    for difference in &differences {
        let responsible = difference
            .responsible
            .as_ref()
            .map_or_else(String::new, ToString::to_string);
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            cell(&failure::title(&difference.run)),
            cell(&difference.place()),
            cell(&text::some(&difference.combinations)),
            cell(&responsible)
        );
    }
    page
}

/// In a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}

/// As the message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
