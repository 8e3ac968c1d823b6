//! Sections of extensions that the table of keys does not know, for they are not written in this workspace.
//!
//! The binary says which there may be. What such a section may hold, its extension alone knows: it says so when the registry
//! starts, and when the configuration is verified. A binary that leaves the extension out takes anything.

use std::{collections::BTreeMap, fmt::Write as _, iter};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::{
    problem::{Problem, Severity},
    tree::{Data, Name, Node, Place},
};

/// The sections of extensions from elsewhere, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guests(BTreeMap<String, Guest>);

#[derive(Clone, Debug, PartialEq)]
struct Guest {
    enable: bool,
    /// The other keys.
    keys: Map<String, Value>,
    /// The file that it stands in, as it was named.
    file: String,
    /// Where the section and each key of it stands, by its path. Empty where no file has the section.
    places: BTreeMap<String, Place>,
}

impl Guests {
    /// Whether the configuration has a section of `name` that is not switched off.
    pub fn wants(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|guest| guest.enable)
    }

    /// The section of `name` without its key `enable`. None where there is none, or it is switched off.
    ///
    /// # Errors
    /// The section does not fit, in words for [`Hooks::fail`](crate::hooks::Hooks::fail): where it does not, and why.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(guest) = self.0.get(name).filter(|guest| guest.enable) else {
            return Ok(None);
        };
        serde_path_to_error::deserialize(Value::Object(guest.keys.clone()))
            .map(Some)
            .map_err(|error| {
                let key = join(&section(name), error.path());
                let reason = format!("{key}: {}", error.inner());
                match guest.place(&key) {
                    Some(Place { line, column, .. }) => format!("{}:{line}:{column}: {reason}", guest.file),
                    None => reason,
                }
            })
    }

    /// Says in which file the sections stand.
    pub(super) fn standing_in(mut self, file: &str) -> Self {
        for guest in self.0.values_mut() {
            file.clone_into(&mut guest.file);
        }
        self
    }

    /// Adds a section that says nothing.
    pub(super) fn add(&mut self, name: &str) {
        let guest = Guest {
            enable: true,
            keys: Map::new(),
            file: String::new(),
            places: BTreeMap::new(),
        };
        self.0.insert(name.to_owned(), guest);
    }

    /// Reads the section of `name`.
    pub(super) fn read(&mut self, name: &Name, node: &Node, problems: &mut Vec<Problem>) {
        let shown = section(&name.text);
        let mut places = BTreeMap::from([(shown.clone(), name.place)]);
        let Value::Object(mut keys) = json(node, &shown, &mut places, problems) else {
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
        let guest = Guest {
            enable,
            keys,
            file: String::new(),
            places,
        };
        self.0.insert(name.text.clone(), guest);
    }
}

impl Guest {
    /// Where the key stands, or the nearest of those that it is in.
    fn place(&self, key: &str) -> Option<Place> {
        let ends = key.match_indices(['.', '[']).map(|(at, _)| at);
        let paths = iter::once(key.len()).chain(ends.collect::<Vec<_>>().into_iter().rev());
        paths
            .map(|end| &key[..end])
            .find_map(|path| self.places.get(path).copied())
    }
}

fn section(name: &str) -> String {
    format!("extensions.{name}")
}

/// The path of what is below `section`, in the letters of [`json`].
fn join(section: &str, below: &serde_path_to_error::Path) -> String {
    let mut path = section.to_owned();
    for segment in below {
        // Writing to a String cannot fail.
        let _ = match segment {
            Segment::Seq { index } => write!(path, "[{index}]"),
            Segment::Map { key } => write!(path, ".{key}"),
            Segment::Enum { variant } => write!(path, ".{variant}"),
            Segment::Unknown => Ok(()),
        };
    }
    path
}

/// A part of the document as JSON, and where each part of that stands. Scalars without quotes are what YAML's JSON schema
/// takes them for.
fn json(node: &Node, shown: &str, places: &mut BTreeMap<String, Place>, problems: &mut Vec<Problem>) -> Value {
    match &node.data {
        Data::Mapping(entries) => {
            let mut keys = Map::new();
            for (name, node) in entries {
                let shown = format!("{shown}.{}", name.text);
                let value = json(node, &shown, places, problems);
                if keys.insert(name.text.clone(), value).is_some() {
                    problems.push(error(
                        name.place,
                        &shown,
                        "the key stands a second time",
                        "keep one of them",
                    ));
                }
                places.insert(shown, name.place);
            }
            Value::Object(keys)
        }
        Data::List(items) => {
            let items = items.iter().enumerate().map(|(index, item)| {
                let shown = format!("{shown}[{index}]");
                let value = json(item, &shown, places, problems);
                places.insert(shown, item.place);
                value
            });
            Value::Array(items.collect())
        }
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
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        for (section, said) in [
            (
                "{words: [a], word: b}",
                "test.yaml:3:23: extensions.motto.word: unknown field `word`, expected ",
            ),
            (
                "{words: [a, b, [c]]}",
                "test.yaml:3:25: extensions.motto.words[2]: invalid type: sequence",
            ),
            ("{often: 3}", "test.yaml:3:3: extensions.motto: missing field `words`"),
            (
                "{words: [], often: -1}",
                "test.yaml:3:22: extensions.motto.often: invalid value: integer `-1`",
            ),
        ] {
            let error = read(section).unwrap().guests.section::<Section>("motto").unwrap_err();
            assert!(error.starts_with(said), "{section}: {error}");
        }
        let guests = Config::without_file(&["motto"]).guests;
        let error = guests.section::<Section>("motto").unwrap_err();
        assert!(error.starts_with("extensions.motto: missing field"), "{error}");
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
