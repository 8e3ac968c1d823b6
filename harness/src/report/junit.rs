//! `JUnit` XML: one suite a combination, one case a run of a scenario.

use std::{io, time::Duration};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{CombinationReport, Difference, Report, cell, failure, not_run, text};
use crate::runner::{OfficialFinished, ScenarioFinished, Shortfall, Verdict};

/// The document.
pub(super) fn render(report: &Report) -> io::Result<String> {
    let name = report.run.as_ref().map_or("plimsoll", |run| run.target.as_str());
    let mut document = Document::new(name);
    let run = report.run.as_ref();
    document.add_test_suites(report.combinations.iter().map(|combination| {
        let mut suite = suite(combination);
        if let Some(run) = run {
            suite.add_property(("target", run.target.as_str()));
            suite.add_property(("version", run.version.as_str()));
            suite.add_property(("seed", run.seed.to_string().as_str()));
            suite.add_property(("time", run.time.as_str()));
        }
        if let Some(partial) = report.partial() {
            suite.add_property(("partial", partial.as_str()));
        }
        suite
    }));
    if !report.shortfalls.is_empty() {
        let mut suite = TestSuite::new("census");
        suite.add_test_cases(report.shortfalls.iter().map(shortfall));
        document.add_test_suite(suite);
    }
    let differences = report.differences();
    if !differences.is_empty() {
        let mut suite = TestSuite::new("differences");
        suite.add_test_cases(differences.iter().map(difference));
        document.add_test_suite(suite);
    }
    if let Some(duration) = report.duration_ms {
        document.set_time(Duration::from_millis(duration));
    }
    document.to_string().map_err(io::Error::other)
}

fn suite(combination: &CombinationReport) -> TestSuite {
    let mut suite = TestSuite::new(combination.name.as_str());
    if let Some(error) = combination.build_error() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status
            .set_message("the build failed")
            .set_type("build")
            .set_description(error);
        suite.add_test_case(TestCase::new("build", status));
    }
    suite.add_test_cases(combination.runs.iter().map(case));
    suite.add_test_cases(combination.official.iter().map(official));
    suite
}

fn shortfall(one: &Shortfall) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status
        .set_type("census")
        .set_message(format!("{} {}, and {} are committed", one.now, one.what, one.committed));
    let mut case = TestCase::new(format!("{} of {}", one.what, one.group), status);
    case.set_classname("census");
    case
}

fn difference(difference: &Difference) -> TestCase {
    let combinations = difference.combinations.join(", ");
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type("difference").set_message(format!(
        "{}: {}: {}",
        difference.place(),
        combinations,
        difference.message()
    ));
    let mut lines = vec![format!("usual: {}", difference.usual.join(", "))];
    lines.extend(difference.responsible.iter().map(|one| format!("responsible: {one}")));
    lines.extend(
        difference
            .first
            .iter()
            .map(|first| format!("{}\n{}", first.request, first.answers)),
    );
    status.set_description(lines.join("\n"));
    let mut case = TestCase::new(failure::name(&difference.run), status);
    case.set_classname("differences");
    case
}

fn case(run: &ScenarioFinished) -> TestCase {
    let status = match run.verdict {
        Verdict::Pass | Verdict::Warn => TestCaseStatus::success(),
        Verdict::Fail | Verdict::UnexpectedPass | Verdict::Flaky => red(NonSuccessKind::Failure, run),
        Verdict::Error => red(NonSuccessKind::Error, run),
        verdict => {
            let mut status = TestCaseStatus::skipped();
            let reason = run.reason.as_deref().unwrap_or("no reason was given");
            status
                .set_type(not_run::word(verdict))
                .set_message(format!("{}: {reason}", not_run::word(verdict)));
            status
        }
    };
    let mut case = TestCase::new(failure::name(run), status);
    case.set_classname(format!("{}.{}", run.combination, cell::group(&run.scenario)));
    case.set_time(Duration::from_millis(run.duration_ms));
    if let Ok(checks) = usize::try_from(run.checks) {
        case.set_assertions(checks);
    }
    if run.verdict == Verdict::Warn {
        case.set_system_out(format!(
            "warning, {}: {}",
            run.broken.join(", "),
            failure::describe(run)
        ));
    }
    case.add_property(("file", run.path.as_str()));
    if let Some(failure) = &run.failure {
        case.add_property(("line", failure.line.to_string().as_str()));
        case.add_property(("code", failure.code.as_str()));
        case.add_property(("again", failure.again.as_str()));
    }
    if !run.statements.is_empty() {
        case.add_property(("statements", run.statements.join(" ").as_str()));
    }
    case
}

fn red(kind: NonSuccessKind, run: &ScenarioFinished) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(not_run::word(run.verdict));
    match &run.failure {
        Some(failure) => {
            status.set_message(format!(
                "{}:{}:{}: {}",
                run.path, failure.line, failure.column, failure.message
            ));
            status.set_description(failure::describe(run));
        }
        None => {
            status.set_message(run.reason.as_deref().unwrap_or("it is not known why"));
        }
    }
    status
}

fn official(official: &OfficialFinished) -> TestCase {
    let passed = text::plural(official.passed, "test");
    let status = if let Some(error) = &official.error {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status
            .set_message("the official suite could not be run")
            .set_description(error.as_str());
        status
    } else if official.failed.is_empty() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(format!("{} failed, {passed} passed", official.failed.len()));
        status.set_description(official.failed.join("\n"));
        status
    };
    let mut case = TestCase::new(format!("official suite, OCI {}", official.spec), status);
    case.set_classname(format!("{}.official", official.combination));
    case.set_time(Duration::from_millis(official.duration_ms));
    let mut out = format!(
        "{} at {}: {passed} passed",
        "opencontainers/distribution-spec", official.suite
    );
    if !official.skipped.is_empty() {
        out = format!("{out}; skipped: {}", official.skipped.join(", "));
    }
    case.set_system_out(out);
    case
}
