//! Expectations files.

use crate::schema::{Map, Shape, key, needed};

/// The expectations file.
pub(in crate::project) static EXPECTATIONS: Map = Map {
    name: "expectations",
    what: "the file",
    text: "Failures that are known, and are being mended: such a run fails nothing, and one that passes is red.",
    keys: &[needed(
        "expect",
        Shape::Items(&Shape::Map(&EXPECTATION)),
        "the failures, each below `[[expect]]`",
    )],
    rules: &[],
    examples: &[EXPECTATION_EXAMPLE],
};

const EXPECTATION_EXAMPLE: &str = r#"
[[expect]]
scenario = "conformance/upload/last-chunk-out-of-order"
row = "first=999"
when = "scrub and not lint"
says = "the status differs"
reason = "ranges of the last chunk are not looked at"
issue = "https://example.org/issues/7"
until = 2999-03-01
"#;

/// A failure that is known.
pub(in crate::project) static EXPECTATION: Map = Map {
    name: "known failure",
    what: "`expect`",
    text: "A failure that is known.",
    keys: &[
        needed(
            "scenario",
            Shape::String,
            "the scenario's name, as `plimsoll list` prints it",
        ),
        key(
            "row",
            Shape::String,
            "the row, as reports show it; every row unless said",
        ),
        key(
            "when",
            Shape::String,
            "in which combinations, as an expression over extensions; every one unless said",
        ),
        key(
            "says",
            Shape::String,
            "a part of what the failure says; anything unless said",
        ),
        needed("reason", Shape::String, "why it fails"),
        needed("issue", Shape::String, "where that is being mended"),
        needed(
            "until",
            Shape::Date,
            "the day until when it may fail, without quotes; after that the entry is an error",
        ),
    ],
    rules: &[],
    examples: &[EXPECTATION_EXAMPLE],
};
