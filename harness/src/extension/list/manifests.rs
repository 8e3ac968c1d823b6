//! Lists in the project file, the makefile and cargo's manifests.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::model::{Entry, List, Missing, Source};
use crate::{
    extension::{Layout, Tree},
    project::FILE,
};

/// `extensions` of the project file.
pub(crate) fn project(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the project file's `extensions`", FILE)
        .list(", ", true, |text| Some((toml_array(text, &["extensions"])?, None)))
}

/// `EXTENSIONS` of the makefile.
pub(crate) fn makefile(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the makefile's `EXTENSIONS`", "Makefile").list(",", true, |text| {
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let value = line.strip_prefix("EXTENSIONS").map(str::trim_start).and_then(|rest| {
                rest.strip_prefix("?=")
                    .or_else(|| rest.strip_prefix("="))
                    .or_else(|| rest.strip_prefix(":="))
            });
            if let Some(value) = value {
                let start = at + line.len() - value.trim_start().len();
                return Some((words(text, start..start + value.trim().len(), ','), None));
            }
            at += line.len();
        }
        None
    })
}

/// The default features of the thin package.
pub(crate) fn default_features(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the `default` features", Layout::THIN).list(", ", true, |text| {
        Some((toml_array(text, &["features", "default"])?, None))
    })
}

/// The features of the thin package.
pub(crate) fn features(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the features", Layout::THIN).list("\n", true, |text| {
        let table = DeTable::parse(text).ok()?;
        let features = table.get_ref().get("features")?.get_ref().as_table()?;
        let mut entries: Vec<Entry> = features
            .iter()
            .filter(|(key, _)| key.get_ref() != "default")
            .map(|(key, value)| Entry {
                name: key.get_ref().to_string(),
                span: key.span().start..value.span().end,
            })
            .collect();
        entries.sort_by_key(|entry| entry.span.start);
        Some((entries, None))
    })
}

/// The extensions' crates among the members of the workspace.
pub(crate) fn members(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the members of the workspace", Layout::WORKSPACE).list(",\n    ", true, |text| {
        let prefix = format!("{}/", Layout::CRATES);
        let entries = toml_array(text, &["workspace", "members"])?;
        let ours = entries.into_iter().filter_map(|entry| {
            let name = entry.name.strip_prefix(&prefix)?.to_owned();
            Some(Entry { name, ..entry })
        });
        Some((ours.collect(), None))
    })
}

/// The lines of `path` that name an extension's crate as a dependency.
pub(crate) fn dependencies(tree: &Tree, path: &str) -> Result<List, Missing> {
    Source::new(tree, "the dependencies on extensions", path).list("\n", true, |text| {
        let mut entries = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if let Some(rest) = line.strip_prefix(Layout::CRATE) {
                let end = rest.find(['.', ' ', '=']).unwrap_or(rest.len());
                entries.push(Entry {
                    name: rest[..end].to_owned(),
                    span: at..at + line.trim_end().len(),
                });
            }
            at += line.len();
        }
        Some((entries, None))
    })
}
/// The texts of an array of a TOML document.
fn toml_array(text: &str, path: &[&str]) -> Option<Vec<Entry>> {
    let document = DeTable::parse(text).ok()?;
    let (last, tables) = path.split_last()?;
    let mut table = document.get_ref();
    for name in tables {
        table = table.get(*name)?.get_ref().as_table()?;
    }
    let DeValue::Array(items) = table.get(*last)?.get_ref() else {
        return None;
    };
    let entries = items.iter().filter_map(|item| match item.get_ref() {
        DeValue::String(name) => Some(Entry {
            name: name.to_string(),
            span: item.span(),
        }),
        _ => None,
    });
    Some(entries.collect())
}

/// The words of `span`, which `separator` separates.
pub(super) fn words(text: &str, span: Range<usize>, separator: char) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = span.start;
    for part in text[span].split(separator) {
        let word = part.trim();
        let start = at + part.len() - part.trim_start().len();
        if !word.is_empty() {
            entries.push(Entry {
                name: word.to_owned(),
                span: start..start + word.len(),
            });
        }
        at += part.len() + separator.len_utf8();
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::mend::apply;

    fn makefile_of(names: &str) -> List {
        let folder = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(folder.path());
        tree.write("Makefile", format!("# EXTENSIONS\nEXTENSIONS ?= {names}\n"));
        makefile(&tree).unwrap_or_else(|missing| panic!("{}", missing.what))
    }

    #[test]
    fn what_is_inserted_and_removed_leaves_the_text_as_it_was() {
        for names in ["a,b,c", "a, b, c", "a"] {
            let list = makefile_of(names);
            for after in 0..list.entries.len() {
                let text = apply(&list.text, &list.insert(after, "new"));
                assert!(text.contains("new"), "{text}");
                let folder = tempfile::tempdir().unwrap();
                let mut tree = Tree::new(folder.path());
                tree.write("Makefile", text);
                let longer = makefile(&tree).unwrap_or_else(|missing| panic!("{}", missing.what));
                assert_eq!(longer.entries[after + 1].name, "new");
                assert_eq!(apply(&longer.text, &longer.remove(after + 1)), *list.text);
            }
        }
    }

    #[test]
    fn entries_change_places_and_what_is_between_them_stays() {
        let list = makefile_of("c,  a,b");
        let order = ["a", "b", "c"].map(str::to_owned);
        let text = apply(&list.text, &list.reorder(&order));
        assert!(text.ends_with("?= a,  b,c\n"), "{text}");
    }
}
