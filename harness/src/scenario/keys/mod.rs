//! The language's keys: what may stand in each map of a scenario file, what it takes, and what it says. The decoder takes
//! the names from here, and so do the JSON Schema and the reference.

mod behaviour;
mod content;
mod disk;
mod expect;
mod file;
mod flow;
mod log;
mod matcher;
mod request;
mod server;
mod step;
mod values;

pub(super) use behaviour::{ANSWER, EFFECTS, ENDINGS, PATH, PROXY, REPLIES, RULE, SCRIPT};
pub(super) use content::{BODY, BODY_SORTS, DELETED, GENERATED, PULLED, PUSHED, SORTS, STREAMED, UPLOADED};
pub(super) use disk::FILE_EXPECT;
pub(super) use expect::{CHECKS, EXPECT, OUTCOME};
pub(super) use file::{ABSENT, ACCOUNTS, DIFFERS, FILE, OFF};
pub(super) use flow::{RACE, RACERS};
pub(super) use log::{COMMAND_EXPECT, LOG, MEMORY, METRIC, REQUESTS};
pub(super) use matcher::MATCHER;
pub(super) use server::{KILL, REGISTRY};
pub(super) use step::STEPS;

use crate::schema::{Page, Shape, json_schema, reference};

use super::plain::read_yaml;

/// A scenario file.
static SCENARIO: Shape = Shape::Map(&FILE);

/// The JSON Schema of scenario files.
pub(crate) fn schema() -> serde_json::Value {
    json_schema("A scenario of plimsoll", &SCENARIO, |example| {
        read_yaml(&in_a_file(example)).ok()
    })
}

/// The reference of the language, a page in Markdown.
pub(crate) fn page() -> String {
    let page = Page {
        generated: "Generated from harness/src/scenario/keys by `make docs`.",
        title: "Reference of the scenario language",
        introduction: "Every key, with what it takes and an example. [The scenario language](scenarios.md) is the guide: what the keys are \
             for, and what they do together. `plimsoll schema scenario` prints the same as JSON Schema.",
        language: "yaml",
    };
    reference(page, &FILE)
}

/// An example as a file: those that begin with `- ` are steps.
fn in_a_file(example: &str) -> String {
    let example = example.trim();
    if example.starts_with("- ") {
        format!("scenario: an example\nsteps:\n{example}\n")
    } else {
        example.to_owned()
    }
}

#[cfg(test)]
mod tests;
