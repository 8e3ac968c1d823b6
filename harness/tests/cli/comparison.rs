//! Builds that answer differently are found, and chance is not taken for a difference.

use std::fs;

use serde_json::{Value, json};

use super::{
    interactions::{copied, has_python},
    plimsoll,
};

/// Runs the fixture with these arguments; its exit status, and its report as JSON and as text.
fn ran(arguments: &[&str]) -> (Option<i32>, Value, String) {
    let project = copied("fixtures/comparison");
    let output = plimsoll()
        .args(["run", "--report", "json=report.json"])
        .args(arguments)
        .current_dir(project.path())
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let report = fs::read_to_string(project.path().join("report.json")).expect("the report was written");
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    // Whatever was answered differently was asked again, until that was settled.
    assert_eq!(report["suspicions"], json!([]), "{said}");
    (output.status.code(), report, said)
}

/// The scenario is found to differ by `extension` alone, and by the step on `line`.
fn is_found(scenario: &str, extension: &str, line: u64) {
    let (status, report, said) = ran(&[scenario, "--among", "warning,mood"]);
    assert_eq!(status, Some(1), "{said}");
    let differences = report["differences"].as_array().expect("a list");
    let first: Vec<&Value> = differences.iter().map(|one| &one["first"]["line"]).collect();
    assert!(!first.is_empty() && first.iter().all(|first| **first == line), "{said}");
    for difference in differences {
        let causes = &difference["responsible"]["causes"];
        assert_eq!(*causes, json!([[{ "present": [extension], "absent": [] }]]), "{said}");
        assert_eq!(difference["repetitions"], 10, "{said}");
    }
    assert!(said.contains("in all of 10 repetitions"), "{said}");
}

/// The builds answered the scenario differently, were asked again, and chance is known to have done it.
fn is_chance(scenario: &str) {
    let (status, report, said) = ran(&[scenario, "--among", "warning,mood"]);
    assert_eq!(status, Some(0), "{said}");
    let compared = report["compared"].as_array().expect("a list");
    assert!(!compared.is_empty(), "{said}");
    assert!(compared.iter().all(|one| one["apart"].is_null()), "{compared:?}");
}

#[test]
fn a_build_that_answers_otherwise_each_time_is_found() {
    if has_python() {
        is_found("warning", "warning", 3);
    }
}

#[test]
fn a_build_that_answers_otherwise_in_several_ways_is_found() {
    if has_python() {
        is_found("mood", "mood", 3);
    }
}

#[test]
fn what_differs_is_found_beside_what_chance_decides() {
    if has_python() {
        is_found("beside-chance", "warning", 7);
    }
}

#[test]
fn a_coin_that_all_builds_throw_is_no_difference() {
    if has_python() {
        is_chance("coin");
    }
}

#[test]
fn answers_that_never_come_twice_are_no_difference() {
    if has_python() {
        is_chance("new");
    }
}

#[test]
fn a_difference_is_run_again_with_what_it_differs_from() {
    if !has_python() {
        return;
    }
    let project = copied("fixtures/comparison");
    for arguments in [&["run", "--among", "warning", "warning"][..], &["rerun"]] {
        let output = plimsoll()
            .args(arguments)
            .current_dir(project.path())
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("1 difference among builds  2 of 2 runs pass"), "{said}");
    }
}

#[test]
fn what_fails_when_it_is_run_again_is_flaky() {
    if !has_python() {
        return;
    }
    let (status, report, said) = ran(&["worn", "--extensions", "none", "--extensions", "worn"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("FLAKY  worn"), "{said}");
    let run = &report["failures"][0]["run"];
    assert_eq!(
        run["reason"], "1 of 2 runs failed: it was run again to compare it",
        "{said}"
    );
    assert_eq!(report["differences"], json!([]), "{said}");
}
