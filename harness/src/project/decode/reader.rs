//! Reads tables of a project file, and collects what is wrong with them.

use std::{
    collections::BTreeSet,
    ops::Range,
    path::{Component, Path, PathBuf},
    time::Duration,
};

use serde_json::{Number, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::super::ProjectProblem;
use crate::{combination::Space, scenario::unit, schema::Map, suggestion};

pub(in crate::project) type Problems = Vec<ProjectProblem>;

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
        DeValue::Table(table) => table_as_json(table),
    }
}

/// A TOML table as JSON.
pub(in crate::project) fn table_as_json(table: &DeTable<'_>) -> Value {
    let fields = table.iter();
    let fields = fields.map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref())));
    Value::Object(fields.collect())
}

/// Reads one table, and collects what is wrong with it.
pub(in crate::project) struct Reader<'table, 'problems> {
    name: &'table str,
    pub(in crate::project) span: Range<usize>,
    table: &'table DeTable<'table>,
    problems: &'problems mut Problems,
}

impl<'table, 'problems> Reader<'table, 'problems> {
    pub(in crate::project) fn new(
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

    /// A reader of a table within this one, which adds to the same problems.
    pub(in crate::project) fn within<'inner>(
        &'inner mut self,
        name: &'inner str,
        span: Range<usize>,
        table: &'inner DeTable<'inner>,
    ) -> Reader<'inner, 'inner> {
        Reader::new(name, span, table, self.problems)
    }

    pub(in crate::project) fn problem(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(ProjectProblem::new(span, message, help));
    }

    pub(in crate::project) fn wrong_type(&mut self, key: &str, span: Range<usize>, due: &str, found: &DeValue<'_>) {
        let message = format!("`{key}` has to be {due}, and this is {}", kind(found));
        self.problem(span, message, format!("write {due} here"));
    }

    /// Refuses every key that `map` does not have.
    pub(in crate::project) fn known(&mut self, map: &Map) {
        let keys = map.names();
        for key in self.table.keys() {
            let text: &str = key.get_ref();
            if !keys.contains(&text) {
                let message = format!("{} has no key `{text}`", self.name);
                self.problem(key.span(), message, suggestion::help(text, &keys));
            }
        }
    }

    pub(in crate::project) fn value(&self, key: &str) -> Option<&'table Spanned<DeValue<'table>>> {
        self.table.get(key)
    }

    pub(in crate::project) fn required(&mut self, key: &str) -> Option<&'table Spanned<DeValue<'table>>> {
        let value = self.value(key);
        if value.is_none() {
            let message = format!("{} has no `{key}`, and needs it", self.name);
            self.problem(self.span.clone(), message, format!("add `{key} = …`"));
        }
        value
    }

    pub(in crate::project) fn as_text(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Spanned<String>> {
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

    pub(in crate::project) fn text(&mut self, key: &str) -> Option<Spanned<String>> {
        let value = self.required(key)?;
        self.as_text(key, value)
    }

    pub(in crate::project) fn optional_text(&mut self, key: &str) -> Option<Spanned<String>> {
        let value = self.value(key)?;
        self.as_text(key, value)
    }

    pub(in crate::project) fn texts(&mut self, key: &str) -> Option<Vec<Spanned<String>>> {
        let value = self.required(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(key, value.span(), "a list of texts", value.get_ref());
            return None;
        };
        let item_key = format!("{key}[]");
        let texts: Vec<_> = items.iter().filter_map(|item| self.as_text(&item_key, item)).collect();
        (texts.len() == items.len()).then_some(texts)
    }

    pub(in crate::project) fn table<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader<'_, '_>) -> T) -> Option<T> {
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

    /// The number of a port.
    pub(in crate::project) fn port(&mut self, key: &str) -> Option<u16> {
        let value = self.required(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong_type(key, value.span(), "a number", value.get_ref());
            return None;
        };
        match number.as_str().parse() {
            Ok(0) | Err(_) => {
                let message = format!("`{number}` is not the number of a port");
                self.problem(value.span(), message, "write one from 1 to 65535");
                None
            }
            Ok(port) => Some(port),
        }
    }

    /// Whether `key` is there and true.
    pub(in crate::project) fn flag(&mut self, key: &str) -> bool {
        match self.value(key).map(|value| (value.span(), value.get_ref())) {
            None => false,
            Some((_, DeValue::Boolean(value))) => *value,
            Some((span, other)) => {
                self.wrong_type(key, span, "true or false", other);
                false
            }
        }
    }

    /// Whether there is such a key.
    pub(in crate::project) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Each key of the table with its value, and with where it stands.
    pub(in crate::project) fn entries(
        &self,
    ) -> impl Iterator<Item = (Spanned<String>, &'table Spanned<DeValue<'table>>)> + use<'table> {
        let entries = self.table.iter();
        entries.map(|(key, value)| (Spanned::new(key.span(), key.get_ref().to_string()), value))
    }

    /// Which one of `keys` is there: exactly one has to be.
    pub(in crate::project) fn one_of(&mut self, keys: &[&'static str]) -> Option<&'static str> {
        let there: Vec<&'static str> = keys.iter().copied().filter(|key| self.has(key)).collect();
        match there.as_slice() {
            [one] => Some(one),
            [] => {
                let list = suggestion::list(keys, "or");
                let message = format!("{} has none of {list}, and needs one", self.name);
                self.problem(self.span.clone(), message, "write one of them");
                None
            }
            [_, second, ..] => {
                let span = self.value(second).map_or(0..0, Spanned::span);
                let message = format!("{} are there; only one can be", suggestion::list(&there, "and"));
                self.problem(span, message, "remove all but one");
                None
            }
        }
    }

    /// A duration, if it is there.
    pub(in crate::project) fn duration(&mut self, key: &str) -> Option<Duration> {
        let text = self.optional_text(key)?;
        match unit::parse_duration(text.get_ref()) {
            Ok(duration) => Some(duration),
            Err(error) => {
                self.problem(text.span(), error.to_string(), "write it like `20s` or `500ms`");
                None
            }
        }
    }

    /// A path below the project's folder, which need not be there.
    pub(in crate::project) fn below(&mut self, path: &Spanned<String>) -> Option<PathBuf> {
        let below = PathBuf::from(path.get_ref());
        if below.is_absolute() || below.components().any(|part| part == Component::ParentDir) {
            let message = format!("`{}` is not below the project's folder", path.get_ref());
            self.problem(path.span(), message, "write a path relative to this file, without `..`");
            return None;
        }
        Some(below)
    }

    /// The table `config`, as the server's configuration has it.
    pub(in crate::project) fn config(&mut self) -> Option<(Range<usize>, Value)> {
        let config = self.required("config")?;
        if let DeValue::Table(_) = config.get_ref() {
            return Some((config.span(), json(config.get_ref())));
        }
        self.wrong_type("config", config.span(), "a table", config.get_ref());
        None
    }

    /// A folder below the project, which is there.
    pub(in crate::project) fn folder(&mut self, path: &Spanned<String>, root: &Path) -> Option<PathBuf> {
        let span = path.span();
        let below = self.below(path)?;
        if !root.join(&below).is_dir() {
            let message = format!("there is no folder `{}` beside this file", path.get_ref());
            self.problem(span, message, "make the folder, or write where the scenarios are");
            return None;
        }
        Some(below)
    }

    /// Names that can stand in a feature, a folder and an expression, each once.
    pub(in crate::project) fn extensions(&mut self, key: &str) -> Option<Vec<String>> {
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
        if let Some(first_too_many) = texts.get(Space::MOST) {
            let message = format!("there are {} extensions, and {} are possible", texts.len(), Space::MOST);
            self.problem(
                first_too_many.span(),
                message,
                "leave out those that need no test together with others",
            );
        }
        Some(texts.into_iter().map(Spanned::into_inner).collect())
    }
}

pub(in crate::project) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
