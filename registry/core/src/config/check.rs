//! Holds a document against the table of keys and finds everything that is wrong with it at once.

use std::collections::BTreeMap;

use super::{
    keys::{self, KEYS, Key, Kind, REQUIRED},
    problem::{Problem, Severity},
    tree::{Data, Name, Node, Place},
    value::{self, Value, Values},
};

/// The specification that is served.
const SPECIFICATION: &str = "1.1.1";

/// Reads the values of a document, and what is wrong with it.
pub(super) fn check(root: Option<&Node>) -> (Values, Vec<Problem>) {
    let mut checker = Checker {
        values: Values::defaults(),
        problems: Vec::new(),
        places: BTreeMap::from([("", Place::START)]),
    };
    match root {
        None => checker.error(
            Place::START,
            "",
            "the file is empty",
            "write at least `storage: {rootDirectory: PATH}`",
        ),
        Some(root) => {
            checker.section("", root);
            checker.required();
        }
    }
    checker.problems.sort_by_key(|problem| problem.place);
    (checker.values, checker.problems)
}

struct Checker {
    values: Values,
    problems: Vec<Problem>,
    /// Where each section begins.
    places: BTreeMap<&'static str, Place>,
}

impl Checker {
    fn report(
        &mut self,
        severity: Severity,
        place: Place,
        key: &str,
        found: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Problem {
            severity,
            place,
            key: key.to_owned(),
            found: found.into(),
            help: help.into(),
        });
    }

    fn error(&mut self, place: Place, key: &str, found: impl Into<String>, help: impl Into<String>) {
        self.report(Severity::Error, place, key, found, help);
    }

    fn section(&mut self, path: &str, node: &Node) {
        let Data::Mapping(entries) = &node.data else {
            self.error(node.place, path, format!("found {node}"), value::advice(Kind::Section));
            return;
        };
        let mut seen: BTreeMap<String, Place> = BTreeMap::new();
        for (name, node) in entries {
            let full = join(path, &name.text);
            if let Some(first) = seen.insert(name.text.to_ascii_lowercase(), name.place) {
                self.error(
                    name.place,
                    &full,
                    format!("the key stands a second time, first in line {}", first.line),
                    "keep one of them (keys are compared without regard to case)",
                );
                continue;
            }
            let key = keys::within(path).find(|key| key.name().eq_ignore_ascii_case(&name.text));
            match key {
                Some(key) => self.key(key, name, node),
                None => self.unknown(path, &full, name),
            }
        }
    }

    fn key(&mut self, key: &'static Key, name: &Name, node: &Node) {
        match key.kind {
            Kind::NotYet => self.error(
                name.place,
                key.path,
                "zot has this key; plimsoll-registry does not support it yet",
                value::advice(key.kind),
            ),
            Kind::Deprecated(instead) => self.report(
                Severity::Warning,
                name.place,
                key.path,
                format!("the key is deprecated and ignored: {instead}"),
                value::advice(key.kind),
            ),
            Kind::Section => {
                self.places.insert(key.path, name.place);
                self.values.add_section(key.path);
                self.section(key.path, node);
            }
            kind => match value::read(kind, node) {
                Ok(value) => self.value(key, node, value),
                Err(misfit) => self.error(node.place, key.path, misfit.found, misfit.help),
            },
        }
    }

    fn value(&mut self, key: &'static Key, node: &Node, value: Value) {
        if key.kind == Kind::Version && !matches!(&value, Value::Text(version) if version == SPECIFICATION) {
            self.report(
                Severity::Warning,
                node.place,
                key.path,
                format!("found {node}, but this registry serves {SPECIFICATION}"),
                format!("write \"{SPECIFICATION}\""),
            );
        }
        self.values.set(key.path, value);
    }

    fn unknown(&mut self, section: &str, full: &str, name: &Name) {
        let siblings = || keys::within(section).map(Key::name);
        let elsewhere = KEYS
            .iter()
            .find(|key| key.is_supported() && key.name().eq_ignore_ascii_case(&name.text));
        let help = if let Some(meant) = value::nearest(&name.text, siblings()) {
            format!("did you mean `{meant}`?")
        } else if let Some(key) = elsewhere {
            format!("did you mean `{}`?", key.path)
        } else {
            let supported: Vec<_> = keys::within(section)
                .filter(|key| key.is_supported())
                .map(Key::name)
                .collect();
            format!("the keys here are {}", supported.join(", "))
        };
        self.error(name.place, full, "unknown key", help);
    }

    fn required(&mut self) {
        for path in REQUIRED {
            let key = KEYS.iter().find(|key| key.path == path);
            let complained = self.problems.iter().any(|problem| path.starts_with(&problem.key));
            if let Some(key) = key.filter(|_| self.values.text(path).is_none() && !complained) {
                let place = self.places.get(key.section()).copied().unwrap_or(Place::START);
                self.error(place, path, "the key is missing", value::advice(key.kind));
            }
        }
    }
}

fn join(section: &str, name: &str) -> String {
    if section.is_empty() {
        name.to_owned()
    } else {
        format!("{section}.{name}")
    }
}
