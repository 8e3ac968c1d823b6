//! Lists of tests, pages, and what cargo has locked.

use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{spanned::Spanned, visit::Visit};

use super::{
    manifests::words,
    model::{Entry, List, Missing, Source},
};
use crate::{
    combination::Expression,
    extension::{Layout, Tree},
};

/// The modules of the blackbox tests.
pub(crate) fn test_modules(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the modules of the blackbox tests", Layout::CLIENTS).list("\n", true, |text| {
        let items = syn::parse_file(text).ok()?.items.into_iter();
        let modules = items.filter_map(|item| match item {
            syn::Item::Mod(module) => Some(Entry {
                name: module.ident.to_string(),
                span: module.span().byte_range(),
            }),
            _ => None,
        });
        Some((modules.collect(), None))
    })
}

/// The modules whose blackbox tests are run.
pub(crate) fn trials(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the blackbox tests", Layout::CLIENTS).list(",\n        ", true, |text| {
        let mut calls = Calls(Vec::new());
        calls.visit_file(&syn::parse_file(text).ok()?);
        Some((calls.0, None))
    })
}

/// The calls of a `trials` of some module.
struct Calls(Vec<Entry>);

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let called = call.func.to_token_stream().to_string();
        if let Some(module) = called.strip_suffix(" :: trials") {
            self.0.push(Entry {
                name: module.to_owned(),
                span: call.span().byte_range(),
            });
        }
        syn::visit::visit_expr_call(self, call);
    }
}

/// The extensions' pages in the table of contents.
pub(crate) fn pages(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the pages about extensions", Layout::SUMMARY).list("\n", true, |text| {
        let mut entries = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let page = line
                .split_once("](extensions/")
                .and_then(|(_, rest)| rest.split_once(".md)"));
            entries.extend(page.map(|(name, _)| Entry {
                name: name.to_owned(),
                span: at..at + line.trim_end().len(),
            }));
            at += line.len();
        }
        Some((entries, None))
    })
}

/// The packages that cargo has locked.
pub(crate) fn locked(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the locked packages", Layout::LOCK).list("\n\n", false, |text| {
        let mut entries = Vec::new();
        let mut at = 0;
        for block in text.split("\n\n") {
            let name = block
                .strip_prefix("[[package]]\nname = \"")
                .and_then(|rest| rest.split_once('"'));
            entries.extend(name.map(|(name, _)| Entry {
                name: name.to_owned(),
                span: at..at + block.trim_end().len(),
            }));
            at += block.len() + "\n\n".len();
        }
        Some((entries, None))
    })
}

/// The dependencies of a package that cargo has locked.
pub(crate) fn locked_dependencies(tree: &Tree, package: &str) -> Result<List, Missing> {
    let packages = locked(tree)?;
    let missing = || Missing {
        what: "the locked dependencies",
        path: Layout::LOCK.into(),
    };
    let block = packages.position(package).ok_or_else(missing)?;
    let block = packages.entries[block].span.clone();
    Source::new(tree, "the locked dependencies", Layout::LOCK).list(",\n ", true, |text| {
        let start = block.start + text[block.clone()].find("dependencies = [\n")? + "dependencies = [\n".len();
        let end = start + text[start..block.end].find(']')?;
        let mut entries = words(text, start..end, ',');
        for entry in &mut entries {
            entry.name = entry.name.trim_matches('"').to_owned();
        }
        Some((entries, None))
    })
}

/// The scenarios that require the extension `name`.
pub(crate) fn requiring(tree: &Tree, scenarios: &Path, name: &str) -> Vec<PathBuf> {
    let requires = |path: &PathBuf| {
        let text = tree.text(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("requires:"));
        let expression = line.and_then(|line| line.trim().parse::<Expression>().ok());
        expression.is_some_and(|expression| expression.extensions().contains(&name))
    };
    tree.files(scenarios, "yaml").into_iter().filter(requires).collect()
}

/// What scenarios about builds without any extension exclude: `requires: not (a or b)` of all that there are.
pub(crate) fn excluded(tree: &Tree, scenarios: &Path, names: &[String]) -> Vec<List> {
    let all = |path: &PathBuf| {
        let text = tree.text(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix("requires: not ("))?;
        let expression: Expression = line.strip_suffix(')')?.parse().ok()?;
        let excluded = expression.extensions();
        names
            .iter()
            .all(|name| excluded.contains(&name.as_str()))
            .then(|| path.clone())
    };
    let files = tree.files(scenarios, "yaml");
    let lists = files.iter().filter_map(all).filter_map(|path| {
        let list = Source::new(tree, "what the scenario excludes", path).list(" or ", true, |text| {
            let start = text.find("requires: not (")? + "requires: not (".len();
            let end = start + text[start..].find(')')?;
            let entries = words(text, start..end, ' ')
                .into_iter()
                .filter(|entry| entry.name != "or");
            Some((entries.collect(), None))
        });
        list.ok()
    });
    lists.collect()
}
