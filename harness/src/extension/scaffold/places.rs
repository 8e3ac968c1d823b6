//! The places in files that are there already: what is put into them for an extension, and taken out again.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use syn::visit::Visit;

use super::{ScaffoldError, files};
use crate::extension::{
    Edit, Guidelines, Layout, Tree,
    list::{self, List, Missing},
    mend::apply,
};

/// What a changelog's line about a new extension begins with.
const NEW: &str = "- The extension ";

/// Makes edits in a file of the tree.
pub(super) fn edit(tree: &mut Tree, path: &Path, edits: &[Edit]) {
    if let Some(text) = tree.text(path) {
        tree.write(path, apply(&text, edits));
    }
}

/// The lists whose entries are the names, whatever is around them; one after the other, as an edit moves what follows it.
pub(super) type Find = fn(&Tree, &Guidelines) -> Vec<Result<List, Missing>>;

/// Every list that names the extension in an entry of its own.
pub(super) const LISTS: [Find; 11] = [
    |tree, guidelines| list::all(tree, guidelines),
    |tree, _| vec![list::dependencies(tree, Layout::THIN)],
    |tree, _| vec![list::dependencies(tree, Layout::WORKSPACE)],
    |tree, _| vec![list::types(tree)],
    |tree, _| vec![list::loaded(tree)],
    |tree, _| vec![list::documented(tree)],
    |tree, _| vec![list::test_modules(tree)],
    |tree, _| vec![list::trials(tree)],
    |tree, _| vec![list::pages(tree)],
    |tree, _| vec![list::locked(tree)],
    |tree, _| vec![list::locked_dependencies(tree, "plimsoll-registry")],
];

/// How an extension is called in a list: cargo's lock file has packages.
pub(super) fn entry_name(list: &List, name: &str) -> String {
    let packages = list.path == Path::new(Layout::LOCK);
    if packages {
        format!("{}{name}", Layout::CRATE)
    } else {
        name.to_owned()
    }
}

/// The files of the configuration that import the type of a section.
pub(super) fn importers(tree: &Tree, section: &str) -> Vec<(PathBuf, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    for path in tree.files(Layout::CONFIG, "rs") {
        let text = tree.text(&path).unwrap_or_default();
        let mut imports = Imports { section, found: None };
        if let Ok(file) = syn::parse_file(&text) {
            imports.visit_file(&file);
        }
        found.extend(imports.found.map(|span| (path, span)));
    }
    found
}

/// Where a file imports a name.
struct Imports<'a> {
    section: &'a str,
    found: Option<std::ops::Range<usize>>,
}

impl<'ast> Visit<'ast> for Imports<'_> {
    fn visit_use_name(&mut self, name: &'ast syn::UseName) {
        if name.ident == self.section {
            self.found = Some(name.ident.span().byte_range());
        }
    }
}

/// Takes an import out, with the path that leads to it alone and the comma that separates it from its neighbour.
pub(super) fn without_import(text: &str, span: std::ops::Range<usize>) -> Edit {
    let path =
        text[..span.start].trim_end_matches(|letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':'));
    let span = path.len()..span.end;
    let after = &text[span.end..];
    let comma = after
        .find(|letter: char| !letter.is_whitespace())
        .filter(|at| after[*at..].starts_with(','));
    let end = comma.map_or(span.end, |at| span.end + at + 1);
    Edit {
        span: span.start..end,
        text: String::new(),
    }
}

/// Puts the section into the schema behind the one of `before`, as the generator would.
pub(super) fn add_to_schema(tree: &mut Tree, before: &str, draft: &files::Draft<'_>) -> Result<(), ScaffoldError> {
    let texts = draft.texts();
    let mut properties = Map::new();
    let switch = json!({ "enum": [true, false, "true", "false"], "description": texts.switch, "default": true });
    properties.insert("enable".to_owned(), switch);
    if draft.has(super::Hook::Task) {
        let pattern = r"^\+?(0|(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$";
        let interval =
            json!({ "type": "string", "pattern": pattern, "description": texts.pace, "default": files::interval() });
        properties.insert("interval".to_owned(), interval);
    }
    let section = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "description": texts.about,
    });
    change_schema(tree, |sections| {
        let place = sections
            .keys()
            .position(|key| key == before)
            .map_or(sections.len(), |at| at + 1);
        sections.shift_insert(place, draft.name.to_owned(), section);
    })
}

/// Takes the section out of the schema.
pub(super) fn remove_from_schema(tree: &mut Tree, name: &str) -> Result<(), ScaffoldError> {
    change_schema(tree, |sections| {
        sections.shift_remove(name);
    })
}

fn change_schema(tree: &mut Tree, change: impl FnOnce(&mut Map<String, Value>)) -> Result<(), ScaffoldError> {
    let missing = || ScaffoldError::Place {
        what: "the section `extensions`",
        path: Layout::SCHEMA.to_owned(),
    };
    let text = tree.text(Layout::SCHEMA).ok_or_else(missing)?;
    let mut schema: Value = serde_json::from_str(&text).map_err(|_| missing())?;
    let sections = schema
        .pointer_mut("/properties/extensions/properties")
        .and_then(Value::as_object_mut);
    change(sections.ok_or_else(missing)?);
    tree.write(Layout::SCHEMA, format!("{schema:#}\n"));
    Ok(())
}

/// Says in the changelog, at the end of what is new and not released, that the extension is there.
pub(super) fn add_to_changelog(tree: &mut Tree, name: &str) -> Result<(), ScaffoldError> {
    let missing = || ScaffoldError::Place {
        what: "a list below `### Added`",
        path: Layout::CHANGELOG.to_owned(),
    };
    let text = tree.text(Layout::CHANGELOG).ok_or_else(missing)?;
    let begin = text.find("### Added\n").ok_or_else(missing)?;
    let rest = &text[begin + 1..];
    let end = rest.find("\n#").map_or(text.len(), |at| begin + 1 + at);
    let end = text[..end].trim_end().len();
    let line = format!("\n{NEW}{name}: what it does.");
    edit(
        tree,
        Path::new(Layout::CHANGELOG),
        &[Edit {
            span: end..end,
            text: line,
        }],
    );
    Ok(())
}

/// Takes the changelog's line about the extension out, with the lines that go on with it.
pub(super) fn remove_from_changelog(tree: &mut Tree, name: &str) {
    let Some(text) = tree.text(Layout::CHANGELOG) else {
        return;
    };
    let begins = [format!("{NEW}{name}:"), format!("{NEW}{name} ")];
    let mut kept = String::new();
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        inside = begins.iter().any(|begin| line.starts_with(begin)) || inside && line.starts_with("  ");
        if !inside {
            kept.push_str(line);
        }
    }
    tree.write(Layout::CHANGELOG, kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_goes_with_its_path_and_its_comma() {
        for (before, after) in [
            ("use super::{a::B, c::Section, D};", "use super::{a::B,  D};"),
            (
                "use super::{\n    a::{B, Section},\n};",
                "use super::{\n    a::{B, },\n};",
            ),
            (
                "use super::{\n    Section,\n    sync::B,\n};",
                "use super::{\n    \n    sync::B,\n};",
            ),
        ] {
            let at = before.find("Section").unwrap();
            let edit = without_import(before, at..at + "Section".len());
            assert_eq!(apply(before, &[edit]), after);
        }
    }
}
