//! `serve`.

use super::{TEXTS, build::IMAGE_EXAMPLE};
use crate::schema::{Map, Rule, Shape, Written, key, needed};

const DURATION: Shape = Shape::Written(&Written {
    what: "a duration",
    pattern: "[0-9]+ ?(ms|s|m)",
    number: false,
    template: false,
});

/// `serve`.
pub(in crate::project) static SERVE: Map = Map {
    name: "serve",
    what: "`serve`",
    text: "How a server is started, known to be ready, and ended. In arguments, variables and every text of the configuration \
           `{root}` stands for the empty folder that the server gets, `{config}` for its configuration file, and `{port}` for a free \
           port, where `address` asks for one.",
    keys: &[
        needed("arguments", TEXTS, "the arguments of the server"),
        key("environment", Shape::MapOf(&Shape::String), "variables for it"),
        key(
            "address-from-log",
            Shape::OneOf(&[Shape::String, Shape::Map(&PATTERN)]),
            "how the log says where the server listens: a key of a line of JSON, whose value is `host:port`, or a regular expression",
        ),
        key(
            "address",
            Shape::Written(&Written {
                what: "an address with `{port}`",
                pattern: r".*\{port\}.*",
                number: false,
                template: false,
            }),
            "`127.0.0.1:{port}`, where the server cannot choose a port itself",
        ),
        key(
            "config",
            Shape::AnyMap,
            "the configuration that every server starts with; scenarios merge theirs into it",
        ),
        key(
            "config-file",
            Shape::String,
            "what the file is called; config.json unless said. What is in it is JSON, which every YAML reader takes",
        ),
        key("start-within", DURATION, "how long the start may take; 20s unless said"),
        key(
            "stop-signal",
            Shape::Words(&["SIGTERM", "SIGINT", "SIGQUIT"]),
            "the signal that ends it; SIGTERM unless said",
        ),
        key("stop-within", DURATION, "how long the end may take; 20s unless said"),
        key(
            "container",
            Shape::Map(&CONTAINER),
            "how it is reached in a container, where the engine says its address",
        ),
    ],
    rules: &[
        Rule::Some(&["address-from-log", "address", "container"]),
        Rule::AtMostOne(&["address-from-log", "address"]),
    ],
    examples: &[
        IMAGE_EXAMPLE,
        r#"
name = "registry"
scenarios = "scenarios"
extensions = []
build.program = "docker-registry"

[serve]
arguments = ["serve", "{config}"]
environment = { LEVEL = "debug" }
address-from-log = "address"
config = { version = "0.1", storage.root = "{root}" }
config-file = "config.yml"
start-within = "30s"
stop-signal = "SIGINT"
stop-within = "500ms"
"#,
        r#"
name = "registry"
scenarios = "scenarios"
extensions = []
build.program = "registry.py"
serve = { arguments = ["{port}", "{root}"], address = "127.0.0.1:{port}" }
"#,
    ],
};

/// `serve.container`.
pub(in crate::project) static CONTAINER: Map = Map {
    name: "serve.container",
    what: "`serve.container`",
    text: "How the server is reached in a container.",
    keys: &[
        needed("port", Shape::Whole(1, 65535), "where it listens there"),
        key("config", Shape::AnyMap, "what its configuration has to say there"),
    ],
    rules: &[],
    examples: &[IMAGE_EXAMPLE],
};

/// A pattern of `address-from-log`.
pub(in crate::project) static PATTERN: Map = Map {
    name: "serve.address-from-log",
    what: "`serve.address-from-log`",
    text: "A line of the log that says where the server listens.",
    keys: &[needed(
        "matches",
        Shape::String,
        "a regular expression with a group `address`, or a group `port` for one on 127.0.0.1",
    )],
    rules: &[],
    examples: &[r#"
name = "registry"
scenarios = "scenarios"
extensions = []
build.program = "docker-registry"

[serve]
arguments = ["{root}"]
address-from-log = { matches = 'listening on (?<address>127\.0\.0\.1:[0-9]+)' }
"#],
};
