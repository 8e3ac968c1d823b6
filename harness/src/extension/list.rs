//! Lists of extensions, wherever they stand: entries with their places, so that one can be added, taken out or moved
//! without touching what is around them.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use quote::ToTokens;
use syn::spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Edit, Layout, Tree, guidelines::Guidelines};
use crate::project::FILE;

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The extension.
    pub(crate) name: String,
    /// The text that goes with it, in bytes.
    pub(crate) span: Range<usize>,
}

/// A list of extensions.
#[derive(Clone, Debug)]
pub(crate) struct List {
    /// What it is called.
    pub(crate) what: &'static str,
    /// The file.
    pub(crate) path: PathBuf,
    /// The file's text.
    pub(crate) text: Arc<str>,
    /// Its entries, in their order.
    pub(crate) entries: Vec<Entry>,
    /// What stands between two entries where there are not two to look at.
    separator: &'static str,
    /// A number that says how many entries there are, such as the length of an array.
    count: Option<Range<usize>>,
    /// Whether an entry is its name alone, so that another is written like it.
    pub(crate) plain: bool,
}

impl List {
    fn separator(&self) -> &str {
        match self.entries.as_slice() {
            [first, second, ..] => &self.text[first.span.end..second.span.start],
            _ => self.separator,
        }
    }

    /// The text of an entry.
    pub(crate) fn entry(&self, at: usize) -> &str {
        &self.text[self.entries[at].span.clone()]
    }

    /// Puts `entry` behind the entry `after`.
    pub(crate) fn insert(&self, after: usize, entry: &str) -> Vec<Edit> {
        let at = self.entries[after].span.end;
        let edit = Edit {
            span: at..at,
            text: format!("{}{entry}", self.separator()),
        };
        self.counted(edit, self.entries.len() + 1)
    }

    /// Takes an entry out, with what stood between it and its neighbour.
    pub(crate) fn remove(&self, at: usize) -> Vec<Edit> {
        let span = &self.entries[at].span;
        let span = match (at.checked_sub(1), self.entries.get(at + 1)) {
            (Some(before), _) => self.entries[before].span.end..span.end,
            (None, Some(after)) => span.start..after.span.start,
            (None, None) => span.clone(),
        };
        let edit = Edit {
            span,
            text: String::new(),
        };
        self.counted(edit, self.entries.len() - 1)
    }

    /// Puts the entries into the order of `names`.
    pub(crate) fn reorder(&self, names: &[String]) -> Vec<Edit> {
        let place = |name: &str| names.iter().position(|one| one == name).unwrap_or(names.len());
        let mut wanted: Vec<usize> = (0..self.entries.len()).collect();
        wanted.sort_by_key(|&at| place(&self.entries[at].name));
        let moved = self.entries.iter().zip(wanted).filter(|(slot, from)| {
            let from: &Entry = &self.entries[*from];
            from.span != slot.span
        });
        moved
            .map(|(slot, from)| Edit {
                span: slot.span.clone(),
                text: self.entry(from).to_owned(),
            })
            .collect()
    }

    /// The entry `like` with another name in it.
    pub(crate) fn like(&self, like: usize, name: &str) -> String {
        self.entry(like).replace(&self.entries[like].name, name)
    }

    fn counted(&self, edit: Edit, count: usize) -> Vec<Edit> {
        let count = self.count.clone().map(|span| Edit {
            span,
            text: count.to_string(),
        });
        count.into_iter().chain([edit]).collect()
    }
}

/// A list that ought to be there, or why it cannot be read.
pub(crate) struct Missing {
    pub(crate) what: &'static str,
    pub(crate) path: PathBuf,
}

/// The lists of a project, the project file's own first: what that says is the recommended order.
pub(crate) fn all(tree: &Tree, guidelines: &Guidelines) -> Vec<Result<List, Missing>> {
    let mut lists = vec![project(tree), makefile(tree)];
    if guidelines.layout.is_some() {
        let seam = guidelines.twins.join("mod.rs");
        lists.extend([
            default_features(tree),
            features(tree),
            members(tree),
            modules(tree, &seam),
            registered(tree, &seam),
            fields(tree),
            sections(tree),
        ]);
    }
    lists
}

struct Source<'tree> {
    tree: &'tree Tree,
    what: &'static str,
    path: PathBuf,
}

impl<'tree> Source<'tree> {
    fn new(tree: &'tree Tree, what: &'static str, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { tree, what, path }
    }

    /// The list that `find` finds in the file's text.
    fn list(
        self,
        separator: &'static str,
        plain: bool,
        find: impl FnOnce(&str) -> Option<(Vec<Entry>, Option<Range<usize>>)>,
    ) -> Result<List, Missing> {
        let text = self.tree.text(&self.path);
        let found = text.and_then(|text| find(&text).map(|found| (text, found)));
        let Some((text, (entries, count))) = found else {
            return Err(Missing {
                what: self.what,
                path: self.path,
            });
        };
        Ok(List {
            what: self.what,
            path: self.path,
            text,
            entries,
            separator,
            count,
            plain,
        })
    }
}

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

/// The pairs of twins that `mod.rs` declares.
pub(crate) fn modules(tree: &Tree, path: &Path) -> Result<List, Missing> {
    Source::new(tree, "the modules", path).list("\n\n", true, |text| {
        let mut entries: Vec<Entry> = Vec::new();
        for item in syn::parse_file(text).ok()?.items {
            let syn::Item::Mod(module) = item else { continue };
            if !module.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
                continue;
            }
            let name = module.ident.to_string();
            let span = module.span().byte_range();
            match entries.last_mut().filter(|last| last.name == name) {
                Some(last) => last.span.end = span.end,
                None => entries.push(Entry { name, span }),
            }
        }
        Some((entries, None))
    })
}

/// The entries of `ALL`.
pub(crate) fn registered(tree: &Tree, path: &Path) -> Result<List, Missing> {
    Source::new(tree, "`ALL`", path).list(",\n    ", true, |text| {
        let all = syn::parse_file(text)
            .ok()?
            .items
            .into_iter()
            .find_map(|item| match item {
                syn::Item::Const(item) if item.ident == "ALL" => Some(item),
                _ => None,
            })?;
        let syn::Expr::Array(array) = &*all.expr else {
            return None;
        };
        let entries = array.elems.iter().filter_map(|element| {
            let syn::Expr::Struct(literal) = element else {
                return None;
            };
            let field = literal
                .fields
                .iter()
                .find(|field| field.member.to_token_stream().to_string() == "name")?;
            Some(Entry {
                name: text_of(&field.expr)?,
                span: element.span().byte_range(),
            })
        });
        let count = match &*all.ty {
            syn::Type::Array(array) => Some(array.len.span().byte_range()),
            _ => None,
        };
        Some((entries.collect(), count))
    })
}

/// The fields of the configuration's `Extensions`.
pub(crate) fn fields(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the fields of `Extensions`", Layout::MODEL).list(",\n    ", false, |text| {
        let fields = syn::parse_file(text)
            .ok()?
            .items
            .into_iter()
            .find_map(|item| match item {
                syn::Item::Struct(item) if item.ident == "Extensions" => Some(item.fields),
                _ => None,
            })?;
        let entries = fields.iter().filter_map(|field| {
            Some(Entry {
                name: field.ident.as_ref()?.to_string(),
                span: field.span().byte_range(),
            })
        });
        Some((entries.collect(), None))
    })
}

/// The sections of the table of keys, each with all of its keys.
pub(crate) fn sections(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the sections of the configuration", Layout::KEYS).list(",\n    ", false, |text| {
        let mut entries: Vec<Entry> = Vec::new();
        for key in keys(text)? {
            let Some(rest) = key.path.strip_prefix("extensions.") else {
                continue;
            };
            let name = rest.split('.').next().unwrap_or(rest);
            match entries.last_mut().filter(|last| last.name == name) {
                Some(last) => last.span.end = key.span.end,
                None if key.is_section => entries.push(Entry {
                    name: name.to_owned(),
                    span: key.span,
                }),
                None => {}
            }
        }
        Some((entries, None))
    })
}

/// A key of the table.
pub(crate) struct Key {
    pub(crate) path: String,
    pub(crate) is_section: bool,
    pub(crate) doc: Option<String>,
    pub(crate) span: Range<usize>,
}

/// The table of keys: calls whose first argument is the path, and whose last is the documentation.
pub(crate) fn keys(text: &str) -> Option<Vec<Key>> {
    let table = syn::parse_file(text)
        .ok()?
        .items
        .into_iter()
        .find_map(|item| match item {
            syn::Item::Const(item) if item.ident == "KEYS" => Some(item.expr),
            _ => None,
        })?;
    let syn::Expr::Reference(table) = *table else {
        return None;
    };
    let syn::Expr::Array(table) = *table.expr else {
        return None;
    };
    let keys = table.elems.iter().filter_map(|element| {
        let syn::Expr::Call(call) = element else { return None };
        let path = text_of(call.args.first()?)?;
        let is_section = call
            .args
            .iter()
            .any(|argument| argument.to_token_stream().to_string() == "Kind :: Section");
        let doc = (call.args.len() > 1)
            .then(|| call.args.last().and_then(text_of))
            .flatten();
        Some(Key {
            path,
            is_section,
            doc,
            span: element.span().byte_range(),
        })
    });
    Some(keys.collect())
}

fn text_of(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
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
fn words(text: &str, span: Range<usize>, separator: char) -> Vec<Entry> {
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
