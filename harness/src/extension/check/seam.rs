//! The seam between builds: features in the twins alone, and an extension's crate named by its gated twin alone.

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::context::Context;
use crate::extension::{
    Fix, Layout, Rule,
    guidelines::Half,
    language::{Language, crate_mentions},
    list,
};

/// No file but the twins names a feature.
pub(super) fn features(context: &mut Context<'_>) {
    let guidelines = context.guidelines;
    for path in sources(context, guidelines.language.extension()) {
        if guidelines.twin_of(&path).is_some() {
            continue;
        }
        let Some(text) = context.tree.text(&path) else { continue };
        for span in guidelines.language.features(&text) {
            if guidelines.language == Language::Go && !is_about(&text[span.clone()], &path, &context.names) {
                continue;
            }
            let message = "a feature decides here, outside of the twins";
            let help = "do it in a twin, and let the other one do nothing";
            context.at(Rule::FeatureOutside, &path, span, message, help);
        }
    }
}

/// Whether a build line names an extension. Tests may: they are about one build.
fn is_about(line: &str, path: &Path, names: &[String]) -> bool {
    let is_test = path.to_string_lossy().ends_with("_test.go");
    let mut words = line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    !is_test && words.any(|word| names.iter().any(|name| name == word))
}

fn sources(context: &Context<'_>, extension: &str) -> Vec<PathBuf> {
    let folders = context.guidelines.sources.iter();
    folders
        .flat_map(|folder| context.tree.files(folder, extension))
        .collect()
}

/// Each extension has a crate that depends on the core, and only its gated twin names it.
pub(super) fn crates(context: &mut Context<'_>) {
    let rust = sources(context, "rs");
    for name in context.names.clone() {
        let folder = Path::new(Layout::CRATES).join(&name);
        let krate = format!("{}{name}", Layout::CRATE);
        let twin = context.guidelines.twin(Half::Enabled, &name);
        for path in &rust {
            if path.starts_with(&folder) || *path == twin {
                continue;
            }
            let text = context.tree.text(path).unwrap_or_default();
            for span in crate_mentions(&text, &krate) {
                let message = format!("this names the crate of `{name}`, outside of its gated twin");
                let help = format!("go through the hooks of the core, or do it in `{}`", twin.display());
                context.at(Rule::CrateNamedOutside, path, span, message, help);
            }
        }
        if let Some(text) = context.tree.text(&twin)
            && crate_mentions(&text, &krate).is_empty()
            && context.guidelines.language.outline(&text, "").is_ok()
        {
            let message = format!("the gated twin does not name `{krate}`");
            let help = "call what the crate offers, and keep the work there";
            context.at(Rule::CrateNotNamed, &twin, 0..text.len(), message, help);
        }
        manifest(context, &name, &folder.join("Cargo.toml"));
    }
    elsewhere(context);
    thin(context);
}

/// The manifest of an extension's crate.
fn manifest(context: &mut Context<'_>, name: &str, path: &Path) {
    let Some(text) = context.tree.text(path) else {
        let message = format!("the extension `{name}` has no crate");
        let help = format!("put what it does into a package `{}{name}` there", Layout::CRATE);
        context.file(Rule::CrateMissing, path, message, help);
        return;
    };
    for (dependency, span) in dependencies(&text) {
        if dependency.starts_with("plimsoll-") && dependency != Layout::CORE {
            let message = format!("the crate of `{name}` depends on `{dependency}`");
            let help = format!("take it out; of this workspace it may depend on `{}`", Layout::CORE);
            context.at(Rule::CrateDependsOnCrate, path, span, message, help);
        }
    }
}

/// The dependencies that a manifest has, of every kind.
fn dependencies(text: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let Ok(document) = DeTable::parse(text) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let table = document
            .get_ref()
            .get(kind)
            .and_then(|table| table.get_ref().as_table());
        let keys = table.into_iter().flat_map(|table| table.keys());
        found.extend(keys.map(|key| (key.get_ref().to_string(), key.span())));
    }
    found
}

/// No package but the thin one and the extensions' own has an extension's crate among its dependencies.
fn elsewhere(context: &mut Context<'_>) {
    for path in sources(context, "toml") {
        if path == Path::new(Layout::THIN) || path.starts_with(Layout::CRATES) {
            continue;
        }
        let text = context.tree.text(&path).unwrap_or_default();
        for (dependency, span) in dependencies(&text) {
            if let Some(name) = dependency.strip_prefix(Layout::CRATE) {
                let message = format!("this package depends on the crate of `{name}`");
                let help = "go through the hooks of the core";
                context.at(Rule::CrateNamedOutside, &path, span, message, help);
            }
        }
    }
}

/// The thin package: features that are empty lists, dependencies that are always there.
fn thin(context: &mut Context<'_>) {
    let path = Path::new(Layout::THIN);
    let Some(text) = context.tree.text(path) else { return };
    let Ok(document) = DeTable::parse(&text) else { return };
    let table = |name: &str| {
        document
            .get_ref()
            .get(name)
            .and_then(|table| table.get_ref().as_table())
    };
    for (key, value) in table("features").into_iter().flatten() {
        let filled = value.get_ref().as_array().is_some_and(|items| !items.is_empty());
        if key.get_ref() != "default" && filled {
            let message = format!("the feature `{}` switches something on", key.get_ref());
            let finding = context.at(Rule::FeatureNotEmpty, path, value.span(), message, "write `[]`");
            finding.mended_by([(value.span(), "[]".to_owned())]);
        }
    }
    let mut there = Vec::new();
    for (key, value) in table("dependencies").into_iter().flatten() {
        let optional = value.get_ref().as_table().and_then(|table| table.get("optional"));
        if let Some(name) = key.get_ref().strip_prefix(Layout::CRATE) {
            there.push(name.to_owned());
            if optional.is_some() {
                let message = format!("the dependency on `{}` is optional", key.get_ref());
                context.at(
                    Rule::OptionalDependency,
                    path,
                    key.span(),
                    message,
                    "write it without `optional`",
                );
            }
        }
    }
    let Ok(list) = list::dependencies(context.tree, Layout::THIN) else {
        return;
    };
    for name in context.names.clone() {
        if !there.contains(&name) {
            let message = format!("the thin package does not depend on the crate of `{name}`");
            let help = format!("add `{}{name}.workspace = true`", Layout::CRATE);
            let place = list.entries.iter().rposition(|entry| entry.name < name).unwrap_or(0);
            let span = list.entries.get(place).map_or(0..0, |entry| entry.span.clone());
            let finding = context.at(Rule::CrateMissing, path, span, message, help);
            if !list.entries.is_empty() {
                finding.fix = Some(Fix::Edit(list.insert(place, &list.like(place, &name))));
            }
        }
    }
}
