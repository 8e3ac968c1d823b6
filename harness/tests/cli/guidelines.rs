//! Extensions that break the guidelines: each rule has a tree that breaks it, with what is said and how it is mended.

#![expect(
    clippy::unwrap_used,
    reason = "the lint lets tests be, but not the functions that they share"
)]

use std::{fs, path::Path};

use plimsoll::{
    extension::{Change, Finding, Format, Rule, Tree, check, mend, write},
    project::{self, Project},
};
use serde::Deserialize;

use super::{plimsoll, repository};

/// How a fixture's tree differs from one that keeps to the guidelines.
#[derive(Deserialize)]
struct Case {
    /// The rules that are broken, each as often as it is.
    codes: Vec<String>,
    change: Vec<Modification>,
}

#[derive(Deserialize)]
struct Modification {
    file: Option<String>,
    find: Option<String>,
    replace: Option<String>,
    write: Option<String>,
    remove: Option<String>,
    rename: Option<String>,
    to: Option<String>,
}

impl Modification {
    fn make(&self, tree: &mut Tree) {
        let text = |path: &str| tree.text(path).unwrap_or_else(|| panic!("there is no {path}"));
        match self {
            Self {
                file: Some(file),
                find: Some(find),
                replace: Some(replace),
                ..
            } => {
                let before = text(file);
                assert!(before.contains(find), "{file} has no {find:?}");
                tree.write(file, before.replacen(find, replace, 1));
            }
            Self {
                file: Some(file),
                write: Some(text),
                ..
            } => tree.write(file, text.as_str()),
            Self {
                rename: Some(from),
                to: Some(to),
                ..
            } => {
                let text = text(from);
                tree.write(to, text);
                tree.remove(from);
            }
            Self { remove: Some(path), .. } => {
                text(path);
                tree.remove(path);
            }
            _ => panic!("the fixture says nothing that can be done"),
        }
    }
}

fn example(language: &str) -> Project {
    let folder = repository().join("fixtures/guidelines").join(language);
    project::load(&folder).expect("the example is a project")
}

fn shown(findings: &[Finding]) -> String {
    let mut text = Vec::new();
    write(Format::Text, findings, false, &mut text).expect("it is written to memory");
    String::from_utf8(text).expect("it is text")
}

/// What differs between two states of one tree.
fn differences(before: &Tree, after: &Tree) -> String {
    let mut paths: Vec<_> = [before, after]
        .iter()
        .flat_map(|tree| tree.changes())
        .map(|change| change.path)
        .collect();
    paths.sort();
    paths.dedup();
    let changes = paths.into_iter().map(|path| Change {
        before: before.text(&path),
        after: after.text(&path),
        path,
    });
    let changes = changes.filter(|change| change.before != change.after);
    changes.map(|change| change.diff()).collect()
}

fn every_case(language: &str) -> Vec<String> {
    let project = example(language);
    let guidelines = project.guidelines.as_ref().expect("the example has guidelines");
    let folder = repository().join("fixtures/guidelines/broken").join(language);
    let mut broken = Vec::new();
    insta::with_settings!({
        snapshot_path => folder.join("expected"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::glob!(&folder, "*.toml", |path| {
            let case: Case = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            let mut tree = Tree::new(&project.root);
            case.change.iter().for_each(|change| change.make(&mut tree));
            let findings = check(&tree, guidelines);
            let mut codes: Vec<&str> = findings.iter().map(|finding| finding.rule.code()).collect();
            codes.sort_unstable();
            let mut expected: Vec<&str> = case.codes.iter().map(String::as_str).collect();
            expected.sort_unstable();
            assert_eq!(codes, expected, "{}", shown(&findings));

            let mut mended = tree.clone();
            mend(&mut mended, guidelines);
            let left = check(&mended, guidelines);
            let unmendable = findings.iter().filter(|finding| finding.fix.is_none()).count();
            assert!(left.len() <= unmendable, "mending left or broke more:\n{}", shown(&left));
            let mut said = shown(&findings);
            let changes = differences(&tree, &mended);
            if !changes.is_empty() {
                said = format!("{said}\n--fix:\n{changes}");
            }
            insta::assert_snapshot!("said", said);
            broken.extend(case.codes);
        });
    });
    broken
}

#[test]
fn what_breaks_a_rule_is_shown_with_its_place_and_mended_where_a_machine_can() {
    let broken = every_case("rust");
    for rule in Rule::ALL {
        assert!(
            broken.iter().any(|code| code == rule.code()),
            "no fixture breaks {rule}"
        );
    }
}

#[test]
fn a_registry_in_go_is_held_to_the_same_guidelines() {
    assert!(every_case("go").len() > 10);
}

#[test]
fn what_keeps_to_the_guidelines_is_found_to() {
    for language in ["rust", "go"] {
        let project = example(language);
        let findings = check(&Tree::new(&project.root), project.guidelines.as_ref().unwrap());
        assert!(findings.is_empty(), "{}", shown(&findings));
    }
}

#[test]
fn this_repository_keeps_to_the_guidelines() {
    let project = project::load(&repository()).expect("the repository is a project");
    let findings = check(&Tree::new(&project.root), project.guidelines.as_ref().unwrap());
    assert!(findings.is_empty(), "{}", shown(&findings));
}

/// A copy of the Rust example whose makefile has another order, and whose disabled twin is gone.
fn broken_project() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&repository().join("fixtures/guidelines/rust"), copy.path());
    fs::write(copy.path().join("Makefile"), "EXTENSIONS ?= lint,metrics\n").unwrap();
    fs::remove_file(copy.path().join("registry/src/extensions/extension_lint_disabled.rs")).unwrap();
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn check_in(folder: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = plimsoll()
        .arg("check")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn findings_end_with_status_1_and_are_mended_on_disk_when_asked() {
    let project = broken_project();
    let twin = project
        .path()
        .join("registry/src/extensions/extension_lint_disabled.rs");
    let (out, _, status) = check_in(project.path(), &[]);
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("PLE0201") && out.contains("PLE0403"), "{out}");
    assert!(out.ends_with("2 findings, of which --fix mends 2\n"), "{out}");

    let (diff, _, status) = check_in(project.path(), &["--fix", "--dry-run"]);
    assert_eq!(status, Some(1));
    assert!(diff.contains("+EXTENSIONS ?= metrics,lint"), "{diff}");
    assert!(!twin.exists(), "a dry run writes nothing");

    let (out, error, status) = check_in(project.path(), &["--fix"]);
    assert_eq!(status, Some(0), "{out}{error}");
    assert!(
        error.contains("mended PLE0201") && error.contains("mended PLE0403"),
        "{error}"
    );
    assert!(twin.exists());
    let (out, _, status) = check_in(project.path(), &[]);
    assert_eq!(
        (out.as_str(), status),
        ("2 extensions keep to the guidelines\n", Some(0))
    );
}

#[test]
fn findings_are_annotations_for_github() {
    let (out, _, status) = check_in(broken_project().path(), &["--format", "github"]);
    assert_eq!(status, Some(1));
    insta::assert_snapshot!(out);
}

#[test]
fn findings_are_a_sarif_log() {
    let (out, _, status) = check_in(broken_project().path(), &["--format", "sarif"]);
    assert_eq!(status, Some(1));
    let log: serde_json::Value = serde_json::from_str(&out).unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), Rule::ALL.len());
    let results = log["runs"][0]["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    insta::assert_json_snapshot!(results);
}

#[test]
fn a_project_without_guidelines_is_told_how_to_name_some() {
    let project = broken_project();
    let file = project.path().join("plimsoll.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.split("[guidelines]").next().unwrap()).unwrap();
    let (_, error, status) = check_in(project.path(), &[]);
    assert_eq!(status, Some(2));
    assert!(error.contains("preset = \"rust\""), "{error}");
}

#[test]
fn a_pattern_of_ones_own_takes_the_place_of_the_presets() {
    let project = broken_project();
    let file = project.path().join("plimsoll.toml");
    let text = fs::read_to_string(&file).unwrap() + "disabled = \"extension_{name}_off.rs\"\n";
    fs::write(&file, text).unwrap();
    let loaded = project::load(&file).unwrap();
    let tree = Tree::new(project.path());
    let findings = check(&tree, loaded.guidelines.as_ref().unwrap());
    let missing = findings
        .iter()
        .find(|finding| finding.rule == Rule::TwinMissing)
        .unwrap();
    assert!(missing.message.contains("extension_lint_off.rs"), "{}", missing.message);
}
