//! GitHub Actions: annotations at the lines of what is red, and a summary of the job.

use std::fmt::Write as _;

use super::{Report, failure, text};
use crate::{exit::Exit, runner::Verdict};

/// An annotation for each failure and difference, as commands of a workflow.
pub(super) fn annotations(report: &Report) -> String {
    let mut lines = String::new();
    for combination in &report.combinations {
        if let Some(error) = combination.build_error() {
            let title = format!("{} does not build", combination.name);
            let _ = writeln!(lines, "::error title={}::{}", property(&title), data(error));
        }
    }
    for official in report.combinations.iter().flat_map(|combination| &combination.official) {
        let title = format!("the official suite, OCI {}, on {}", official.spec, official.combination);
        let failed = (!official.failed.is_empty()).then(|| official.failed.join(", "));
        if let Some(told) = official.error.clone().or(failed) {
            let _ = writeln!(lines, "::error title={}::{}", property(&title), data(&told));
        }
    }
    for one in &report.shortfalls {
        let told = format!(
            "{}: {} {}, and {} are committed",
            one.group, one.now, one.what, one.committed
        );
        let _ = writeln!(
            lines,
            "::error title=less is checked than the census says::{}",
            data(&told)
        );
    }
    if let Some(partial) = report.partial() {
        let _ = writeln!(lines, "::error title=the run is partial::{}", data(&partial));
    }
    for (level, group) in report
        .failures()
        .into_iter()
        .map(|group| ("error", group))
        .chain(report.warnings().into_iter().map(|group| ("warning", group)))
    {
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
        let _ = writeln!(lines, "::{level} file={file}{place},title={title}::{}", data(&told));
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
    let mut page = format!("## {}\n\n{}\n\n| built with |", cell(target), headline(report));
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

/// What it came to, in a line.
fn headline(report: &Report) -> String {
    let runs = text::plural(report.runs().count() as u64, "run");
    let red = report.runs().filter(|run| run.verdict.is_red()).count() as u64;
    let sign = if report.exit() == Exit::Passed { "✓" } else { "✗" };
    let mut words = vec![format!("{sign} **{} of {runs} red**", text::count(red))];
    words.push(text::plural(report.combinations.len() as u64, "combination"));
    words.push(text::plural(report.checks(), "check"));
    let known = report.count(Verdict::KnownFailure) as u64;
    words.extend((known > 0).then(|| text::plural(known, "known failure")));
    words.extend(report.partial().map(|partial| format!("partial: {partial}")));
    words.extend(report.run.as_ref().map(|run| format!("seed {}", run.seed)));
    words.extend(
        report
            .trend
            .as_ref()
            .map(|trend| format!("since {}: {}", trend.since, trend.summary())),
    );
    for one in &report.shortfalls {
        words.push(format!("{}: {} {} of {}", one.group, one.now, one.what, one.committed));
    }
    words.join(" · ")
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
