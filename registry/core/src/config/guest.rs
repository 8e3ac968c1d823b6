//! Sections of extensions that the table of keys does not know, for they are not written in this workspace.
//!
//! The binary says which there may be. What such a section may hold, its extension alone knows, and says when the registry
//! starts; a binary that leaves the extension out takes anything.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    problem::{Problem, Severity},
    tree::{Data, Node, Place},
};

/// The sections of extensions from elsewhere, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guests(BTreeMap<String, Guest>);

#[derive(Clone, Debug, PartialEq)]
struct Guest {
    enable: bool,
    /// The other keys.
    keys: Map<String, Value>,
}

impl Guests {
    /// Whether the configuration has a section of `name` that is not switched off.
    pub fn wants(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|guest| guest.enable)
    }

    /// The section of `name` without its key `enable`. None where there is none, or it is switched off.
    ///
    /// # Errors
    /// The section does not fit, in words for the log.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(guest) = self.0.get(name).filter(|guest| guest.enable) else {
            return Ok(None);
        };
        serde_json::from_value(Value::Object(guest.keys.clone()))
            .map(Some)
            .map_err(|error| format!("extensions.{name}: {error}"))
    }

    /// Adds a section that says nothing.
    pub(super) fn add(&mut self, name: &str) {
        let guest = Guest {
            enable: true,
            keys: Map::new(),
        };
        self.0.insert(name.to_owned(), guest);
    }

    /// Reads the section of `name`.
    pub(super) fn read(&mut self, name: &str, node: &Node, problems: &mut Vec<Problem>) {
        let shown = format!("extensions.{name}");
        let Value::Object(mut keys) = json(node, &shown, problems) else {
            problems.push(error(
                node.place,
                &shown,
                format!("found {node}"),
                "write a mapping, such as `{}`",
            ));
            return;
        };
        let enable = match keys.remove("enable") {
            None => true,
            Some(Value::Bool(enable)) => enable,
            Some(Value::String(word)) if word == "true" || word == "false" => word == "true",
            Some(other) => {
                let found = format!("found {other}");
                problems.push(error(
                    node.place,
                    &format!("{shown}.enable"),
                    found,
                    "write true or false",
                ));
                return;
            }
        };
        self.0.insert(name.to_owned(), Guest { enable, keys });
    }
}

/// A part of the document as JSON. Scalars without quotes are what YAML's JSON schema takes them for.
fn json(node: &Node, shown: &str, problems: &mut Vec<Problem>) -> Value {
    match &node.data {
        Data::Mapping(entries) => {
            let mut keys = Map::new();
            for (name, node) in entries {
                let shown = format!("{shown}.{}", name.text);
                let value = json(node, &shown, problems);
                if keys.insert(name.text.clone(), value).is_some() {
                    problems.push(error(
                        name.place,
                        &shown,
                        "the key stands a second time",
                        "keep one of them",
                    ));
                }
            }
            Value::Object(keys)
        }
        Data::List(items) => Value::Array(items.iter().map(|item| json(item, shown, problems)).collect()),
        Data::Scalar { .. } if node.is_nothing() => Value::Null,
        Data::Scalar { text, .. } if node.is_number_or_switch() => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
        }
        Data::Scalar { text, .. } => Value::String(text.clone()),
    }
}

fn error(place: Place, key: &str, found: impl Into<String>, help: &str) -> Problem {
    Problem {
        severity: Severity::Error,
        place,
        key: key.to_owned(),
        found: found.into(),
        help: help.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use crate::config::{Config, ConfigError};

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Section {
        words: Vec<String>,
        #[serde(default)]
        often: u32,
    }

    fn read(section: &str) -> Result<Config, String> {
        let text = format!("storage: {{rootDirectory: /r}}\nextensions:\n  motto: {section}\n");
        match Config::parse_for(&["lint", "motto"], "test.yaml", text) {
            Ok(loaded) => Ok(loaded.config),
            Err(ConfigError::Invalid(report)) => Err(report.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_section_of_an_extension_from_elsewhere_is_read_as_that_wants_it() {
        let guests = read("{words: [\"1\", b], often: 3}").unwrap().guests;
        let words = ["1", "b"].map(str::to_owned).to_vec();
        assert!(guests.wants("motto") && !guests.wants("lint"));
        assert_eq!(guests.section("motto"), Ok(Some(Section { words, often: 3 })));
        let error = read("{word: [a]}")
            .unwrap()
            .guests
            .section::<Section>("motto")
            .unwrap_err();
        assert!(error.starts_with("extensions.motto: unknown field `word`"), "{error}");
    }

    #[test]
    fn one_that_is_switched_off_is_not_there() {
        for off in ["{enable: false}", "{enable: \"false\", words: 3}"] {
            let guests = read(off).unwrap().guests;
            assert!(!guests.wants("motto"), "{off}");
            assert_eq!(guests.section::<Section>("motto"), Ok(None), "{off}");
        }
        assert!(Config::without_file(&["motto"]).guests.wants("motto"));
        assert!(!Config::without_file(&[]).guests.wants("motto"));
    }

    #[test]
    fn what_no_section_can_be_is_refused_with_its_line() {
        for (section, said) in [
            ("[a]", "found a list"),
            ("{enable: perhaps}", "write true or false"),
            ("{a: 1, a: 2}", "a second time"),
        ] {
            let error = read(section).unwrap_err();
            assert!(error.contains(said) && error.contains(":3:"), "{section}: {error}");
        }
        let text = "storage: {rootDirectory: /r}\nextensions: {motto: {}}\n";
        assert!(
            Config::parse("test.yaml", text.to_owned()).is_err(),
            "nobody said that there is such an extension"
        );
    }
}
