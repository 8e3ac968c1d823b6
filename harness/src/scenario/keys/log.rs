//! What servers say beside their answers: log, metrics, memory, what they were asked, and the command line.

use super::{
    matcher::{MATCHER, MATCHER_SHAPE},
    step::{AUTH, NOTE, SPEC},
    values::{SERVER, TIMES},
};
use crate::schema::{Map, Named, Rule, Shape, Written, key, needed};

/// How much or how many.
const AMOUNT: Shape = Shape::Named(&Named {
    name: "amount",
    text: "A number or a size that it has to be, or that bounds it: `at most 1`, `at least 3`, `below 200 MiB`, `above 0`; or a matcher.",
    shape: Shape::OneOf(&[
        Shape::Written(&Written {
            what: "an amount in words",
            pattern: "((at most|at least|below|above) )?[0-9]+ ?(KiB|MiB|GiB)?|present|absent|/.+/",
            number: true,
            template: true,
        }),
        Shape::Map(&MATCHER),
    ]),
});

/// `log`, the step.
pub(super) static LOG_STEP: Map = Map {
    name: "log",
    what: "this step",
    text: "Looks at every line that a server logged since its first start in the scenario. A line may come after the answer that it \
           belongs to: then `log` stands in `eventually`.",
    keys: &[
        needed("log", Shape::Map(&LOG), "which lines"),
        key(
            "times",
            TIMES,
            "how many, exactly; one at least unless said, `0` is never",
        ),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- log: { level: error }\n  times: 0"],
};

/// Lines of a log.
pub(in super::super) static LOG: Map = Map {
    name: "lines of the log",
    what: "`log`",
    text: "What a line has to have; all of it.",
    keys: &[
        key("of", SERVER, "the server; `registry` unless said"),
        key(
            "level",
            Shape::OneOf(&[
                Shape::Words(&["trace", "debug", "info", "warn", "error", "fatal", "panic"]),
                Shape::Text,
            ]),
            "the level",
        ),
        key("message", MATCHER_SHAPE, "the message"),
        key("fields", Shape::MapOf(&MATCHER_SHAPE), "other fields"),
    ],
    rules: &[],
    examples: &["- log: { of: registry, level: warn, message: /doesn't include/, fields: { repository: x } }"],
};

/// `metric`, the step.
pub(super) static METRIC_STEP: Map = Map {
    name: "metric",
    what: "this step",
    text: "Looks at a metric, as Prometheus reads it.",
    keys: &[
        needed("metric", Shape::Map(&METRIC), "which"),
        needed("expect", MATCHER_SHAPE, "its value"),
        SPEC,
        NOTE,
        AUTH,
    ],
    rules: &[],
    examples: &["- metric: { name: zot_up }\n  expect: 1"],
};

/// A metric.
pub(in super::super) static METRIC: Map = Map {
    name: "series of a metric",
    what: "`metric`",
    text: "A metric's name, and what its labels have to be.",
    keys: &[
        key("of", SERVER, "the server; `registry` unless said"),
        needed("name", Shape::Text, "the name"),
        key("labels", Shape::MapOf(&Shape::Text), "labels, each with its value"),
        key("path", Shape::Text, "where metrics are; `/metrics` unless said"),
    ],
    rules: &[Rule::AtMostOne(&["of", "path"])],
    examples: &[
        "- metric: { name: zot_repo_uploads_total, labels: { repo: \"{{ repo }}\" }, path: /metrics }\n  expect: { at_least: 1 }\n- \
         metric: { of: registry, name: zot_up }\n  expect: absent",
    ],
};

/// `memory`, the step.
pub(super) static MEMORY_STEP: Map = Map {
    name: "memory",
    what: "this step",
    text: "Looks at the memory of a server. Linux only.",
    keys: &[needed("memory", Shape::Map(&MEMORY), "what has to hold"), SPEC, NOTE],
    rules: &[],
    examples: &["- memory: { peak: below 200 MiB }"],
};

/// The memory of a server.
pub(in super::super) static MEMORY: Map = Map {
    name: "memory of a server",
    what: "`memory`",
    text: "How much it took.",
    keys: &[
        key("of", SERVER, "the server; `registry` unless said"),
        needed("peak", AMOUNT, "the most that was resident since its start"),
    ],
    rules: &[],
    examples: &["- memory: { of: registry, peak: below 200 MiB }"],
};

/// `requests`, the step.
pub(super) static REQUESTS_STEP: Map = Map {
    name: "requests",
    what: "this step",
    text: "Looks at what a proxy or scripted server was asked.",
    keys: &[
        needed("requests", Shape::Map(&REQUESTS), "which, and what has to hold"),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- requests: { to: slow, method: GET, path: /blobs/, each_path: at most 1 }"],
};

/// What a server was asked.
pub(in super::super) static REQUESTS: Map = Map {
    name: "what was asked",
    what: "`requests`",
    text: "Which requests are meant, and what has to hold of them. Where nothing like it was asked, only `count` can hold.",
    keys: &[
        needed("to", SERVER, "the proxy or scripted server"),
        key("method", Shape::Text, "only requests with this method, in capitals"),
        key("path", MATCHER_SHAPE, "only requests for such paths"),
        key("count", AMOUNT, "how many there were"),
        key("each_path", AMOUNT, "how many there were of each path"),
        key("headers", Shape::MapOf(&MATCHER_SHAPE), "what holds for each of them"),
    ],
    rules: &[Rule::Some(&["count", "each_path", "headers"])],
    examples: &[
        "- requests: { to: slow, method: GET, path: /blobs/, count: 1, each_path: at most 1, headers: { Authorization: absent } }",
    ],
};

/// `command`, the step.
pub(super) static COMMAND: Map = Map {
    name: "command",
    what: "this step",
    text: "Runs the binary of a server with arguments.",
    keys: &[
        needed("command", Shape::List(&Shape::Text), "the arguments"),
        key("of", SERVER, "the server whose binary it is; `registry` unless said"),
        key(
            "expect",
            Shape::Map(&COMMAND_EXPECT),
            "how it ends and what it says; it ends with 0 unless said",
        ),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- command: [verify, \"{{ registry.config }}\"]\n  of: registry\n  expect: { stdout: /ok/ }"],
};

/// How a command ends.
pub(in super::super) static COMMAND_EXPECT: Map = Map {
    name: "end of a command",
    what: "the expectation of a command",
    text: "How it ends, and what it says.",
    keys: &[
        key("exit", Shape::Whole(0, 255), "the exit code; 0 unless said"),
        key("stdout", MATCHER_SHAPE, "what it prints"),
        key("stderr", MATCHER_SHAPE, "what it says on standard error"),
    ],
    rules: &[],
    examples: &["- command: [verify, none.json]\n  expect: { exit: 1, stdout: \"\", stderr: { contains: none.json } }"],
};
