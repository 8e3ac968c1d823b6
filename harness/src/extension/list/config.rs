//! Lists in the code and the documentation of the configuration.

use std::{ops::Range, path::PathBuf};

use quote::ToTokens;
use syn::{spanned::Spanned, visit::Visit};

use super::{
    model::{Entry, List, Missing, Source},
    seam::text_of,
};
use crate::extension::{Layout, Tree};

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
    Source::new(tree, "the sections of the configuration", keys_file(tree)).list(",\n    ", false, |text| {
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

/// The file that has the extensions' keys.
pub(crate) fn keys_file(tree: &Tree) -> PathBuf {
    let has_sections = |path: &PathBuf| {
        let keys = tree.text(path).and_then(|text| keys(&text)).unwrap_or_default();
        keys.iter()
            .any(|key| key.is_section && key.path.starts_with("extensions."))
    };
    let files = tree.files(Layout::CONFIG, "rs");
    files
        .into_iter()
        .find(has_sections)
        .unwrap_or_else(|| Layout::KEYS.into())
}

/// The tables of keys of a file: calls whose first argument is the path, and whose last is the documentation.
pub(crate) fn keys(text: &str) -> Option<Vec<Key>> {
    let constants = syn::parse_file(text)
        .ok()?
        .items
        .into_iter()
        .filter_map(|item| match item {
            syn::Item::Const(item) => Some(*item.expr),
            _ => None,
        });
    let tables = constants.filter_map(|constant| match constant {
        syn::Expr::Array(table) => Some(table),
        syn::Expr::Reference(reference) => match *reference.expr {
            syn::Expr::Array(table) => Some(table),
            _ => None,
        },
        _ => None,
    });
    let keys: Vec<Key> = tables.flat_map(|table| keys_of(&table)).collect();
    (!keys.is_empty()).then_some(keys)
}

fn keys_of(table: &syn::ExprArray) -> Vec<Key> {
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
    keys.collect()
}

/// How a section's type is called.
pub(crate) fn section_type(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}Section", first.unwrap_or_default(), letters.as_str())
}

/// The types of the sections, by the names of the fields that have them.
pub(crate) fn types(tree: &Tree) -> Result<List, Missing> {
    let fields = fields(tree)?;
    Source::new(tree, "the types of the sections", Layout::MODEL).list("\n\n", false, |text| {
        let mut entries: Vec<Entry> = Vec::new();
        let mut end = None;
        for item in syn::parse_file(text).ok()?.items {
            let syn::Item::Struct(item) = item else { continue };
            let span = item.span().byte_range();
            let section = fields
                .entries
                .iter()
                .find(|field| item.ident == section_type(&field.name));
            let Some(section) = section else {
                end = Some(span.end);
                continue;
            };
            // What stands between two sections is part of the first.
            if let (Some(last), Some(end)) = (entries.last_mut(), end.take()) {
                last.span.end = end;
            }
            let name = section.name.clone();
            entries.push(Entry { name, span });
        }
        Some((entries, None))
    })
}

/// The fields of the `Extensions` that is made of what a file says.
pub(crate) fn loaded(tree: &Tree) -> Result<List, Missing> {
    let made = |path: &PathBuf| tree.text(path).is_some_and(|text| !made_fields(&text).is_empty());
    let path = tree.files(Layout::CONFIG, "rs").into_iter().find(made);
    let path = path.unwrap_or_else(|| Layout::CONFIG.into());
    Source::new(tree, "the sections that are read", path)
        .list(",\n            ", false, |text| Some((made_fields(text), None)))
}

fn made_fields(text: &str) -> Vec<Entry> {
    let mut literals = Literals(Vec::new());
    if let Ok(file) = syn::parse_file(text) {
        literals.visit_file(&file);
    }
    literals.0
}

/// The fields of the literals of `Extensions`.
struct Literals(Vec<Entry>);

impl<'ast> Visit<'ast> for Literals {
    fn visit_expr_struct(&mut self, literal: &'ast syn::ExprStruct) {
        if literal.path.is_ident("Extensions") {
            self.0.extend(literal.fields.iter().map(|field| Entry {
                name: field.member.to_token_stream().to_string(),
                span: field.span().byte_range(),
            }));
        }
        syn::visit::visit_expr_struct(self, literal);
    }
}

/// The sections of the documentation, each with those below it.
pub(crate) fn documented(tree: &Tree) -> Result<List, Missing> {
    Source::new(tree, "the sections of the documentation", Layout::CONFIGURATION).list("\n\n", false, |text| {
        let mut entries: Vec<Entry> = Vec::new();
        let mut at = 0;
        let mut inside = false;
        for line in text.split_inclusive('\n') {
            let end = at + line.trim_end().len();
            if line.starts_with("## ") {
                let section = line
                    .trim_end()
                    .strip_prefix("## `extensions.")
                    .and_then(|rest| rest.strip_suffix('`'));
                inside = section.is_some();
                let name = section.and_then(|section| section.split('.').next());
                if let Some(name) = name.filter(|name| entries.last().is_none_or(|last| last.name != **name)) {
                    entries.push(Entry {
                        name: name.to_owned(),
                        span: at..end,
                    });
                }
            }
            if let Some(last) = entries.last_mut().filter(|_| inside && end > at) {
                last.span.end = end;
            }
            at += line.len();
        }
        Some((entries, None))
    })
}
