//! New extensions, written into this repository's tree and taken out again, all in memory.

use std::collections::BTreeSet;

use clap::ValueEnum;
use plimsoll::{
    extension::{Finding, Guidelines, Hook, NameError, ScaffoldError, Tree, add, check, remove},
    project,
};

use super::{plimsoll, repository, run};

fn guidelines() -> Guidelines {
    let project = project::load(&repository()).expect("this repository is a project");
    project.guidelines.expect("it has guidelines")
}

/// What the findings are about, in a form that can be compared.
fn said(findings: &[Finding]) -> BTreeSet<String> {
    findings
        .iter()
        .map(|finding| format!("{} {}: {}", finding.rule, finding.path.display(), finding.message))
        .collect()
}

/// All hooks together, and each alone.
fn choices() -> Vec<Vec<Hook>> {
    let all = Hook::value_variants();
    [all.to_vec()]
        .into_iter()
        .chain(all.iter().map(|&hook| vec![hook]))
        .collect()
}

#[test]
fn a_new_extension_keeps_to_the_guidelines() {
    let guidelines = guidelines();
    let before = said(&check(&Tree::new(repository()), &guidelines));
    for hooks in [&[Hook::Routes][..], Hook::value_variants()] {
        let mut tree = Tree::new(repository());
        add(&mut tree, &guidelines, "hello", hooks).unwrap();
        let after = said(&check(&tree, &guidelines));
        assert_eq!(after, before, "{hooks:?}");
    }
}

#[test]
fn what_was_added_is_taken_out_without_a_trace() {
    let guidelines = guidelines();
    // Names that sort before, between and after those that are there.
    for (name, hooks) in ["aaa", "hello", "zzz"].into_iter().zip(choices()) {
        let mut tree = Tree::new(repository());
        add(&mut tree, &guidelines, name, &hooks).unwrap();
        assert!(tree.changes().len() > 20, "{name}");
        remove(&mut tree, &guidelines, name).unwrap();
        let left: String = tree.changes().iter().map(plimsoll::extension::Change::diff).collect();
        assert_eq!(left, "", "{name}");
    }
}

#[test]
fn two_extensions_are_added_and_taken_out_in_any_order() {
    let guidelines = guidelines();
    let mut tree = Tree::new(repository());
    add(&mut tree, &guidelines, "one", &[Hook::Task]).unwrap();
    add(&mut tree, &guidelines, "two", &[Hook::Routes]).unwrap();
    remove(&mut tree, &guidelines, "one").unwrap();
    assert!(
        said(&check(&tree, &guidelines))
            .iter()
            .all(|finding| !finding.contains("`one`") && !finding.contains("`two`"))
    );
    remove(&mut tree, &guidelines, "two").unwrap();
    assert_eq!(tree.changes(), []);
}

#[test]
fn names_are_refused_with_the_reason() {
    let guidelines = guidelines();
    let refused = |name: &str| {
        let mut tree = Tree::new(repository());
        match add(&mut tree, &guidelines, name, &[Hook::Routes]) {
            Err(ScaffoldError::Name(error)) => error,
            other => panic!("{name}: {other:?}"),
        }
    };
    for name in [
        "",
        "Hello",
        "2fast",
        "with-dash",
        "with_line",
        "schön",
        "../up",
        "averyveryverylongnameindeed",
    ] {
        assert!(matches!(refused(name), NameError::Invalid(_)), "{name}");
    }
    for name in ["none", "minimal", "not", "core", "match", "async", "disabled"] {
        assert!(matches!(refused(name), NameError::Reserved { .. }), "{name}");
    }
    // An extension, and keys that zot has.
    for name in ["lint", "events", "mgmt"] {
        assert!(matches!(refused(name), NameError::Taken { .. }), "{name}");
    }
    let said = ["Hello", "match", "none", "lint", "events"].map(|name| refused(name).to_string());
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_dry_run_shows_the_changes_and_makes_none() {
    let (diff, error, status) = run(&["new-extension", "hello", "--hooks", "routes,observer", "--dry-run"]);
    assert_eq!(status, Some(0), "{error}");
    assert!(diff.contains("+++ b/registry/extensions/hello/src/lib.rs"), "{diff}");
    assert!(diff.contains(",hello\n"), "{diff}");
    assert!(!repository().join("registry/extensions/hello").exists());
    let (diff, error, status) = run(&["remove-extension", "lint", "--dry-run"]);
    assert_eq!(status, Some(0), "{error}");
    assert!(
        diff.contains("--- a/registry/extensions/lint/src/lib.rs\n+++ /dev/null"),
        "{diff}"
    );
    assert!(repository().join("registry/extensions/lint").exists());
}

#[test]
fn without_hooks_and_without_a_terminal_it_says_what_there_is() {
    let output = plimsoll()
        .args(["new-extension", "hello"])
        .write_stdin("routes\n")
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("routes, push-policy, observer, task"), "{error}");
}

#[test]
fn what_is_not_there_cannot_be_taken_out() {
    let (_, error, status) = run(&["remove-extension", "nothing"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("there is no extension `nothing`"), "{error}");
}

#[test]
fn what_is_not_there_cannot_be_validated() {
    for name in ["nothing", "none", "scrub,lint"] {
        let (_, error, status) = run(&["validate", name]);
        assert_eq!(status, Some(2), "{error}");
        assert!(error.contains(&format!("`{name}`")), "{error}");
    }
}
