//! What the tables of a project file have to hold.

use std::{
    collections::BTreeSet,
    ops::Range,
    path::{Component, Path, PathBuf},
};

use clap::{ValueEnum, builder::PossibleValue};
use serde_json::{Map, Number, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Build, CargoBuild, Project, ProjectProblem};
use crate::{
    extension::{Guidelines, Preset},
    suggestion,
    target::Serve,
};

type Problems = Vec<ProjectProblem>;

/// The project that `table` describes. Problems are added to `problems`; a project comes only with what it needs.
pub(super) fn project(table: &Spanned<DeTable<'_>>, root: &Path, problems: &mut Problems) -> Option<Project> {
    let mut reader = Reader::new("the file", table.span(), table.get_ref(), problems);
    reader.known(&[
        "name",
        "scenarios",
        "any-registry",
        "extensions",
        "build",
        "serve",
        "official",
        "guidelines",
    ]);
    let name = reader.text("name");
    let scenarios = reader.text("scenarios").and_then(|path| reader.folder(&path, root));
    let has_any = reader.table.contains_key("any-registry");
    let any_registry = has_any.then(|| reader.texts("any-registry")).flatten();
    let extensions = reader.extensions("extensions");
    let build = reader.table("build", build);
    let serve = reader.table("serve", serve);
    let has_official = reader.table.contains_key("official");
    let official = has_official.then(|| reader.table("official", official)).flatten();
    let has_guidelines = reader.table.contains_key("guidelines");
    let guidelines = has_guidelines.then(|| reader.table("guidelines", guidelines)).flatten();
    let mut guidelines = guidelines.flatten();
    if let (Some(guidelines), Some(scenarios)) = (&mut guidelines, &scenarios) {
        guidelines.scenarios.clone_from(scenarios);
    }
    Some(Project {
        root: root.to_owned(),
        name: name?.into_inner(),
        scenarios: scenarios?,
        any_registry: any_registry.map(|names| names.into_iter().map(Spanned::into_inner).collect()),
        extensions: extensions?,
        build: build??,
        serve: serve??,
        official_config: official.flatten(),
        guidelines,
    })
}

fn build(reader: &mut Reader<'_, '_>) -> Option<Build> {
    reader.known(&["cargo", "verify"]);
    let cargo = reader.table("cargo", |reader| {
        reader.known(&["package", "profile"]);
        let package = reader.text("package");
        let profile = reader.optional_text("profile");
        Some(CargoBuild {
            package: package?.into_inner(),
            profile: profile.map_or_else(|| "release".to_owned(), Spanned::into_inner),
        })
    });
    let verify = reader
        .table
        .contains_key("verify")
        .then(|| reader.texts("verify"))
        .flatten();
    Some(Build {
        cargo: cargo??,
        verify: verify.map(|texts| texts.into_iter().map(Spanned::into_inner).collect()),
    })
}

fn official(reader: &mut Reader<'_, '_>) -> Option<Value> {
    reader.known(&["config"]);
    reader.config().map(|(_, config)| config)
}

/// A preset, and what differs from it.
fn guidelines(reader: &mut Reader<'_, '_>) -> Option<Guidelines> {
    reader.known(&[
        "preset",
        "twins",
        "enabled",
        "disabled",
        "gate",
        "anti-gate",
        "warning",
        "sources",
        "blackbox",
    ]);
    let preset = reader.text("preset")?;
    let Ok(known) = Preset::from_str(preset.get_ref(), false) else {
        let names: Vec<_> = Preset::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .collect();
        let names: Vec<&str> = names.iter().map(PossibleValue::get_name).collect();
        let message = format!("there is no preset `{}`", preset.get_ref());
        reader.problem(preset.span(), message, suggestion::help(preset.get_ref(), &names));
        return None;
    };
    let mut guidelines = known.guidelines();
    for (key, place) in [
        ("enabled", &mut guidelines.enabled),
        ("disabled", &mut guidelines.disabled),
        ("gate", &mut guidelines.gate),
        ("anti-gate", &mut guidelines.anti_gate),
    ] {
        if let Some(pattern) = reader.optional_text(key) {
            if pattern.get_ref().matches("{name}").count() != 1 {
                let message = format!("`{key}` has no place for the extension's name, or more than one");
                reader.problem(pattern.span(), message, "write `{name}` once where it goes");
            }
            *place = pattern.into_inner();
        }
    }
    if let Some(warning) = reader.optional_text("warning") {
        guidelines.warning = warning.into_inner();
    }
    for (key, place) in [("twins", &mut guidelines.twins), ("blackbox", &mut guidelines.blackbox)] {
        if let Some(path) = reader.optional_text(key) {
            *place = path.into_inner().into();
        }
    }
    if reader.table.contains_key("sources") {
        let sources = reader.texts("sources")?;
        guidelines.sources = sources.into_iter().map(|path| path.into_inner().into()).collect();
    }
    Some(guidelines)
}

fn serve(reader: &mut Reader<'_, '_>) -> Option<Serve> {
    reader.known(&["arguments", "address-from-log", "config"]);
    let arguments = reader.texts("arguments");
    if let Some(arguments) = &arguments
        && !arguments.iter().any(|argument| argument.get_ref().contains("{config}"))
    {
        let span = reader.value("arguments").map_or(0..0, Spanned::span);
        reader.problem(
            span,
            "no argument has `{config}`: the server would not find its configuration",
            "write it where the path of the configuration file goes, such as [\"serve\", \"{config}\"]",
        );
    }
    let address_from_log = reader.text("address-from-log");
    let config = reader.config();
    if let Some((span, config)) = &config
        && !mentions_root(config)
    {
        reader.problem(
            span.clone(),
            "no value of the configuration has `{root}`: every server would keep its content in the same place",
            "write it where the storage's folder goes, such as storage.rootDirectory = \"{root}\"",
        );
    }
    Some(Serve {
        arguments: arguments?.into_iter().map(Spanned::into_inner).collect(),
        config: config?.1,
        address_from_log: address_from_log?.into_inner(),
    })
}

fn mentions_root(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{root}"),
        Value::Array(items) => items.iter().any(mentions_root),
        Value::Object(fields) => fields.values().any(mentions_root),
        _ => false,
    }
}

/// A TOML value as JSON. TOML's dates, infinities and numbers beyond 64 bits are kept as texts.
fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix()).map_or_else(
            |_| Value::String(integer.to_string()),
            |number| Value::Number(number.into()),
        ),
        DeValue::Float(float) => float
            .as_str()
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map_or_else(|| Value::String(float.to_string()), Value::Number),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| json(item.get_ref())).collect()),
        DeValue::Table(table) => {
            let fields = table.iter();
            let fields = fields.map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref())));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

/// Reads one table, and collects what is wrong with it.
struct Reader<'table, 'problems> {
    name: &'table str,
    span: Range<usize>,
    table: &'table DeTable<'table>,
    problems: &'problems mut Problems,
}

impl<'table, 'problems> Reader<'table, 'problems> {
    fn new(
        name: &'table str,
        span: Range<usize>,
        table: &'table DeTable<'table>,
        problems: &'problems mut Problems,
    ) -> Self {
        Self {
            name,
            span,
            table,
            problems,
        }
    }

    fn problem(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(ProjectProblem::new(span, message, help));
    }

    fn wrong_type(&mut self, key: &str, span: Range<usize>, due: &str, found: &DeValue<'_>) {
        let message = format!("`{key}` has to be {due}, and this is {}", kind(found));
        self.problem(span, message, format!("write {due} here"));
    }

    /// Refuses every other key.
    fn known(&mut self, keys: &[&str]) {
        for key in self.table.keys() {
            let text: &str = key.get_ref();
            if !keys.contains(&text) {
                let message = format!("{} has no key `{text}`", self.name);
                self.problem(key.span(), message, suggestion::help(text, keys));
            }
        }
    }

    fn value(&self, key: &str) -> Option<&'table Spanned<DeValue<'table>>> {
        self.table.get(key)
    }

    fn required(&mut self, key: &str) -> Option<&'table Spanned<DeValue<'table>>> {
        let value = self.value(key);
        if value.is_none() {
            let message = format!("{} has no `{key}`, and needs it", self.name);
            self.problem(self.span.clone(), message, format!("add `{key} = …`"));
        }
        value
    }

    fn as_text(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Spanned<String>> {
        let span = value.span();
        match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                self.problem(span, format!("`{key}` is empty"), "write a text that is not empty");
                None
            }
            DeValue::String(text) => Some(Spanned::new(span, text.to_string())),
            other => {
                self.wrong_type(key, span, "a text", other);
                None
            }
        }
    }

    fn text(&mut self, key: &str) -> Option<Spanned<String>> {
        let value = self.required(key)?;
        self.as_text(key, value)
    }

    fn optional_text(&mut self, key: &str) -> Option<Spanned<String>> {
        let value = self.value(key)?;
        self.as_text(key, value)
    }

    fn texts(&mut self, key: &str) -> Option<Vec<Spanned<String>>> {
        let value = self.required(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(key, value.span(), "a list of texts", value.get_ref());
            return None;
        };
        let item_key = format!("{key}[]");
        let texts: Vec<_> = items.iter().filter_map(|item| self.as_text(&item_key, item)).collect();
        (texts.len() == items.len()).then_some(texts)
    }

    fn table<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader<'_, '_>) -> T) -> Option<T> {
        let value = self.required(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value.span(), "a table", value.get_ref());
            return None;
        };
        let name = match self.name.strip_prefix('`') {
            Some(outer) => format!("`{}.{key}`", outer.trim_end_matches('`')),
            None => format!("`{key}`"),
        };
        Some(read(&mut Reader::new(&name, value.span(), table, self.problems)))
    }

    /// The table `config`, as the server's configuration has it.
    fn config(&mut self) -> Option<(Range<usize>, Value)> {
        let config = self.required("config")?;
        if let DeValue::Table(_) = config.get_ref() {
            return Some((config.span(), json(config.get_ref())));
        }
        self.wrong_type("config", config.span(), "a table", config.get_ref());
        None
    }

    /// A folder below the project, which is there.
    fn folder(&mut self, path: &Spanned<String>, root: &Path) -> Option<PathBuf> {
        let span = path.span();
        let below = PathBuf::from(path.get_ref());
        if below.is_absolute() || below.components().any(|part| part == Component::ParentDir) {
            let message = format!("`{}` is not below the project's folder", path.get_ref());
            self.problem(span, message, "write a path relative to this file, without `..`");
            return None;
        }
        if !root.join(&below).is_dir() {
            let message = format!("there is no folder `{}` beside this file", path.get_ref());
            self.problem(span, message, "make the folder, or write where the scenarios are");
            return None;
        }
        Some(below)
    }

    /// Names that can stand in a feature, a folder and an expression, each once.
    fn extensions(&mut self, key: &str) -> Option<Vec<String>> {
        let texts = self.texts(key)?;
        let mut seen = BTreeSet::new();
        for text in &texts {
            let name = text.get_ref().as_str();
            let fits = |character: char| {
                character.is_ascii_lowercase() || character.is_ascii_digit() || "-_".contains(character)
            };
            let reserved = ["none", "minimal", "and", "or", "not"];
            if !name.chars().all(fits) || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
                let help = "begin with a letter; go on with lower-case letters, digits, `-` and `_`";
                self.problem(
                    text.span(),
                    format!("`{name}` cannot be the name of an extension"),
                    help,
                );
            } else if reserved.contains(&name) {
                let help = format!("the words {} mean something else", suggestion::list(&reserved, "and"));
                self.problem(
                    text.span(),
                    format!("`{name}` cannot be the name of an extension"),
                    help,
                );
            } else if !seen.insert(name.to_owned()) {
                self.problem(
                    text.span(),
                    format!("`{name}` is there twice"),
                    "name each extension once",
                );
            }
        }
        Some(texts.into_iter().map(Spanned::into_inner).collect())
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
