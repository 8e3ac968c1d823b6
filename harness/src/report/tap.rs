//! TAP, version 14: a line for each run of a scenario, with what is known of why it is red.

use std::fmt::Write as _;

use super::{Report, failure, not_run};
use crate::runner::{ScenarioFinished, Verdict};

/// The document.
pub(super) fn render(report: &Report) -> String {
    let builds: Vec<_> = report
        .combinations
        .iter()
        .filter(|one| one.build_error().is_some())
        .collect();
    let differences = report.differences();
    let count = report.runs().count() + builds.len() + differences.len() + report.shortfalls.len();
    let mut text = format!("TAP version 14\n1..{count}\n");
    let mut number = 0;
    let mut line = |name: &str, ok: bool, directive: &str, message: &str| {
        number += 1;
        let not = if ok { "" } else { "not " };
        let _ = writeln!(text, "{not}ok {number} - {}{directive}", plain(name));
        if !message.is_empty() {
            let quoted = serde_json::Value::from(message);
            let _ = writeln!(text, "  ---\n  message: {quoted}\n  ...");
        }
    };
    for build in builds {
        line(
            &format!("{}: build", build.name),
            false,
            "",
            build.build_error().unwrap_or_default(),
        );
    }
    for run in report.runs() {
        let name = format!("{}: {}", run.combination, failure::name(run));
        line(
            &name,
            !run.verdict.is_red() && run.verdict != Verdict::KnownFailure,
            &directive(run),
            &message(run),
        );
    }
    for difference in differences {
        let name = format!(
            "{}: {} differs",
            difference.combinations.join(", "),
            difference.run.scenario
        );
        line(&name, false, "", &difference.message());
    }
    for one in &report.shortfalls {
        let message = format!("{} {}, and {} are committed", one.now, one.what, one.committed);
        line(&format!("census: {} of {}", one.what, one.group), false, "", &message);
    }
    if let Some(partial) = report.partial() {
        let _ = writeln!(text, "Bail out! {partial}");
    }
    text
}

fn directive(run: &ScenarioFinished) -> String {
    let reason = plain(run.reason.as_deref().unwrap_or_default());
    match run.verdict {
        Verdict::KnownFailure => format!(" # TODO {reason}"),
        verdict if verdict > Verdict::Error => format!(" # SKIP {}: {reason}", not_run::word(verdict)),
        _ => String::new(),
    }
}

fn message(run: &ScenarioFinished) -> String {
    if run.verdict.is_red() {
        failure::describe(run)
    } else {
        String::new()
    }
}

/// On one line, without what TAP reads as a directive.
fn plain(text: &str) -> String {
    text.replace('\n', " ").replace('#', "\\#")
}
