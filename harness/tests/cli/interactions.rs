//! Faults that only some extensions together have, in a registry that is built by a command: found, and named.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use serde_json::Value;

use super::{plimsoll, repository};

/// Whether the fixture's interpreter is there. CI insists on it.
pub(super) fn has_python() -> bool {
    let found = Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    assert!(
        found || std::env::var_os("PLIMSOLL_REQUIRE_TOOLS").is_none(),
        "there is no python3; ci/install-tools gets it"
    );
    found
}

/// A copy of the fixture: what a run leaves goes with it.
pub(super) fn project() -> tempfile::TempDir {
    copied("fixtures/interactions")
}

/// A copy of a folder of the repository.
pub(super) fn copied(folder: &str) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("there is room for a folder");
    copy(&repository().join(folder), to.path());
    to
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the fixture is there").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            fs::create_dir(&target).expect("the copy is new");
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("the copy is new");
            let mode = fs::metadata(&path).expect("it was just read").permissions().mode();
            fs::set_permissions(&target, fs::Permissions::from_mode(mode)).expect("the copy is ours");
        }
    }
}

/// Runs `arguments` on the fixture; its report as JSON, and what it printed.
fn ran(arguments: &[&str]) -> (Value, String) {
    let project = project();
    let output = plimsoll()
        .args(["run", "--seed", "1", "--report", "json=report.json"])
        .args(arguments)
        .current_dir(project.path())
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report = fs::read_to_string(project.path().join("report.json")).expect("the report was written");
    (serde_json::from_str(&report).expect("it is JSON"), said)
}

/// Each finding: the scenario, the interactions of its only cause, and how many further builds were asked.
fn findings(report: &Value, of: &str) -> Vec<(String, Value, u64)> {
    let found = report[of].as_array().expect("a list");
    let finding = |one: &Value| {
        let causes = &one["responsible"]["causes"];
        assert_eq!(causes.as_array().map(Vec::len), Some(1), "{causes}");
        let scenario = one["run"]["scenario"].as_str().expect("a name").to_owned();
        (
            scenario,
            causes[0].clone(),
            one["localised"]["builds"].as_u64().unwrap_or_default(),
        )
    };
    found.iter().map(finding).collect()
}

fn interaction(present: &[&str], absent: &[&str]) -> Value {
    serde_json::json!([{ "present": present, "absent": absent }])
}

#[test]
fn three_extensions_that_break_each_other_are_named_and_so_are_pairs_and_what_no_assertion_sees() {
    if !has_python() {
        return;
    }
    let (report, said) = ran(&["--combinations", "t=3", "--localise"]);
    let failures = findings(&report, "failures");
    let named: Vec<(&str, &Value)> = failures.iter().map(|(name, cause, _)| (name.as_str(), cause)).collect();
    let expected = [
        ("blob-is-deleted", interaction(&["quota"], &["retention"])),
        ("blob-is-served", interaction(&["compress", "encrypt", "mirror"], &[])),
        ("tag-moves", interaction(&["cache", "dedupe"], &[])),
    ];
    let expected: Vec<(&str, &Value)> = expected.iter().map(|(name, cause)| (*name, cause)).collect();
    assert_eq!(named, expected, "{said}");
    let differences = findings(&report, "differences");
    assert_eq!(differences.len(), 1, "{said}");
    assert_eq!(
        (&*differences[0].0, &differences[0].1),
        ("tag-moves", &interaction(&["search", "sign"], &[]))
    );
    assert!(
        said.contains("responsible    compress, encrypt and mirror in"),
        "{said}"
    );
    assert!(said.contains("+warning: 299"), "{said}");

    // Of 4,096 combinations, so many were built.
    let planned = report["combinations"].as_array().map_or(0, Vec::len);
    let probes = report["probes"].as_array().expect("a list").iter();
    let further: std::collections::BTreeSet<&str> = probes.filter_map(|run| run["combination"].as_str()).collect();
    assert!(planned <= 20 && further.len() <= 12, "{planned} and {}", further.len());
}

#[test]
fn a_pair_is_found_by_a_plan_of_pairs_and_named_with_further_builds() {
    if !has_python() {
        return;
    }
    let (report, said) = ran(&["--combinations", "pairwise", "--localise", "tag-moves"]);
    let failures = findings(&report, "failures");
    let named: Vec<&Value> = failures.iter().map(|(_, cause, _)| cause).collect();
    assert_eq!(named, [&interaction(&["cache", "dedupe"], &[])], "{said}");
    assert!(
        failures.iter().all(|(.., builds)| (1..=12).contains(builds)),
        "{failures:?}"
    );
    assert!(report["combinations"].as_array().is_some_and(|all| all.len() <= 10));
}
