//! Whether a run can be trusted: known failures with an end, verdicts that change, parts that come together.

use std::{fs, process::Output};

use serde_json::Value;

use super::{
    interactions::{has_python, project},
    plimsoll, repository, run_in as run,
};

#[test]
fn every_broken_expectations_file_is_refused_with_status_2() {
    insta::glob!(repository().join("fixtures/broken/expectations"), "*.toml", |file| {
        let shown = file.strip_prefix(repository()).unwrap();
        let output = plimsoll().args(["run", "--expectations"]).arg(shown).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
    });
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_known_failure_passes_the_run_and_what_passes_against_expectation_does_not() {
    if !has_python() {
        return;
    }
    let project = project();
    let expect = |when: &str| {
        format!(
            "[[expect]]\nscenario = \"tag-moves\"\nwhen = \"{when}\"\nsays = \"is not there\"\nreason = \"the cache is stale\"\n\
             issue = \"https://example.org/issues/7\"\nuntil = 2999-12-31\n"
        )
    };
    let file = project.path().join("expectations.toml");
    let arguments = [
        "run",
        "tag-moves",
        "--extensions",
        "cache,dedupe",
        "--expectations",
        "expectations.toml",
    ];
    fs::write(&file, expect("cache and dedupe")).unwrap();
    let output = run(project.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("1 known failure"), "{}", said(&output));
    assert!(said(&output).contains("the cache is stale (https://example.org/issues/7, until 2999-12-31)"));

    // Elsewhere it passes: then the entry is wrong.
    fs::write(&file, expect("cache and not dedupe")).unwrap();
    let passing = [
        "run",
        "tag-moves",
        "--extensions",
        "cache",
        "--expectations",
        "expectations.toml",
    ];
    let output = run(project.path(), &passing);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("PASSES") && said(&output).contains("remove it"),
        "{}",
        said(&output)
    );

    // The last run was red; what was red is run again, with the same seed, and nothing else.
    let output = run(project.path(), &["rerun"]);
    assert!(
        said(&output).contains("1 combination × 1 scenario"),
        "{}",
        said(&output)
    );
}

#[test]
fn parts_that_are_merged_are_the_report_of_the_whole() {
    if !has_python() {
        return;
    }
    let project = project();
    let combinations = [
        "--extensions",
        "none",
        "--extensions",
        "cache,dedupe,quota",
        "--seed",
        "7",
    ];
    let whole = ["run", "--report", "json=whole.json"];
    run(project.path(), &[&whole[..], &combinations[..]].concat());
    let mut merge = vec!["merge".to_owned()];
    for part in 1..=2 {
        let shard = format!("{part}/2");
        let part_of = ["run", "--shard", &shard];
        run(project.path(), &[&part_of[..], &combinations[..]].concat());
        let kept = project.path().join(format!("part-{part}.jsonl"));
        fs::rename(project.path().join("target/plimsoll/events.jsonl"), &kept).unwrap();
        merge.push(kept.display().to_string());
    }
    merge.extend(
        [
            "--report",
            "json=merged.json",
            "--report",
            "tap=merged.tap",
            "--report",
            "summary=summary.md",
        ]
        .map(str::to_owned),
    );
    let words: Vec<&str> = merge.iter().map(String::as_str).collect();
    let output = run(project.path(), &words);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let report = |name: &str| -> Value {
        let text = fs::read_to_string(project.path().join(name)).unwrap();
        let mut report = serde_json::from_str(&text).unwrap();
        without_moments(&mut report);
        report
    };
    let (whole, merged) = (report("whole.json"), report("merged.json"));
    assert!(whole == merged, "{whole:#}\n{merged:#}");
    assert_eq!(whole["totals"]["runs"], 6);
    let tap = fs::read_to_string(project.path().join("merged.tap")).unwrap();
    assert!(
        tap.starts_with("TAP version 14\n1..6\n") && tap.contains("not ok"),
        "{tap}"
    );
    let summary = fs::read_to_string(project.path().join("summary.md")).unwrap();
    assert!(summary.contains("| cache+dedupe+quota | ▣ 1/3 |"), "{summary}");

    // What no part has is missed.
    fs::write(
        project.path().join("census.toml"),
        "combinations = 2\n\n[groups.general]\nscenarios = 3\nruns = 7\nchecks = 1\n",
    )
    .unwrap();
    let output = run(
        project.path(),
        &["merge", "part-1.jsonl", "part-2.jsonl", "--census", "census.toml"],
    );
    assert!(
        said(&output).contains("CENSUS  general: 6 runs, and 7 are committed"),
        "{}",
        said(&output)
    );

    // A part of another run is refused.
    run(
        project.path(),
        &["run", "tag-moves", "--extensions", "none", "--seed", "8"],
    );
    let output = run(
        project.path(),
        &["merge", "part-1.jsonl", "target/plimsoll/events.jsonl"],
    );
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("another seed"), "{}", said(&output));
}

/// Takes out what no two runs have in common: times, sizes of builds, and ports.
fn without_moments(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let moments = [
                "duration_ms",
                "builds_ms",
                "time",
                "build",
                "curl",
                "response",
                "log",
                "begin_us",
                "took_us",
                "at_ms",
            ];
            for key in moments {
                fields.remove(key);
            }
            fields.values_mut().for_each(without_moments);
        }
        Value::Array(items) => items.iter_mut().for_each(without_moments),
        _ => {}
    }
}

#[test]
fn a_run_that_checks_less_than_was_committed_is_red() {
    if !has_python() {
        return;
    }
    let project = project();
    let file = project.path().join("plimsoll.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replacen("scenarios = ", "census = \"census.toml\"\nscenarios = ", 1),
    )
    .unwrap();
    let all = ["run", "--among", "audit,events", "--seed", "1"];
    let without = run(project.path(), &all);
    assert_eq!(without.status.code(), Some(2), "{}", said(&without));
    assert!(said(&without).contains("--update-census"), "{}", said(&without));

    let update = run(project.path(), &[&all[..], &["--update-census"]].concat());
    assert_eq!(update.status.code(), Some(0), "{}", said(&update));
    let census = fs::read_to_string(project.path().join("census.toml")).unwrap();
    assert!(
        census.contains("combinations = 4") && census.contains("scenarios = 3"),
        "{census}"
    );
    let same = run(project.path(), &all);
    assert_eq!(same.status.code(), Some(0), "{}", said(&same));

    // A scenario that is gone is missed, unless somebody asks for some scenarios only.
    fs::remove_file(project.path().join("scenarios/tag-moves.yaml")).unwrap();
    let reports = [
        "--report",
        "junit=junit.xml",
        "--report",
        "tap=report.tap",
        "--report",
        "html=report.html",
    ];
    let fewer = run(project.path(), &[&all[..], &reports].concat());
    assert_eq!(fewer.status.code(), Some(1), "{}", said(&fewer));
    assert!(
        said(&fewer).contains("CENSUS  general: 2 scenarios, and 3 are committed"),
        "{}",
        said(&fewer)
    );
    let written = |name: &str| fs::read_to_string(project.path().join(name)).unwrap();
    assert!(written("junit.xml").contains("<testsuite name=\"census\""));
    assert!(written("report.tap").contains("census: scenarios of general"));
    assert!(written("report.html").contains("general: 2 scenarios, and 3 are committed"));
    let one_alone = run(project.path(), &[&all[..], &["blob-is-served"]].concat());
    assert_eq!(one_alone.status.code(), Some(0), "{}", said(&one_alone));
}

#[test]
fn a_run_that_takes_longer_than_it_may_is_partial_and_no_success() {
    if !has_python() {
        return;
    }
    let project = project();
    let waits = "scenario: it waits\neach:\n  - { n: 1 }\n  - { n: 2 }\nsteps:\n  - eventually:\n      get: /v2/{{ n }}\n      \
                 expect: { status: 200 }\n    within: 60 s\n";
    fs::write(project.path().join("scenarios/waits.yaml"), waits).unwrap();
    let limited = run(
        project.path(),
        &[
            "run",
            "waits",
            "--extensions",
            "none",
            "--jobs",
            "1",
            "--time-limit",
            "500ms",
            "--report",
            "json=report.json",
        ],
    );
    assert_eq!(limited.status.code(), Some(3), "{}", said(&limited));
    assert!(
        said(&limited).contains("partial: 2 of 2 runs were not reached"),
        "{}",
        said(&limited)
    );
    let report = fs::read_to_string(project.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(
        (&report["partial"], &report["passed"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
}
