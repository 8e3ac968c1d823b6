//! The keys of project files and of expectations files: what may stand where, what it takes, and what it says. The readers
//! take the names from here, and so does the JSON Schema.

mod build;
mod expectation;
mod guest;
mod project;
mod serve;
mod target;

use serde_json::Value;
use toml::de::DeTable;

use super::decode::table_as_json;
use crate::schema::{Shape, json_schema};

pub(super) use build::{BUILD, CARGO, COMMAND, MINIMAL};
pub(super) use expectation::{EXPECTATION, EXPECTATIONS};
pub(super) use guest::{GUEST, OF_ANOTHER};
pub(super) use project::{CONFIG_ALONE, CONSTRAINTS, DURABILITY, GUIDELINES, PROJECT};
pub(super) use serve::{CONTAINER, PATTERN, SERVE};
pub(super) use target::TARGET;

/// The JSON Schema of project files.
pub(crate) fn project_schema() -> Value {
    json_schema("plimsoll.toml, a project of plimsoll", &PROJECT_FILE, read)
}

/// The JSON Schema of expectations files.
pub(crate) fn expectations_schema() -> Value {
    json_schema("The failures that are known, for plimsoll", &EXPECTATIONS_FILE, read)
}

/// A file as JSON; nothing if it is no TOML.
pub(crate) fn read(text: &str) -> Option<Value> {
    let (table, errors) = DeTable::parse_recoverable(text);
    errors.is_empty().then(|| table_as_json(table.get_ref()))
}

/// An expectations file.
static EXPECTATIONS_FILE: Shape = Shape::Map(&EXPECTATIONS);

/// A project file: of a project, or of extensions for another one.
static PROJECT_FILE: Shape = Shape::OneOf(&[Shape::Map(&PROJECT), Shape::Map(&OF_ANOTHER)]);

const TEXTS: Shape = Shape::Items(&Shape::String);

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;
    use crate::project::{Known, load_expectations, parse};

    fn examples(root: &'static Shape) -> Vec<&'static str> {
        let maps = root.maps().into_iter();
        maps.flat_map(|map| map.examples.iter().copied()).collect()
    }

    fn assert_every_key_is_shown(root: &'static Shape) {
        let mut seen = BTreeSet::new();
        for example in examples(root) {
            let value = read(example).unwrap();
            root.walk(&value, &mut |map, key, _| {
                seen.insert((map.name, key.name));
            });
        }
        for map in root.maps() {
            for key in map.keys {
                assert!(seen.contains(&(map.name, key.name)), "{}: `{}`", map.name, key.name);
            }
        }
    }

    #[test]
    fn every_example_is_a_project_and_shows_every_key() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for example in examples(&PROJECT_FILE) {
            if let Err(error) = parse(example, Path::new("plimsoll.toml"), &repository) {
                panic!("{example}\n{:?}", miette::Report::new(error));
            }
        }
        assert_every_key_is_shown(&PROJECT_FILE);
    }

    #[test]
    fn every_example_is_an_expectations_file_and_shows_every_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("expectations.toml");
        let extensions = ["scrub", "lint"].map(str::to_owned);
        let known = Known {
            extensions: &extensions,
            scenarios: &["conformance/upload/last-chunk-out-of-order"],
            today: (2026, 1, 1),
        };
        for example in examples(&EXPECTATIONS_FILE) {
            std::fs::write(&path, example).unwrap();
            if let Err(error) = load_expectations(&path, known) {
                panic!("{example}\n{:?}", miette::Report::new(error));
            }
        }
        assert_every_key_is_shown(&EXPECTATIONS_FILE);
    }
}
