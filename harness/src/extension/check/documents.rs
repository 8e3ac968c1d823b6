//! What people and clients are told: discovery, a page, the changelog.

use std::path::Path;

use super::context::Context;
use crate::extension::{
    Layout, Rule,
    language::{literals, method_calls},
};

pub(super) fn check(context: &mut Context<'_>) {
    for name in context.names.clone() {
        discovery(context, &name);
        page(context, &name);
    }
    changelog(context);
}

/// A route below `/v2/` goes with an endpoint in discovery.
fn discovery(context: &mut Context<'_>, name: &str) {
    let files = context
        .tree
        .files(Path::new(Layout::CRATES).join(name).join("src"), "rs");
    let texts: Vec<_> = files
        .into_iter()
        .filter_map(|path| Some((context.tree.text(&path)?, path)))
        .collect();
    if texts.iter().any(|(text, _)| !method_calls(text, "endpoint").is_empty()) {
        return;
    }
    for (text, path) in &texts {
        let calls: Vec<_> = ["route", "nest"]
            .iter()
            .flat_map(|method| method_calls(text, method))
            .collect();
        let served = literals(text).into_iter().filter(|(literal, span)| {
            literal.starts_with("/v2/") && calls.iter().any(|call| call.contains(&span.start))
        });
        // A chain of routes is one call within another; each path is said once.
        for (literal, span) in served {
            let message = format!("`{literal}` is served, and no endpoint of `{name}` is announced");
            let help = format!("call `hooks.endpoint(\"{literal}\")` where the routes are added");
            context.at(Rule::Undiscovered, path, span, message, help);
        }
    }
}

fn page(context: &mut Context<'_>, name: &str) {
    let page = Path::new(Layout::PAGES).join(format!("{name}.md"));
    // One that has grown may stand beside the others.
    let beside = Path::new(Layout::DOCS).join(format!("{name}.md"));
    if !context.tree.has(&page) && !context.tree.has(&beside) {
        let message = format!("there is no page about `{name}`");
        context.file(
            Rule::PageMissing,
            &page,
            message,
            "say what it does, how it is configured, what it costs",
        );
        return;
    }
    let Some(summary) = context.tree.text(Layout::SUMMARY) else {
        return;
    };
    let pages = [format!("(extensions/{name}.md)"), format!("({name}.md)")];
    if !pages.iter().any(|page| summary.contains(page)) {
        let message = format!("the table of contents does not lead to the page about `{name}`");
        let help = format!("add `- [{name}](extensions/{name}.md)`");
        let finding = context.file(Rule::PageUnlisted, Path::new(Layout::SUMMARY), message, help);
        let mut at = 0;
        let lines = summary.split_inclusive('\n').map(|line| {
            at += line.len();
            (at, line)
        });
        let last = lines.filter(|(_, line)| line.contains("](extensions/")).last();
        if let Some((end, line)) = last {
            let indent = &line[..line.len() - line.trim_start().len()];
            finding.mended_by([(end..end, format!("{indent}- [{name}](extensions/{name}.md)\n"))]);
        }
    }
}

fn changelog(context: &mut Context<'_>) {
    let path = Path::new(Layout::CHANGELOG);
    let text = context.tree.text(path).unwrap_or_default();
    let words: Vec<&str> = text
        .split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter))
        .collect();
    for name in context.names.clone() {
        if !words.contains(&name.as_str()) {
            let message = format!("the changelog does not name `{name}`");
            context.file(
                Rule::ChangelogMissing,
                path,
                message,
                "add a line that says what it does",
            );
        }
    }
}
