//! The table of keys holds what it says: its examples are scenarios, and show every key.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use super::{super::parse, FILE, in_a_file, read_yaml, schema};
use crate::{
    scenario::Vocabulary,
    schema::{Map, Shape},
};

/// What the examples that are steps may name.
const BEFORE: &str = "\
scenario: an example
spec: [PUSH-DIG-04, PULL-BLOB-05]
servers:
  registry: {}
  upstream: { combination: minimal }
  slow: { proxy: upstream }
  limited: { disk: 8 MiB }
steps:
- generate: { bytes: 3 KiB, as: blob }
- generate: { text: \"{}\", as: config }
- generate: { images: 2, as: versions }
- generate: { manifest: { config: config, layers: [blob] }, as: m }
- push: { image: plain, to: \":1\", as: image }
- pull: { from: \":1\", equals: image }
";

/// Every example, with the map that it belongs to.
fn examples() -> Vec<(&'static Map, &'static str)> {
    let maps = Shape::Map(&FILE).maps();
    let examples = maps
        .into_iter()
        .flat_map(|map| map.examples.iter().map(move |example| (map, example.trim())));
    examples.collect()
}

fn whole(example: &str) -> String {
    if example.starts_with("- ") {
        format!("{BEFORE}{example}\n")
    } else {
        example.to_owned()
    }
}

#[test]
fn every_example_is_a_scenario() {
    for (map, example) in examples() {
        let source = whole(example);
        if let Err(error) = parse("example", Path::new("example.yaml"), &source, &Vocabulary::default()) {
            panic!("{}: {source}\n{:?}", map.name, miette::Report::new(error));
        }
    }
}

#[test]
fn every_key_is_shown_by_an_example_of_its_map() {
    let shown: BTreeSet<(&str, &str, &str)> = examples()
        .into_iter()
        .flat_map(|(owner, example)| {
            let value = read_yaml(&in_a_file(example)).unwrap();
            let mut seen = Vec::new();
            Shape::Map(&FILE).walk(&value, &mut |map, key, _| seen.push((owner.name, map.name, key.name)));
            seen
        })
        .collect();
    for map in Shape::Map(&FILE).maps() {
        assert!(
            !map.text.is_empty() && map.text.ends_with('.'),
            "{}: {}",
            map.name,
            map.text
        );
        for key in map.keys {
            let everywhere = ["spec", "note", "auth"].contains(&key.name);
            // Requests differ in their method alone, and what all steps have is shown once.
            let owner = |name: &str| name == map.name || everywhere || map.key("chunked").is_some() && name == "put";
            assert!(
                shown.iter().any(|(of, _, name)| owner(of) && *name == key.name),
                "no example of {} shows `{}`",
                map.name,
                key.name
            );
        }
    }
}

#[test]
fn names_of_maps_are_their_own() {
    let mut names: Vec<&str> = Shape::Map(&FILE).maps().iter().map(|map| map.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn every_example_fits_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (map, example) in examples() {
        let value = read_yaml(&whole(example)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {example}\n{}", map.name, errors.join("\n"));
    }
}

#[test]
fn the_schema_has_an_example_of_every_key() {
    let schema = schema();
    let definitions = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let keys = definitions
        .filter_map(|definition| definition["properties"].as_object())
        .flatten();
    let without: Vec<&String> = keys
        .filter(|(_, key)| key["examples"] == Value::Null)
        .map(|(name, _)| name)
        .collect();
    assert_eq!(without, Vec::<&String>::new());
}
