//! Both halves of every extension: there, rightly named, and with the same face to their callers.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::context::Context;
use crate::extension::{
    Fix, Guidelines, Rule,
    guidelines::Half,
    language::{Item, Outline, Purpose},
    list,
};

/// A file that is one of two twins.
pub(super) struct Twin {
    pub(super) name: String,
    pub(super) half: Half,
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
    /// What of it matters to the other half, where it can be read.
    pub(super) outline: Option<Outline>,
}

/// The twins of the tree. Fills in which extensions there are, and reports those that are misnamed or cannot be read.
pub(super) fn find(context: &mut Context<'_>) -> Vec<Twin> {
    let guidelines = context.guidelines;
    let mut twins = Vec::new();
    for path in context.tree.files(&guidelines.twins, guidelines.language.extension()) {
        let (Some((name, half)), Some(text)) = (guidelines.twin_of(&path), context.tree.text(&path)) else {
            continue;
        };
        if let Some(meant) = misnamed(context, &path, &text) {
            let wanted = guidelines.twin(Half::Disabled, &meant);
            let shown = wanted.file_name().unwrap_or_default().display().to_string();
            let message = format!("this is the disabled twin of `{meant}`, and not called `{shown}`");
            let gate = 0..text.find('\n').unwrap_or(text.len());
            let finding = context.at(Rule::TwinName, &path, gate, message, format!("call it `{shown}`"));
            finding.fix = Some(Fix::Rename(wanted));
            continue;
        }
        let outline = match guidelines.language.outline(&text, &guidelines.warning) {
            Ok(outline) => Some(outline),
            Err(error) => {
                let help = "correct it; what else there is will be shown then";
                context.at(Rule::Unparsable, &path, error.span, error.message, help);
                None
            }
        };
        twins.push(Twin {
            name,
            half,
            path,
            text,
            outline,
        });
    }
    let listed = list::project(context.tree).map(|list| list.entries).unwrap_or_default();
    let mut names: Vec<String> = listed.into_iter().map(|entry| entry.name).collect();
    names.extend(twins.iter().map(|twin| twin.name.clone()));
    for name in names {
        let has_twin = twins.iter().any(|twin| twin.name == name);
        if has_twin && !context.names.contains(&name) {
            context.names.push(name);
        }
    }
    twins
}

/// The extension whose disabled twin `path` is by its gate, though not by its name.
fn misnamed(context: &Context<'_>, path: &Path, text: &str) -> Option<String> {
    let guidelines: &Guidelines = context.guidelines;
    let gate = text.lines().next()?.trim_end();
    let name = crate::extension::guidelines::unfill(&guidelines.anti_gate, gate)?;
    let (enabled, disabled) = (
        guidelines.twin(Half::Enabled, &name),
        guidelines.twin(Half::Disabled, &name),
    );
    let is_it = enabled != path && disabled != path && context.tree.has(&enabled) && !context.tree.has(&disabled);
    is_it.then_some(name)
}

pub(super) fn check(context: &mut Context<'_>, twins: &[Twin]) {
    let mut pairs: BTreeMap<&str, [Option<&Twin>; 2]> = BTreeMap::new();
    for twin in twins {
        let pair = pairs.entry(&twin.name).or_default();
        pair[usize::from(twin.half == Half::Disabled)] = Some(twin);
    }
    for (name, pair) in pairs {
        match pair {
            [Some(enabled), Some(disabled)] => compare(context, enabled, disabled),
            [Some(enabled), None] => without_stand_in(context, enabled),
            [None, Some(disabled)] => {
                let wanted = context.guidelines.twin(Half::Enabled, name);
                let message = format!("nothing does the work of `{name}`: there is no `{}`", wanted.display());
                let help = "write that twin, or take this one out";
                context.at(
                    Rule::TwinWithoutWork,
                    &disabled.path,
                    0..disabled.text.len(),
                    message,
                    help,
                );
            }
            [None, None] => {}
        }
    }
}

fn without_stand_in(context: &mut Context<'_>, enabled: &Twin) {
    let guidelines = context.guidelines;
    let wanted = guidelines.twin(Half::Disabled, &enabled.name);
    // Misnamed, and reported there.
    if misnamed_one(context, &enabled.name) {
        return;
    }
    let anti_gate = Half::Disabled.gate(guidelines, &enabled.name);
    let purpose = Purpose {
        name: &enabled.name,
        warning: &guidelines.warning,
        anti_gate: &anti_gate,
    };
    let text = guidelines.language.stand_in(&enabled.text, purpose);
    let message = format!("there is no disabled twin: `{}`", wanted.display());
    let help = "write it: the same functions, which do nothing and warn where the configuration asks for the extension";
    let finding = context.at(Rule::TwinMissing, &enabled.path, 0..enabled.text.len(), message, help);
    finding.fix = text.map(|text| Fix::Write(wanted, text));
}

fn misnamed_one(context: &Context<'_>, name: &str) -> bool {
    let guidelines = context.guidelines;
    let files = context.tree.files(&guidelines.twins, guidelines.language.extension());
    files.iter().any(|path| {
        let text = context.tree.text(path);
        text.is_some_and(|text| misnamed(context, path, &text).as_deref() == Some(name))
    })
}

fn compare(context: &mut Context<'_>, enabled: &Twin, disabled: &Twin) {
    let (Some(one), Some(other)) = (&enabled.outline, &disabled.outline) else {
        return;
    };
    let guidelines = context.guidelines;
    let anti_gate = Half::Disabled.gate(guidelines, &enabled.name);
    let purpose = Purpose {
        name: &enabled.name,
        warning: &guidelines.warning,
        anti_gate: &anti_gate,
    };
    let adopt = |function: &str| {
        guidelines
            .language
            .adopt(&disabled.text, &enabled.text, function, purpose)
            .map(Fix::Edit)
    };
    for function in &one.functions {
        match other.function(&function.name) {
            None => {
                let message = format!("the disabled twin has no function `{}`", function.name);
                let shown = enabled.text[function.span.clone()].trim();
                let help = format!(
                    "give it one like `{}`",
                    shown.split_whitespace().collect::<Vec<_>>().join(" ")
                );
                let top = 0..disabled.text.len();
                let finding = context.at(Rule::FunctionMissing, &disabled.path, top, message, help);
                finding.fix = adopt(&function.name);
            }
            Some(twin) if twin.signature != function.signature => {
                let message = format!("in the enabled twin `{}` has another signature", function.name);
                let help = format!("write what it has: `{}`", shown(&enabled.text[function.span.clone()]));
                let finding = context.at(Rule::SignatureDiffers, &disabled.path, twin.span.clone(), message, help);
                finding.fix = adopt(&function.name);
            }
            Some(_) => {}
        }
    }
    for function in other
        .functions
        .iter()
        .filter(|function| one.function(&function.name).is_none())
    {
        let message = format!("the enabled twin has no function `{}`", function.name);
        let help = "write it there too, or take it out here";
        context.at(
            Rule::FunctionMissing,
            &disabled.path,
            function.span.clone(),
            message,
            help,
        );
    }
    items(context, enabled, disabled, [&one.items, &other.items]);
}

/// A signature on one line.
fn shown(signature: &str) -> String {
    signature.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn items(context: &mut Context<'_>, enabled: &Twin, disabled: &Twin, items: [&[Item]; 2]) {
    let [ours, theirs] = items;
    for (here, there, twin, other) in [(ours, theirs, enabled, "disabled"), (theirs, ours, disabled, "enabled")] {
        for item in here
            .iter()
            .filter(|item| !there.iter().any(|one| one.name == item.name))
        {
            let message = format!("the {other} twin has no public `{}`", item.name);
            let help = "write it there too, or keep it to yourself here";
            context.at(Rule::ItemMissing, &twin.path, item.span.clone(), message, help);
        }
    }
}
