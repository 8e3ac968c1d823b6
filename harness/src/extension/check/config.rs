//! Every extension's section: in the table of keys, and in what is generated from it.

use std::path::Path;

use super::context::Context;
use crate::extension::{
    Layout, Rule,
    list::{self, Key},
};

pub(super) fn check(context: &mut Context<'_>) {
    let path = &list::keys_file(context.tree);
    let Some(keys) = context.tree.text(path).and_then(|text| list::keys(&text)) else {
        // Reported as a list that is not there.
        return;
    };
    for name in context.names.clone() {
        let section = format!("extensions.{name}");
        if let Some(found) = keys.iter().find(|key| key.path == section && key.is_section) {
            one(context, path, &keys, found);
        } else {
            let message = format!("there is no section `{section}`");
            let switch = format!("key(\"{section}.enable\", Kind::Switch, …)");
            let help = format!("add `bare(\"{section}\", Kind::Section, …)` and `{switch}`");
            context.file(Rule::SectionMissing, path, message, help);
        }
        generated(context, &name, &section);
    }
}

fn one(context: &mut Context<'_>, path: &Path, keys: &[Key], section: &Key) {
    let switch = format!("{}.enable", section.path);
    if !keys.iter().any(|key| key.path == switch) {
        let message = format!("there is no key `{switch}`");
        let help = format!("add `key(\"{switch}\", Kind::Switch, \"true\", …)`");
        context.at(Rule::SwitchMissing, path, section.span.clone(), message, help);
    }
    if section.doc.as_deref().is_none_or(|doc| doc.trim().is_empty()) {
        let message = format!("the section `{}` does not say what it is for", section.path);
        let help = "write a sentence as its last argument";
        context.at(Rule::SectionUndocumented, path, section.span.clone(), message, help);
    }
}

fn generated(context: &mut Context<'_>, name: &str, section: &str) {
    let schema = context
        .tree
        .text(Layout::SCHEMA)
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    let pointer = format!("/properties/extensions/properties/{name}");
    if schema.is_none_or(|schema| schema.pointer(&pointer).is_none()) {
        let message = format!("the schema has no section `{section}`");
        context.file(Rule::SchemaStale, Path::new(Layout::SCHEMA), message, "run `make docs`");
    }
    let heading = format!("## `{section}`");
    let page = context.tree.text(Layout::CONFIGURATION).unwrap_or_default();
    if !page.lines().any(|line| line == heading) {
        let message = format!("the page has no section `{section}`");
        context.file(
            Rule::DocumentationStale,
            Path::new(Layout::CONFIGURATION),
            message,
            "run `make docs`",
        );
    }
}
