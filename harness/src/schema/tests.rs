//! The schemas hold for the files of this repository, and do not for those that are broken in their shape.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jsonschema::Validator;
use serde_json::Value;

use crate::{
    project, report,
    scenario::{self, Code, Vocabulary, read_yaml},
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below `folder` that end in `extension`.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let (mut found, mut waiting) = (Vec::new(), vec![repository().join(folder)]);
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "there is nothing in {folder}");
    found
}

fn problems(validator: &Validator, value: &Value) -> Vec<String> {
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn assert_fit(validator: &Validator, paths: &[PathBuf], read: impl Fn(&str) -> Option<Value>) {
    for path in paths {
        let value = read(&fs::read_to_string(path).unwrap()).unwrap();
        let problems = problems(validator, &value);
        assert!(problems.is_empty(), "{}\n{}", path.display(), problems.join("\n"));
    }
}

#[test]
fn every_scenario_of_the_repository_fits_the_schema() {
    let validator = jsonschema::validator_for(&scenario::keys::schema()).unwrap();
    for folder in ["scenarios", "fixtures/interactions/scenarios"] {
        assert_fit(&validator, &files(folder, "yaml"), |text| read_yaml(text).ok());
    }
}

#[test]
fn a_scenario_whose_shape_is_wrong_does_not_fit_the_schema() {
    let validator = jsonschema::validator_for(&scenario::keys::schema()).unwrap();
    let mut seen = 0;
    for path in files("fixtures/broken/scenarios", "yaml") {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let Ok(value) = read_yaml(&text) else { continue };
        let error = scenario::parse("broken", &path, &text, &Vocabulary::default());
        // A map that is nearly a matcher is a value to be equal to, as far as a schema can tell; and what a step's `spec`
        // names stands elsewhere in the file.
        let elsewhere =
            |message: &str| message.contains("no key of a matcher") || message.contains("says nothing about");
        let shape = error.is_err_and(|error| {
            error.problems.iter().any(|problem| {
                matches!(
                    problem.code,
                    Code::UnknownKey | Code::MissingKey | Code::WrongKind | Code::NoAction
                ) && !elsewhere(&problem.message)
            })
        });
        if shape {
            seen += 1;
            assert!(!validator.is_valid(&value), "{} fits", path.display());
        }
    }
    assert!(seen >= 15, "{seen}");
}

#[test]
fn every_project_of_the_repository_fits_the_schema() {
    let validator = jsonschema::validator_for(&project::keys::project_schema()).unwrap();
    let paths: Vec<PathBuf> = files("fixtures", "toml")
        .into_iter()
        .filter(|path| path.ends_with("plimsoll.toml") && !path.components().any(|part| part.as_os_str() == "broken"))
        .chain([repository().join("plimsoll.toml")])
        .collect();
    assert!(paths.len() >= 4, "{paths:?}");
    assert_fit(&validator, &paths, project::keys::read);
}

/// Of the broken files those alone fit that are broken in a way that no schema sees: what a value means beside others, or what
/// is on the disk.
fn assert_that_fit(validator: &Validator, folder: &str, beyond: &[&str]) {
    let mut fit: Vec<String> = files(folder, "toml")
        .into_iter()
        .filter(|path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            project::keys::read(&text).is_some_and(|value| validator.is_valid(&value))
        })
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    fit.sort_unstable();
    assert_eq!(fit, beyond);
}

#[test]
fn a_project_whose_shape_is_wrong_does_not_fit_the_schema() {
    let validator = jsonschema::validator_for(&project::keys::project_schema()).unwrap();
    assert_that_fit(
        &validator,
        "fixtures/broken/projects",
        &[
            "address-pattern",
            "address-pattern-without-group",
            "command-output-missing",
            "command-output-outside",
            "command-output-twice",
            "command-without-extensions",
            "config-file-in-a-folder",
            "constraint-on-an-unknown-extension",
            "constraint-that-leaves-one-out",
            "constraint-that-nothing-satisfies",
            "nothing-to-fill-in",
            "out-of-tree-by-command",
            "port-that-nobody-is-told",
            "program-with-extensions",
            "root-that-nobody-is-told",
            "scenarios-not-there",
            "scenarios-outside",
            "too-many-extensions",
        ],
    );
}

#[test]
fn an_expectations_file_whose_shape_is_wrong_does_not_fit_the_schema() {
    let validator = jsonschema::validator_for(&project::keys::expectations_schema()).unwrap();
    // JSON has no dates: a text is the same there.
    let beyond = [
        "ended",
        "no-such-extension",
        "no-such-scenario",
        "until-is-a-text",
        "when-is-no-expression",
    ];
    assert_that_fit(&validator, "fixtures/broken/expectations", &beyond);
}

#[test]
fn a_report_fits_the_schema() {
    let validator = jsonschema::validator_for(&report::json::schema()).unwrap();
    let document = include_str!("../report/tests/snapshots/plimsoll__report__tests__json_has_the_whole_model.snap");
    let document = document.splitn(3, "---\n").nth(2).unwrap();
    let mut document: Value = serde_json::from_str(document).unwrap();
    assert_eq!(problems(&validator, &document), Vec::<String>::new());
    document["combinations"][0]["runs"][0]["verdict"] = "fine".into();
    assert!(!validator.is_valid(&document));
}
