//! The pages, held together as a book.

#![expect(
    clippy::unwrap_used,
    reason = "the lint lets tests be, but not the functions that they share"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use plimsoll::{
    extension::Rule,
    mutation::{Declarations, Kind},
};

use super::repository;

/// The pages below a folder.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(path);
        }
    }
    found
}

/// The places that a page links to, without what is on the web.
fn links(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        inside ^= line.trim_start().starts_with("```");
        // What is in a fence or between backticks is no link.
        let outside = line.split('`').step_by(2).filter(|_| !inside);
        for part in outside {
            let targets = part.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            found.extend(
                targets
                    .map(|(target, _)| target)
                    .filter(|target| !target.contains("://")),
            );
        }
    }
    found
}

/// The anchor of a heading, as mdBook and GitHub make it.
fn anchor(heading: &str) -> String {
    let letters = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = letters
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[test]
fn the_map_has_every_folder_of_the_sources() {
    let map = fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    for sources in ["harness/src", "registry/core/src"] {
        for entry in fs::read_dir(repository().join(sources)).unwrap() {
            let entry = entry.unwrap();
            let folder = format!("src/{}/ ", entry.file_name().display());
            assert!(
                !entry.path().is_dir() || map.contains(&folder),
                "ARCHITECTURE.md says nothing of {sources}: {folder}"
            );
        }
    }
}

#[test]
fn every_page_is_in_the_table_of_contents_once() {
    let docs = repository().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed = links(&summary);
    let once: BTreeSet<PathBuf> = listed.iter().map(|link| docs.join(link)).collect();
    assert_eq!(once.len(), listed.len(), "a page is listed twice");
    let mut there: BTreeSet<PathBuf> = pages(&docs).into_iter().collect();
    there.remove(&docs.join("SUMMARY.md"));
    assert_eq!(once, there);
}

#[test]
fn every_link_leads_somewhere() {
    let root = repository();
    let top = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root.join(name));
    let mut broken = Vec::new();
    for page in pages(&root.join("docs")).into_iter().chain(top) {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(path)
            };
            let there = target.exists();
            let headed = there && target.is_file() && {
                let text = fs::read_to_string(&target).unwrap_or_default();
                fragment.is_empty()
                    || text
                        .lines()
                        .any(|line| line.starts_with('#') && anchor(line) == fragment)
            };
            if !there || (target.is_file() && !headed) {
                broken.push(format!("{}: {link}", page.strip_prefix(&root).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_page_of_the_guidelines_has_every_rule() {
    let page = fs::read_to_string(repository().join("docs/guidelines.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| PLE")).collect();
    let rules: Vec<String> = Rule::ALL
        .iter()
        .map(|rule| format!("| {rule} | {} | {} |", rule.title(), rule.why()))
        .collect();
    assert_eq!(rows, rules);
}

#[test]
fn the_page_of_the_proof_has_every_mutant_and_variation() {
    let page = fs::read_to_string(repository().join("docs/proof.md")).unwrap();
    let (_, proof) = page.split_once("<!-- proof -->").unwrap();
    let (mutants, variations) = proof.split_once("## The variations").unwrap();
    let (_, mutants) = mutants.split_once("## The mutants").unwrap();
    let declarations = Declarations::embedded().unwrap();
    for (kind, table) in [(Kind::Mutant, mutants), (Kind::Variation, variations)] {
        let shown: Vec<&str> = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
            .map(|(id, _)| id)
            .collect();
        let declared: Vec<&str> = declarations.of(kind).map(|one| one.id.as_str()).collect();
        assert!(
            shown == declared,
            "docs/proof.md is not what is declared ({} of {} {kind}s): run the command that it names",
            shown.len(),
            declared.len()
        );
    }
}
