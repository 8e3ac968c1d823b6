//! Holds a document against the table of keys and finds everything that is wrong with it at once.

use std::{collections::BTreeMap, mem};

use super::{
    access::repository_glob,
    guest::Guests,
    key::{Key, Kind},
    keys::{self, KEYS, NEEDED, REQUIRED},
    problem::{Problem, Severity},
    sync,
    tree::{Data, Name, Node, Place},
    value::{self, Value, Values},
};

/// The specification that is served.
const SPECIFICATION: &str = "1.1.1";

/// What a document says.
pub(super) struct Checked {
    pub(super) values: Values,
    pub(super) guests: Guests,
    pub(super) problems: Vec<Problem>,
}

/// Reads the values of a document, and what is wrong with it. Beside the extensions that the table knows, there may be
/// sections of `extensions`.
pub(super) fn check(root: Option<&Node>, extensions: &[&str]) -> Checked {
    let mut checker = Checker {
        extensions,
        guests: Guests::default(),
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
            checker.section("", "", root);
            checker.required();
            checker.together();
            checker.problems.extend(sync::incompatible(root, &checker.values));
        }
    }
    checker.problems.sort_by_key(|problem| problem.place);
    Checked {
        values: checker.values,
        guests: checker.guests,
        problems: checker.problems,
    }
}

struct Checker<'a> {
    extensions: &'a [&'a str],
    guests: Guests,
    values: Values,
    problems: Vec<Problem>,
    /// Where each section begins.
    places: BTreeMap<&'static str, Place>,
}

impl Checker<'_> {
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

    /// A section, whose keys the table has below `path`. To the reader it is `shown`, which has names and numbers where the
    /// table has an asterisk.
    fn section(&mut self, path: &str, shown: &str, node: &Node) {
        let Data::Mapping(entries) = &node.data else {
            self.error(node.place, shown, format!("found {node}"), value::advice(Kind::Section));
            return;
        };
        let mut seen: BTreeMap<String, Place> = BTreeMap::new();
        for (name, node) in entries {
            let full = join(shown, &name.text);
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
                Some(key) => self.key(key, &join(shown, key.name()), name, node),
                None if path == "extensions" && self.extensions.contains(&name.text.as_str()) => {
                    self.guests.read(name, node, &mut self.problems);
                }
                None => self.unknown(path, &full, name),
            }
        }
    }

    fn key(&mut self, key: &'static Key, shown: &str, name: &Name, node: &Node) {
        match key.kind {
            Kind::NotYet => self.error(
                name.place,
                shown,
                "zot has this key; plimsoll-registry does not support it yet",
                value::advice(key.kind),
            ),
            Kind::Ignored(why) => self.report(
                Severity::Warning,
                name.place,
                shown,
                format!("the key is ignored: {why}"),
                value::advice(key.kind),
            ),
            Kind::Section => {
                self.places.insert(key.path, name.place);
                self.values.add_section(key.path);
                self.section(key.path, shown, node);
            }
            Kind::Map | Kind::Globs => self.map(key, shown, node),
            Kind::Sections => self.sections(key, shown, node),
            kind => match value::read(kind, node) {
                Ok(value) => self.value(key, node, value),
                Err(misfit) => self.error(node.place, shown, misfit.found, misfit.help),
            },
        }
    }

    fn map(&mut self, key: &'static Key, shown: &str, node: &Node) {
        let Data::Mapping(entries) = &node.data else {
            self.error(node.place, shown, format!("found {node}"), value::advice(key.kind));
            return;
        };
        let mut sections: Vec<(String, Values)> = Vec::new();
        for (name, node) in entries {
            let shown = format!("{shown}.{}", name.text);
            if sections.iter().any(|(other, _)| *other == name.text) {
                self.error(name.place, &shown, "the name stands a second time", "keep one of them");
                continue;
            }
            if key.kind == Kind::Globs
                && let Err(error) = repository_glob(&name.text)
            {
                let found = format!("the pattern means nothing: {}", error.kind());
                self.error(name.place, &shown, found, "write one such as \"team/**\" or \"**\"");
                continue;
            }
            let values = self.apart(key.path, &shown, node);
            sections.push((name.text.clone(), values));
        }
        self.values.set(key.path, Value::Map(sections));
    }

    fn sections(&mut self, key: &'static Key, shown: &str, node: &Node) {
        let Data::List(items) = &node.data else {
            self.error(node.place, shown, format!("found {node}"), value::advice(key.kind));
            return;
        };
        let items = items.iter().enumerate();
        let sections = items.map(|(number, node)| self.apart(key.path, &format!("{shown}[{number}]"), node));
        let sections = sections.collect();
        self.values.set(key.path, Value::Sections(sections));
    }

    /// The values of a section that may be there several times.
    fn apart(&mut self, path: &str, shown: &str, node: &Node) -> Values {
        let around = mem::replace(&mut self.values, Values::defaults_within(path));
        let complained = self.problems.len();
        self.section(path, shown, node);
        for key in keys::within(path).filter(|key| NEEDED.contains(&key.path)) {
            if !self.values.has(key.path) && self.problems.len() == complained {
                self.missing(node.place, &join(shown, key.name()), key);
            }
        }
        self.problems
            .extend(sync::contradictions(path, shown, node, &self.values));
        mem::replace(&mut self.values, around)
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
                self.missing(place, path, key);
            }
        }
        for key in KEYS.iter().filter(|key| NEEDED.contains(&key.path)) {
            let complained = |problem: &Problem| key.path.starts_with(&problem.key);
            if let Some(place) = self.places.get(key.section()).copied()
                && !self.values.has(key.path)
                && !self.problems.iter().any(complained)
            {
                self.missing(place, key.path, key);
            }
        }
    }

    fn missing(&mut self, place: Place, shown: &str, key: &Key) {
        self.error(place, shown, "the key is missing", value::advice(key.kind));
    }

    /// What single keys cannot show: sections that do not go together.
    fn together(&mut self) {
        self.tokens();
        let key = "http.auth.apikey";
        let has_owners = self.places.contains_key("http.auth.htpasswd") || self.values.has("http.tls.cacert");
        if self.values.switch(key) && !has_owners {
            let place = self.places.get("http.auth").copied().unwrap_or(Place::START);
            let help = "write `http.auth.htpasswd` or `http.tls.cacert` as well";
            self.error(place, key, "there is nobody who could make a key", help);
        }
    }

    fn tokens(&mut self) {
        let (bearer, token) = ("http.auth.bearer", "http.auth.token");
        let Some(place) = self.places.get(token).copied() else {
            return;
        };
        if self.places.contains_key(bearer) {
            let found = "tokens are issued here, and `http.auth.bearer` wants them from elsewhere";
            self.error(place, token, found, "keep one of them");
        } else if !self.places.contains_key("http.auth.htpasswd") {
            let found = "there is nobody to issue tokens to";
            self.error(place, token, found, "write `http.auth.htpasswd` as well");
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
