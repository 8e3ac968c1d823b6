//! Servers: those that a scenario names, and how they start and end.

use super::{
    behaviour::{PROXY, SCRIPT},
    step::{NOTE, SPEC},
    values::{BYTES, CONFIG, OFFSET, SERVER, WAIT},
};
use crate::schema::{Key, Map, Named, Shape, key, needed};

/// A server of `servers`.
pub(super) static SERVER_DECLARATION: Shape = Shape::Named(&Named {
    name: "server",
    text: "A server of the project, a proxy before another one, or one that answers by rules alone.",
    shape: Shape::OneOf(&[Shape::Map(&REGISTRY), Shape::Map(&PROXY), Shape::Map(&SCRIPT)]),
});

/// A build.
const COMBINATION: Shape = Shape::Named(&Named {
    name: "combination",
    text: "A build: `minimal`, `full`, or a list of extensions.",
    shape: Shape::OneOf(&[Shape::Text, Shape::Items(&Shape::Text)]),
});

/// A server that is started.
pub(in super::super) static REGISTRY: Map = Map {
    name: "registry",
    what: "a server",
    text: "A server of the project: a process of its own, with the project's configuration. `{}` is one that is as the run says.",
    keys: &[
        key("combination", COMBINATION, "another build than the run's"),
        key("config", CONFIG, "its own configuration, merged into the project's"),
        key(
            "root",
            SERVER,
            "the server whose folder it shares; without it, it has one of its own",
        ),
        key(
            "disk",
            BYTES,
            "the size of a file system of its own that its folder is on, in memory: for `fill` and `remount`. Mounting it needs root",
        ),
    ],
    rules: &[],
    examples: &[
        r"
scenario: two servers on one folder see the same
servers:
  first: { combination: [lint, scrub] }
  second: { root: first, config: { extensions: { lint: { enable: false } } } }
steps:
  - push: { image: plain, to: first/app:1, as: app }
  - pull: { from: second/app:1, equals: app }
",
        r"
scenario: a full disk is said to be full
servers: { small: { disk: 8 MiB } }
steps:
  - fill: small
  - push: { image: plain, to: small/app:1 }
    expect: 507
",
    ],
};

const STARTS: &[Key] = &[
    key("config", CONFIG, "a new configuration, merged as that of the file"),
    key(
        "combination",
        COMBINATION,
        "another build, on the same root; `other`: each that opens what this build has written, once",
    ),
    key(
        "clock",
        OFFSET,
        "by how much its clock is wrong from now on, such as `+2h` or `-90m`; `+0s` is right again. Needs libfaketime",
    ),
];

/// `start`.
pub(super) static START: Map = Map {
    name: "start",
    what: "this step",
    text: "Starts a server that was stopped or killed, and awaits that it is ready.",
    keys: &[
        needed("start", SERVER, "which"),
        STARTS[0],
        STARTS[1],
        STARTS[2],
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &[
        "- stop: registry\n- start: registry\n  config: { storage: { gc: false } }\n  combination: minimal\n  clock: +2h",
    ],
};

/// `stop`.
pub(super) static STOP: Map = Map {
    name: "stop",
    what: "this step",
    text: "Stops a server with the project's stop signal, and awaits its end.",
    keys: &[needed("stop", SERVER, "which"), SPEC, NOTE],
    rules: &[],
    examples: &["- stop: registry"],
};

/// `kill`, the step.
pub(super) static KILL_STEP: Map = Map {
    name: "kill",
    what: "this step",
    text: "Kills a server, at once unless it says when.",
    keys: &[
        needed(
            "kill",
            Shape::OneOf(&[SERVER, Shape::Map(&KILL)]),
            "which; or how and when, too",
        ),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- kill: registry"],
};

/// `kill`, with how and when.
pub(in super::super) static KILL: Map = Map {
    name: "how it is killed",
    what: "`kill`",
    text: "Which server is killed, how and when.",
    keys: &[
        key("server", SERVER, "which; `registry` unless said"),
        key(
            "signal",
            Shape::Words(&["KILL", "TERM", "INT", "QUIT", "ABRT"]),
            "the signal; KILL unless said",
        ),
        key(
            "after",
            WAIT,
            "how long after the step begins, such as `500ms` or `random 0 to 800 ms`; at once unless said",
        ),
    ],
    rules: &[],
    examples: &["- kill: { server: registry, signal: TERM, after: random 0 to 800 ms }"],
};

/// `restart`.
pub(super) static RESTART: Map = Map {
    name: "restart",
    what: "this step",
    text: "Stops a server and starts it again, on the same root.",
    keys: &[
        needed("restart", SERVER, "which"),
        STARTS[0],
        STARTS[1],
        STARTS[2],
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- restart: registry\n  config: { storage: { gc: false } }\n  combination: minimal\n  clock: +2h"],
};

/// `pause`.
pub(super) static PAUSE: Map = Map {
    name: "pause",
    what: "this step",
    text: "Holds a server with SIGSTOP: it keeps its connections and answers nothing.",
    keys: &[needed("pause", SERVER, "which"), SPEC, NOTE],
    rules: &[],
    examples: &["- pause: registry\n- resume: registry"],
};

/// `resume`.
pub(super) static RESUME: Map = Map {
    name: "resume",
    what: "this step",
    text: "Lets a server that was paused go on, with SIGCONT.",
    keys: &[needed("resume", SERVER, "which"), SPEC, NOTE],
    rules: &[],
    examples: &["- pause: registry\n- resume: registry"],
};
