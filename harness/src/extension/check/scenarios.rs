//! What an extension is held to: scenarios for in and on, in and off, and left out; with others; and a real client.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::context::Context;
use crate::{combination::Expression, extension::Rule};

/// How the files of blackbox tests end.
const TESTS: [&str; 4] = ["bats", "py", "rs", "sh"];

/// A scenario file, as far as it matters which builds it is about.
struct Outline {
    path: PathBuf,
    text: Arc<str>,
    requires: Vec<String>,
    keys: Vec<String>,
}

impl Outline {
    fn new(path: PathBuf, text: Arc<str>) -> Self {
        // The keys of the top stand in the first column; the language's own reader judges the rest.
        let keys = text
            .lines()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(':').map(|(key, _)| key.to_owned()))
            .collect();
        let requires = text.lines().find_map(|line| line.strip_prefix("requires:"));
        let requires = requires.map(|value| {
            value
                .split(" #")
                .next()
                .unwrap_or(value)
                .trim()
                .trim_matches(['"', '\''])
        });
        let expression = requires.and_then(|value| value.parse::<Expression>().ok());
        let names = expression.map(|expression| expression.extensions().into_iter().map(str::to_owned).collect());
        Self {
            requires: names.unwrap_or_default(),
            path,
            text,
            keys,
        }
    }

    fn requires(&self, name: &str) -> bool {
        self.requires.iter().any(|one| one == name)
    }

    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|one| one == key)
    }
}

pub(super) fn check(context: &mut Context<'_>) {
    let folder = context.guidelines.scenarios.clone();
    let files = context.tree.files(&folder, "yaml");
    let outlines: Vec<Outline> = files
        .into_iter()
        .filter_map(|path| Some(Outline::new(path.clone(), context.tree.text(&path)?)))
        .collect();
    for name in context.names.clone() {
        let own = folder.join("extensions").join(&name);
        of_extension(context, &name, &own, &outlines);
        together(context, &name, &folder.join("combinations"), &outlines);
        blackbox(context, &name);
    }
}

fn of_extension(context: &mut Context<'_>, name: &str, folder: &Path, outlines: &[Outline]) {
    let own: Vec<&Outline> = outlines
        .iter()
        .filter(|outline| outline.path.starts_with(folder))
        .collect();
    if own.is_empty() {
        let message = format!("there is no scenario of `{name}`");
        let help = "write one that requires it, with `off` and `absent`";
        context.file(Rule::ScenarioMissing, folder, message, help);
        return;
    }
    for outline in own.iter().filter(|outline| !outline.requires(name)) {
        let message = format!("the scenario does not require `{name}`");
        let help = format!("write `requires: {name}`, or move it to where it belongs");
        let finding = context.at(
            Rule::ScenarioElsewhere,
            &outline.path,
            0..outline.text.len(),
            message,
            help,
        );
        if !outline.has("requires") {
            let end = end_of_title(&outline.text);
            finding.mended_by([(end, format!("requires: {name}\n"))]);
        }
    }
    for (key, rule, holds) in [
        ("steps", Rule::ScenarioOn, "does"),
        ("off", Rule::ScenarioOff, "does not do where it is built in and off"),
        (
            "absent",
            Rule::ScenarioAbsent,
            "leaves as it is where it is not built in",
        ),
    ] {
        if !own.iter().any(|outline| outline.requires(name) && outline.has(key)) {
            let message = format!("no scenario of `{name}` has `{key}`");
            let help = format!("say in a scenario what `{name}` {holds}: `{key}:` with its steps");
            context.file(rule, folder, message, help);
        }
    }
}

/// Behind the first line.
fn end_of_title(text: &str) -> Range<usize> {
    let at = text.find('\n').map_or(text.len(), |end| end + 1);
    at..at
}

fn together(context: &mut Context<'_>, name: &str, folder: &Path, outlines: &[Outline]) {
    let others = context.names.len() > 1;
    let meets =
        |outline: &&Outline| outline.path.starts_with(folder) && outline.requires(name) && outline.requires.len() > 1;
    if others && !outlines.iter().any(|outline| meets(&outline)) {
        let message = format!("no scenario has `{name}` together with another extension");
        let help = format!("write one with `requires: {name} and …`");
        context.file(Rule::CombinationMissing, folder, message, help);
    }
}

fn blackbox(context: &mut Context<'_>, name: &str) {
    let folder = context.guidelines.blackbox.clone();
    let quoted = format!("\"{name}\"");
    let drives = |path: &PathBuf| {
        let named = path
            .file_stem()
            .is_some_and(|stem| stem.to_string_lossy().split(['_', '-']).any(|word| word == name));
        named || context.tree.text(path).is_some_and(|text| text.contains(&quoted))
    };
    let mut files = TESTS
        .iter()
        .flat_map(|extension| context.tree.files(&folder, extension));
    if !files.any(|path| drives(&path)) {
        let message = format!("no test drives a binary with `{name}`");
        let help = "write one that does with a real client what the extension is for";
        context.file(Rule::BlackboxMissing, &folder, message, help);
    }
}
