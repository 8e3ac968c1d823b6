//! `build`.

use super::TEXTS;
use crate::schema::{Key, Map, Rule, Shape, key, needed};

const RUN: &str = "the program and its arguments, in the project's folder; `{extensions}` stands for the combination, `{output}` for \
                   the file that is to be written";

/// `build`.
pub(in crate::project) static BUILD: Map = Map {
    name: "build",
    what: "`build`",
    text: "Where the binary of a combination comes from: cargo, any command, a program that is there, or a container image.",
    keys: &[
        key("cargo", Shape::Map(&CARGO), "cargo builds it: one feature an extension"),
        key("command", Shape::Map(&COMMAND), "a command builds it"),
        key(
            "program",
            Shape::String,
            "a program that is there already, below the project or in a folder of PATH; the project has no extensions",
        ),
        key(
            "image",
            Shape::String,
            "a container image, which the engine has or can pull; the project has no extensions",
        ),
        key(
            "verify",
            TEXTS,
            "arguments with which the binary prints its extensions, one a line; asked after each build",
        ),
    ],
    rules: &[Rule::One(&["cargo", "command", "program", "image"])],
    examples: &[
        r#"
name = "registry"
scenarios = "scenarios"
extensions = ["search"]
build = { command = { run = ["make", "EXTENSIONS={extensions}"], output = "bin/registry" }, verify = ["extensions"] }
serve = { arguments = ["{root}"], address-from-log = "address" }
"#,
        r#"
name = "registry"
scenarios = "scenarios"
extensions = []
build.program = "docker-registry"
serve = { arguments = ["{root}"], address-from-log = "address" }
"#,
        IMAGE_EXAMPLE,
        CARGO_EXAMPLE,
    ],
};

/// A registry in containers.
pub(super) const IMAGE_EXAMPLE: &str = r#"
name = "containers"
scenarios = "scenarios"
extensions = []
build.image = "registry:latest"

[serve]
arguments = ["serve", "{config}"]
config = { storage.root = "{root}", http.address = "0.0.0.0" }
container = { port = 5000, config = { http.port = "5000" } }
"#;

const CARGO_EXAMPLE: &str = r#"
name = "registry"
scenarios = "scenarios"
extensions = ["search"]
build.cargo = { package = "registry", profile = "dev" }
serve = { arguments = ["{root}"], address-from-log = "address" }
"#;

/// `build.cargo`.
pub(in crate::project) static CARGO: Map = Map {
    name: "build.cargo",
    what: "`build.cargo`",
    text: "A package with one feature an extension.",
    keys: &[
        needed("package", Shape::String, "the package of the binary"),
        key("profile", Shape::String, "the profile; release unless said"),
    ],
    rules: &[],
    examples: &[CARGO_EXAMPLE],
};

/// `build.command`.
pub(in crate::project) static COMMAND: Map = Map {
    name: "build.command",
    what: "`build.command`",
    text: "A command that builds any combination.",
    keys: &[
        needed("run", Shape::List(&Shape::String), RUN),
        OUTPUT,
        key(
            "separator",
            Shape::String,
            "what stands between extensions; a comma unless said",
        ),
        key(
            "minimal",
            Shape::Map(&MINIMAL),
            "the build without extensions, where that is another command",
        ),
    ],
    rules: &[],
    examples: &[COMMAND_EXAMPLE],
};

const OUTPUT: Key = key(
    "output",
    Shape::String,
    "where the binary is then; without it `run` has `{output}`",
);

const COMMAND_EXAMPLE: &str = r#"
name = "zot"
scenarios = "scenarios"
extensions = ["lint", "search"]
serve = { arguments = ["serve", "{root}"], address-from-log = "address" }

[build.command]
run = ["make", "binary", "EXTENSIONS={extensions}"]
output = "bin/zot-linux-amd64"
separator = ","
minimal = { run = ["make", "binary-minimal"], output = "bin/zot-linux-amd64-minimal" }
"#;

/// `build.command.minimal`.
pub(in crate::project) static MINIMAL: Map = Map {
    name: "build.command.minimal",
    what: "`build.command.minimal`",
    text: "The command that is run where there is no extension.",
    keys: &[needed("run", Shape::List(&Shape::String), RUN), OUTPUT],
    rules: &[],
    examples: &[COMMAND_EXAMPLE],
};
