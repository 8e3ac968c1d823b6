//! What authors write for the harness, and what it reads again of its own.

use std::{fs, path::Path};

use plimsoll::{
    assertion,
    bench::Plan,
    combination::Expression,
    mutation::Declarations,
    project,
    report::{Baseline, Census, read_events},
    runner::{BuildFinished, Event, RunStarted},
    scenario::{self, Vocabulary, unit},
};
use serde_json::json;
use tempfile::TempDir;

use crate::{seeds, target::Target};

const EXPECTATIONS: &str = "[[expect]]
scenario = \"a/b\"
row = \"x=1\"
when = \"a and not b\"
says = \"the status differs\"
reason = \"it is known\"
issue = \"https://example.org/1\"
until = 2099-03-01
";
const CENSUS: &str = "combinations = 32\n[groups.conformance]\nscenarios = 10\nruns = 100\nchecks = 1000\n";

pub(super) fn targets() -> Vec<Target> {
    vec![
        Target::text("harness/scenario", seeds::files("scenarios", ".yaml", 12), |text| {
            let parsed = scenario::parse("fuzz", Path::new("fuzz.yaml"), text, &Vocabulary::default());
            if let Err(error) = parsed {
                told(&error);
            }
        }),
        Target::text("harness/project", seeds::files(".", "plimsoll.toml", 1), |text| {
            if let Err(error) = project::parse(text, Path::new("plimsoll.toml"), Path::new("/p")) {
                told(&error);
            }
        }),
        Target::text("harness/expectations", [EXPECTATIONS], |text| {
            let known = project::Known {
                extensions: &["a".to_owned(), "b".to_owned()],
                scenarios: &["a/b"],
                today: (2026, 1, 1),
            };
            in_file("expectations.toml", text, |path| {
                if let Err(error) = project::load_expectations(path, known) {
                    told(&error);
                }
            });
        }),
        Target::text(
            "harness/jsonpath",
            [
                "$.tags[*]",
                "$['a'][0:2:1]",
                "$..b[?@.x > 1 && match(@.y, 'a.*')]",
                "$.errors[0].code",
                "$[-1]",
            ],
            |text| {
                let document = json!({ "tags": ["a", "b"], "a": [1, 2, { "x": 2, "y": "ab", "b": null }], "errors": [{ "code": "X" }] });
                let _ = assertion::query(&document, text);
            },
        ),
        Target::text(
            "harness/requires",
            ["scrub and lint", "metrics and not (sync or search)", "not a"],
            |text| {
                if let Ok(expression) = text.parse::<Expression>() {
                    let again: Expression = expression.to_string().parse().expect("what was written can be read");
                    assert_eq!(again.extensions(), expression.extensions());
                    assert_eq!(again.can_hold(), expression.can_hold());
                }
            },
        ),
        Target::text(
            "harness/units",
            ["3 KiB", "2 MiB", "100", "500ms", "10s", "2m", "1.5 GiB"],
            |text| {
                let _ = (unit::parse_size(text), unit::parse_duration(text));
            },
        ),
        Target::text("harness/events", [events()], |text| drop(read_events(text))),
        Target::text(
            "harness/report",
            [r#"{"format":1,"run":null,"combinations":[{"name":"a","runs":[]}]}"#],
            |text| {
                in_file("report.json", text, |path| {
                    drop(Baseline::read(&path.display().to_string()));
                });
            },
        ),
        Target::text("harness/census", [CENSUS], |text| {
            if let Ok(census) = Census::parse(text) {
                let again = Census::parse(&census.to_text()).expect("what was written can be read");
                assert!(census.shortfalls(&again).is_empty(), "a census has what it has");
            }
        }),
        Target::text(
            "harness/mutants",
            seeds::files("harness/src/mutation/declaration", ".toml", 4),
            |text| {
                in_file("mutants.toml", text, |path| {
                    if let Err(error) = Declarations::load(path) {
                        told(&error);
                    }
                });
            },
        ),
        Target::text(
            "harness/bench-plan",
            seeds::files("harness/src/bench", ".toml", 1),
            |text| {
                in_file("plan.toml", text, |path| {
                    if let Err(error) = Plan::load(path) {
                        told(&error);
                    }
                });
            },
        ),
    ]
}

/// What a run leaves, as far as it is short.
fn events() -> String {
    let started = RunStarted {
        version: "0.1.0".into(),
        time: "2026-01-01T00:00:00Z".into(),
        seed: 1,
        target: "a".into(),
        extensions: vec!["a".into()],
        combinations: vec!["minimal".into()],
        coverage: Vec::new(),
        scenarios: 1,
    };
    let built = BuildFinished {
        combination: "minimal".into(),
        duration_ms: 1,
        size: Some(1),
        fresh: false,
        error: None,
    };
    let ended = Event::RunFinished {
        duration_ms: 2,
        builds_ms: 1,
    };
    let events = [Event::RunStarted(started), Event::BuildFinished(built), ended];
    let line = |event: &Event| serde_json::to_string(event).expect("JSON") + "\n";
    events.iter().map(line).collect()
}

/// An error says something.
fn told(error: &impl std::error::Error) {
    assert!(!error.to_string().is_empty());
}

fn in_file(name: &str, text: &str, read: impl FnOnce(&Path)) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join(name);
    fs::write(&path, text).expect("a file");
    read(&path);
}
