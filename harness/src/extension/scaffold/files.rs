//! The files that an extension consists of: templates, filled in.

use std::collections::BTreeSet;

use minijinja::{Environment, UndefinedBehavior, context, syntax::SyntaxConfig};

use super::{Hook, ScaffoldError};
use crate::extension::{
    Layout,
    guidelines::{Guidelines, Half},
};

/// How often a task runs unless the configuration says otherwise.
const INTERVAL: &str = "24h";

macro_rules! template {
    ($name:literal) => {
        ($name, include_str!(concat!("../templates/", $name, ".j2")))
    };
}

/// A template: its name and its text.
type Template = (&'static str, &'static str);

pub(super) const MODEL: Template = template!("model.rs");
pub(super) const FIELD: Template = template!("field.rs");
pub(super) const LOADED: Template = template!("loaded.rs");
pub(super) const KEYS: Template = template!("keys.rs");
pub(super) const CONFIGURATION: Template = template!("configuration.md");

/// A new extension: what the templates need to know of it.
pub(super) struct Draft<'a> {
    pub(super) name: &'a str,
    pub(super) hooks: &'a [Hook],
    /// The other extensions.
    pub(super) others: &'a [String],
}

/// What the sections' keys do, in the words of the documentation.
pub(super) struct Texts {
    pub(super) about: String,
    pub(super) switch: &'static str,
    pub(super) pace: &'static str,
}

impl Draft<'_> {
    pub(super) fn has(&self, hook: Hook) -> bool {
        self.hooks.contains(&hook)
    }

    pub(super) fn texts(&self) -> Texts {
        Texts {
            about: format!("What {} does, in a sentence.", self.name),
            switch: "Whether the extension is on. A section that is there switches it on.",
            pace: "How long after the beginning of one round the next begins. The first begins with the registry.",
        }
    }

    /// The files, each with its path.
    pub(super) fn files(&self, guidelines: &Guidelines) -> Result<Vec<(String, String)>, ScaffoldError> {
        let name = self.name;
        let krate = format!("{}/{name}", Layout::CRATES);
        let scenarios = guidelines.scenarios.display();
        let twin = |half| guidelines.twin(half, name).display().to_string();
        let mut files = vec![
            (twin(Half::Enabled), template!("enabled.rs")),
            (twin(Half::Disabled), template!("disabled.rs")),
            (format!("{krate}/Cargo.toml"), template!("crate.toml")),
            (format!("{krate}/src/lib.rs"), template!("lib.rs")),
            (test(name), template!("blackbox.rs")),
            (page(name), template!("page.md")),
        ];
        let scenario = |file: &str| format!("{scenarios}/extensions/{name}/{file}.yaml");
        for hook in self.hooks {
            let (module, code, behaviour) = match hook {
                Hook::Routes => ("routes", template!("routes.rs"), template!("scenario_routes.yaml")),
                Hook::PushPolicy => ("policy", template!("policy.rs"), template!("scenario_policy.yaml")),
                Hook::Observer => (
                    "observer",
                    template!("observer.rs"),
                    template!("scenario_observer.yaml"),
                ),
                Hook::Task => ("task", template!("task.rs"), template!("scenario_task.yaml")),
                Hook::Upstream => (
                    "upstream",
                    template!("upstream.rs"),
                    template!("scenario_upstream.yaml"),
                ),
            };
            files.push((format!("{krate}/src/{module}.rs"), code));
            files.push((scenario(module), behaviour));
        }
        let mut written = Vec::new();
        for (path, template) in files {
            written.push((path, self.fill(template)?));
        }
        for other in self.others {
            let path = format!("{scenarios}/combinations/{other}-and-{name}.yaml");
            written.push((path, self.fill_with(template!("combination.yaml"), other)?));
        }
        Ok(written)
    }

    /// What of the workspace's dependencies the crate needs, in order.
    pub(super) fn dependencies(&self) -> BTreeSet<&'static str> {
        let hooks = self.hooks.iter().flat_map(|hook| hook.dependencies());
        hooks.copied().chain([Layout::CORE]).collect()
    }

    pub(super) fn fill(&self, template: Template) -> Result<String, ScaffoldError> {
        self.fill_with(template, "")
    }

    fn fill_with(&self, (name, text): Template, other: &str) -> Result<String, ScaffoldError> {
        let texts = self.texts();
        let shown: Vec<&str> = self.hooks.iter().map(|hook| hook.shown()).collect();
        let context = context! {
            name => self.name,
            Name => capitalised(self.name),
            other => other,
            hooks => shown.join(", "),
            dependencies => self.dependencies(),
            routes => self.has(Hook::Routes),
            policy => self.has(Hook::PushPolicy),
            observer => self.has(Hook::Observer),
            task => self.has(Hook::Task),
            upstream => self.has(Hook::Upstream),
            about => texts.about,
            switch => texts.switch,
            pace => texts.pace,
            interval => INTERVAL,
        };
        environment()
            .and_then(|environment| environment.render_str(text, context))
            .map_err(|source| ScaffoldError::Template { name, source })
    }
}

/// The twins of an extension whose crate is not in the workspace: the one that does the work, and the other.
pub(in crate::extension) fn guest_twins(name: &str) -> Result<[(Half, String); 2], ScaffoldError> {
    let draft = Draft {
        name,
        hooks: &[],
        others: &[],
    };
    let enabled = draft.fill(template!("enabled.rs"))?;
    let disabled = draft.fill(template!("guest_disabled.rs"))?;
    Ok([(Half::Enabled, enabled), (Half::Disabled, disabled)])
}

/// Delimiters that neither Rust nor scenarios have.
fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .block_delimiters("<%", "%>")
        .variable_delimiters("<<", ">>")
        .comment_delimiters("<#", "#>")
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    Ok(environment)
}

/// The interval of a task, as the configuration writes it.
pub(super) const fn interval() -> &'static str {
    INTERVAL
}

/// The blackbox test.
pub(super) fn test(name: &str) -> String {
    let folder = Layout::CLIENTS.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/{name}.rs")
}

/// The page.
pub(super) fn page(name: &str) -> String {
    format!("{}/{name}.md", Layout::PAGES)
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}
