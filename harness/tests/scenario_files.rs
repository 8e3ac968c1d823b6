//! The scenario files of this repository: those that are shipped load, and those that are broken say what is wrong.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use miette::{GraphicalReportHandler, GraphicalTheme};
use plimsoll::{
    conformance::statement_ids,
    mutation::Declarations,
    project::load,
    scenario::{LoadError, Vocabulary, load_file, load_folder},
};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the project's folder")
        .to_owned()
}

fn extensions() -> Vec<String> {
    ["metrics", "sync", "search", "scrub", "lint"].map(str::to_owned).into()
}

fn render(error: &LoadError) -> String {
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(120)
        .with_context_lines(1)
        .render_report(&mut text, error)
        .expect("writing to a string does not fail");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

#[test]
fn every_shipped_scenario_loads() {
    let folder = project().join("scenarios");
    let extensions = load(&project()).expect("this repository is a project").extensions;
    let vocabulary = Vocabulary {
        extensions: Some(&extensions),
        statements: Some(statement_ids()),
    };
    if let Err(errors) = load_folder(&folder, &project(), &vocabulary) {
        let reports: Vec<String> = errors.iter().map(render).collect();
        panic!("{}", reports.join("\n"));
    }
}

#[test]
fn every_broken_scenario_says_what_is_wrong_and_what_to_write() {
    let project = project();
    let folder = project.join("fixtures/broken/scenarios");
    let extensions = extensions();
    let vocabulary = Vocabulary {
        extensions: Some(&extensions),
        statements: Some(statement_ids()),
    };
    insta::glob!("../../fixtures/broken/scenarios", "*.yaml", |path| {
        let error = load_file(path, &folder, &project, &vocabulary).expect_err("the file is broken");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(render(&error));
        });
    });
}

/// The files of a folder that have the name of an advisory.
fn advisories(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder of scenarios");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names
        .filter(|name| name.starts_with("CVE-") || name.starts_with("GHSA-"))
        .collect()
}

#[test]
fn every_advisory_has_a_row_its_scenarios_and_its_mutant() {
    let page = std::fs::read_to_string(project().join("docs/security.md")).expect("the page");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| CVE-") || line.starts_with("| GHSA-"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let declared =
        Declarations::load(&project().join("fixtures/mutants/security.toml")).expect("the mutants are right");
    let mut mutants: BTreeSet<&str> = BTreeSet::new();
    let (mut here, mut any) = (BTreeSet::new(), BTreeSet::new());
    for row in &rows {
        let [advisory, _, _, verdict, scenarios, mutant] = row[..] else {
            panic!("{row:?}");
        };
        let id = advisory.split(' ').next().expect("an id");
        assert!(!verdict.is_empty(), "{id} has no verdict");
        let file = format!("{id}.yaml");
        if scenarios.contains(&format!("(../scenarios/security/{file})")) {
            here.insert(file.clone());
        }
        if scenarios.contains(&format!("(../scenarios/security/any/{file})")) {
            any.insert(file.clone());
        }
        if mutant != "–" {
            let mutant = mutant.trim_matches('`');
            let declared = declared.iter().find(|one| one.id == mutant);
            let declared = declared.unwrap_or_else(|| panic!("there is no mutant {mutant}"));
            assert!(
                declared.is_about(&format!("security/any/{id}")),
                "{mutant} is not about {id}"
            );
            mutants.insert(mutant);
        }
    }
    assert_eq!(here, advisories(&project().join("scenarios/security")));
    assert_eq!(any, advisories(&project().join("scenarios/security/any")));
    assert!(mutants.len() >= any.len(), "each of them is seen to fail");
}
