//! `out-of-tree`: extensions whose crates are elsewhere.

use crate::schema::{Key, Map, Rule, Shape, key, needed};

/// `out-of-tree`.
pub(super) static GUESTS: Key = key(
    "out-of-tree",
    Shape::Items(&Shape::Map(&GUEST)),
    "extensions whose crates are not in the project",
);

/// A project that is another's, with extensions of its own.
pub(in crate::project) static OF_ANOTHER: Map = Map {
    name: "project of another registry",
    what: "the file",
    text: "A project that takes all from another one, and adds extensions to it.",
    keys: &[
        needed(
            "registry",
            Shape::String,
            "the folder of the other project, relative to the file",
        ),
        needed(
            "out-of-tree",
            Shape::Items(&Shape::Map(&GUEST)),
            "extensions whose crates are not in the project",
        ),
    ],
    rules: &[],
    examples: &[GUEST_EXAMPLE],
};

/// An extension whose crate is elsewhere.
pub(in crate::project) static GUEST: Map = Map {
    name: "out-of-tree",
    what: "`out-of-tree`",
    text: "An extension whose crate is elsewhere: in a folder, or in a git repository.",
    keys: &[
        needed(
            "name",
            Shape::String,
            "what it is called: lower-case letters and digits",
        ),
        key(
            "path",
            Shape::String,
            "the folder of its Cargo.toml, relative to the file",
        ),
        key("git", Shape::String, "the URL of its repository"),
        key("rev", Shape::String, "the commit"),
        key("tag", Shape::String, "the tag"),
        key("branch", Shape::String, "the branch"),
    ],
    rules: &[
        Rule::One(&["path", "git"]),
        Rule::AtMostOne(&["rev", "tag", "branch"]),
        Rule::Alone("path", &["rev", "tag", "branch"]),
    ],
    examples: &[GUEST_EXAMPLE],
};

const GUEST_EXAMPLE: &str = r#"
registry = "."
out-of-tree = [
    { name = "motto", path = "fixtures/out-of-tree/motto" },
    { name = "clock", git = "https://example.org/clock", rev = "5a1f0c2" },
    { name = "bell", git = "https://example.org/bell", tag = "v1" },
    { name = "whistle", git = "https://example.org/whistle", branch = "main" },
]
"#;
