//! The file itself, and its smaller tables.

use super::{BUILD, SERVE, TARGET, TEXTS, guest::GUESTS};
use crate::schema::{Map, Rule, Shape, Written, key, needed};

const NAME: Shape = Shape::Written(&Written {
    what: "the name of an extension",
    pattern: "[a-z][a-z0-9_-]*",
    number: false,
    template: false,
});

/// The project file.
pub(in crate::project) static PROJECT: Map = Map {
    name: "project",
    what: "the file",
    text: "What the system under test is: how it is built, which extensions it has, how it is started, how it is known to be ready, \
           and how it ends. Paths are relative to the file, and stay below its folder.",
    keys: &[
        needed("name", Shape::String, "what it is called in reports"),
        needed("scenarios", Shape::String, "the folder of the scenarios"),
        key(
            "any-registry",
            TEXTS,
            "the folders below it that hold for any registry; the rest is not run against a URL unless it is named",
        ),
        needed(
            "extensions",
            Shape::Items(&NAME),
            "every build-time extension, in the order in which combinations are named; at most 64",
        ),
        key(
            "constraints",
            Shape::Map(&CONSTRAINTS),
            "which combinations there can be",
        ),
        key(
            "build",
            Shape::Map(&BUILD),
            "where the binary of a combination comes from",
        ),
        key(
            "serve",
            Shape::Map(&SERVE),
            "how a server is started, known to be ready, and ended",
        ),
        key(
            "target",
            Shape::Map(&TARGET),
            "instead of `build` and `serve`: a registry that somebody else runs",
        ),
        key(
            "official",
            Shape::Map(&CONFIG_ALONE),
            "what differs for the official suite",
        ),
        key("bench", Shape::Map(&CONFIG_ALONE), "what differs for measurements"),
        key(
            "durability",
            Shape::Map(&DURABILITY),
            "what may be on the disk once nothing is left over",
        ),
        key(
            "guidelines",
            Shape::Map(&GUIDELINES),
            "what the extensions are written by: `plimsoll check` holds them to it",
        ),
        key("expectations", Shape::String, "the file of the failures that are known"),
        key(
            "census",
            Shape::String,
            "the file that says how much a run checks at least",
        ),
        GUESTS,
    ],
    rules: &[Rule::One(&["build", "target"]), Rule::One(&["serve", "target"])],
    examples: &[r#"
name = "registry"
scenarios = "scenarios"
any-registry = ["conformance"]
extensions = ["metrics", "search", "ui"]
expectations = "expectations.toml"
census = "census.toml"
constraints.requires = { ui = ["search"] }
build.cargo.package = "registry"
guidelines.preset = "rust"

[official.config]
storage.sparse = true

[serve]
arguments = ["serve", "{config}"]
address-from-log = "address"
config.storage.root = "{root}"

[[out-of-tree]]
name = "clock"
git = "https://example.org/clock"
"#],
};

/// `constraints`.
pub(in crate::project) static CONSTRAINTS: Map = Map {
    name: "constraints",
    what: "`constraints`",
    text: "Which combinations there can be. One has to satisfy them, and each extension has to be in one.",
    keys: &[
        key("always", TEXTS, "extensions that are in every build"),
        key(
            "requires",
            Shape::MapOf(&TEXTS),
            "extensions, each with those that are in wherever it is",
        ),
        key(
            "conflicts",
            Shape::Items(&Shape::Choice(&Shape::String)),
            "lists of extensions of which one at most is in",
        ),
    ],
    rules: &[],
    examples: &[r#"
name = "registry"
scenarios = "scenarios"
extensions = ["search", "ui", "blue", "green"]
constraints = { always = ["search"], requires = { ui = ["search"] }, conflicts = [["blue", "green"]] }
build.cargo.package = "registry"
serve = { arguments = ["{root}"], address-from-log = "address" }
"#],
};

/// `official` and `bench`.
pub(in crate::project) static CONFIG_ALONE: Map = Map {
    name: "other configuration",
    what: "the table",
    text: "How the registry is configured, where that differs.",
    keys: &[needed("config", Shape::AnyMap, "merged into the configuration")],
    rules: &[],
    examples: &[PROJECT_WITH_MORE],
};

const PROJECT_WITH_MORE: &str = r#"
name = "registry"
scenarios = "scenarios"
extensions = []
build.program = "registry"
serve = { arguments = ["{root}"], address-from-log = "address" }
official.config.storage.sparse = true
bench.config.log.level = "error"

[durability]
files = ["**/oci-layout", "**/index.json", "**/blobs/*/*", "pool/*"]
links = ["pool/*"]
config.storage = { gcDelay = "1s", gcInterval = "100ms" }
"#;

/// `durability`.
pub(in crate::project) static DURABILITY: Map = Map {
    name: "durability",
    what: "`durability`",
    text: "What may lie below the root once everything that crashes left over is swept. Patterns are of paths below the root; `*` \
           stands for any part of a name, and `**` for any folders.",
    keys: &[
        needed("files", TEXTS, "the files that belong there"),
        key(
            "links",
            TEXTS,
            "those of them that are only further names of others: one that has no other name is left over",
        ),
        key(
            "config",
            Shape::AnyMap,
            "merged into the configuration, so that what is a day old is swept within seconds",
        ),
    ],
    rules: &[],
    examples: &[PROJECT_WITH_MORE],
};

/// `guidelines`.
pub(in crate::project) static GUIDELINES: Map = Map {
    name: "guidelines",
    what: "`guidelines`",
    text: "Where the parts of an extension are. `{name}` stands for the extension's name.",
    keys: &[
        needed(
            "preset",
            Shape::Words(&["rust", "go"]),
            "what is taken where nothing else is said",
        ),
        key("twins", Shape::String, "the folder of the twins"),
        key("enabled", Shape::String, "the file of an extension that is built in"),
        key("disabled", Shape::String, "the file of one that is left out"),
        key("gate", Shape::String, "the first line of the file that is built in"),
        key(
            "anti-gate",
            Shape::String,
            "the first line of the file that is left out",
        ),
        key("warning", Shape::String, "what the twin that is left out logs"),
        key(
            "sources",
            TEXTS,
            "the folders in which no other file may mention a gate",
        ),
        key("blackbox", Shape::String, "the folder of the tests with real clients"),
    ],
    rules: &[],
    examples: &[r#"
name = "registry"
scenarios = "scenarios"
extensions = ["search"]
build.cargo.package = "registry"
serve = { arguments = ["{root}"], address-from-log = "address" }

[guidelines]
preset = "go"
twins = "pkg/extensions"
enabled = "extension_{name}.go"
disabled = "extension_{name}_disabled.go"
gate = "//go:build {name}"
anti-gate = "//go:build !{name}"
warning = "doesn't include this feature"
sources = ["pkg", "cmd"]
blackbox = "test/blackbox"
"#],
};
