//! Flow: variables, checks, repetition, waiting, and clients side by side.

use super::{
    matcher::MATCHER_SHAPE,
    step::{AUTH, NOTE, SPEC, STEP},
    values::{COUNT, DURATION},
};
use crate::schema::{Map, Shape, key, needed};

/// `set`.
pub(super) static SET: Map = Map {
    name: "set",
    what: "this step",
    text: "Gives names to values.",
    keys: &[
        needed("set", Shape::MapOf(&Shape::Any), "names, each with its value"),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- set: { sibling: \"{{ repo }}-other\" }"],
};

/// `check`.
pub(super) static CHECK: Map = Map {
    name: "check",
    what: "this step",
    text: "Looks at any value.",
    keys: &[
        needed("check", Shape::Any, "the value"),
        needed("expect", MATCHER_SHAPE, "what it has to be"),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- check: \"{{ blob.size }}\"\n  expect: 3072"],
};

/// `repeat`.
pub(super) static REPEAT: Map = Map {
    name: "repeat",
    what: "this step",
    text: "Does steps several times.",
    keys: &[
        needed(
            "repeat",
            Shape::OneOf(&[COUNT, Shape::List(&Shape::Any)]),
            "how often, or a list; over nothing is a failure",
        ),
        key("as", Shape::Text, "the name of the number, from 0, or of the item"),
        needed("do", Shape::List(&STEP), "what"),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- repeat: 30\n  as: i\n  do:\n    - push: { image: plain, to: \":t{{ i }}\" }"],
};

/// `clients`.
pub(super) static CLIENTS: Map = Map {
    name: "clients",
    what: "this step",
    text: "Several clients at once, each with connections, variables and chance of its own. `client` is its number and `n` that of \
           its round, both from 0.",
    keys: &[
        needed("clients", COUNT, "how many"),
        key(
            "until",
            Shape::Words(&["killed"]),
            "again and again, beside the steps that follow, until one of those kills a server; once unless said",
        ),
        needed("do", Shape::List(&STEP), "what each of them does"),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &[
        "- clients: 6\n  until: killed\n  do:\n    - push: { image: 1 layer of 9 KiB, to: \"r{{ client }}/app:{{ n }}\" }\n- kill: \
         registry",
    ],
};

/// `race`, the step.
pub(super) static RACE_STEP: Map = Map {
    name: "race",
    what: "this step",
    text: "Clients do their steps again and again until the time is over. When each request was sent and answered, and what it said, \
           is held against a model: there has to be an order of the operations that explains it.",
    keys: &[
        needed("race", Shape::Map(&RACE), "who, for how long, and the model"),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &[
        "- race: { seconds: 2, clients: [{ count: 4, do: { pull: { from: \":1\" } } }], model: register per tag }",
    ],
};

/// A race.
pub(in super::super) static RACE: Map = Map {
    name: "terms of a race",
    what: "a race",
    text: "Who races, for how long, and what their history has to be of.",
    keys: &[
        needed("seconds", Shape::Positive(60), "how long it lasts, up to a minute"),
        needed("clients", Shape::List(&Shape::Map(&RACERS)), "who"),
        needed(
            "model",
            Shape::Words(&["register per tag", "set of blobs", "upload session"]),
            "what the registry is, of which each history has to be one",
        ),
    ],
    rules: &[],
    examples: &[r#"
- race:
    seconds: 0.3
    clients:
      - { count: 4, do: { push: { image: any of versions, to: "app:latest" } } }
      - { count: 8, do: { pull: { from: "app:latest" } } }
    model: register per tag
"#],
};

/// Clients of a race.
pub(in super::super) static RACERS: Map = Map {
    name: "clients of a race",
    what: "clients of a race",
    text: "How many, and what each of them does.",
    keys: &[
        needed("count", COUNT, "how many"),
        needed(
            "do",
            Shape::OneOf(&[STEP, Shape::List(&STEP)]),
            "a step, or a list of steps",
        ),
    ],
    rules: &[],
    examples: &[
        "- race: { seconds: 1, clients: [{ count: 2, do: [{ upload: { blob: blob } }, { delete: { blob: \"{{ blob.digest }}\" } }] }], \
         model: set of blobs }",
    ],
};

/// `sometimes`.
pub(super) static SOMETIMES: Map = Map {
    name: "sometimes",
    what: "this step",
    text: "Does a step half of the times, by chance.",
    keys: &[needed("sometimes", STEP, "the step"), SPEC, NOTE],
    rules: &[],
    examples: &["- sometimes: { delete: { tag: \":1\" } }"],
};

/// `acknowledged`.
pub(super) static ACKNOWLEDGED: Map = Map {
    name: "acknowledged",
    what: "this step",
    text: "Asks every server for all that it acknowledged in this run: what was put is there with every byte, what was deleted is \
           gone, and what got no answer is whole or not there.",
    keys: &[
        needed("acknowledged", Shape::Words(&["intact"]), "what has to hold"),
        SPEC,
        NOTE,
        AUTH,
    ],
    rules: &[],
    examples: &["- restart: registry\n- acknowledged: intact"],
};

/// `eventually`.
pub(super) static EVENTUALLY: Map = Map {
    name: "eventually",
    what: "this step",
    text: "Does one step that asks until it holds: a request, `pull`, `pages`, `file`, `log`, `metric`, `requests`, `memory`, `check`, \
           `command`, `layout` or `acknowledged`. It is the one wait there is.",
    keys: &[
        needed(
            "eventually",
            STEP,
            "the step; what it captures is that of the last look",
        ),
        key("within", DURATION, "how long it may take; 10s unless said"),
        key(
            "every",
            DURATION,
            "how long it waits between two looks; 50ms unless said",
        ),
        key("abort_if", STEP, "gives up at once when this step holds"),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &[
        "- eventually:\n    log: { message: blobs/manifest ok }\n  within: 20s\n  every: 100ms\n  abort_if: { log: { level: error } }",
    ],
};
