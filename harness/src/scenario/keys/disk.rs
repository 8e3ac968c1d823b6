//! The disk.

use super::{
    expect::JSON_MATCHERS,
    matcher::MATCHER_SHAPE,
    request::BODY_SHAPE,
    step::{NOTE, SPEC},
    values::{BYTES, CONTENT, SERVER},
};
use crate::schema::{Map, Named, Shape, key, needed};

const PATH: Shape = Shape::Named(&Named {
    name: "path on the disk",
    text: "A path below the root of the registry, without a `/` before it and without `..`; it begins with the server's name where \
           there are several.",
    shape: Shape::Text,
});

/// `file`.
pub(super) static FILE: Map = Map {
    name: "file",
    what: "this step",
    text: "Looks at a file.",
    keys: &[
        needed("file", PATH, "which"),
        needed(
            "expect",
            Shape::OneOf(&[Shape::Words(&["present", "absent"]), Shape::Map(&FILE_EXPECT)]),
            "whether it is there, or what is in it",
        ),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- file: \"{{ repo }}/blobs/sha256/{{ blob.hex }}\"\n  expect: absent"],
};

/// What is in a file.
pub(in super::super) static FILE_EXPECT: Map = Map {
    name: "what is in a file",
    what: "the expectation of a file",
    text: "What has to hold of a file; all of it.",
    keys: &[
        key("size", MATCHER_SHAPE, "its size in bytes"),
        key("text", MATCHER_SHAPE, "its text"),
        key("json", JSON_MATCHERS, "what JSONPaths find in it"),
        key("content", CONTENT, "the content that it has to be, byte for byte"),
    ],
    rules: &[],
    examples: &[
        "- file: \"{{ repo }}/index.json\"\n  expect: { size: { at_least: 2 }, text: /schemaVersion/, json: { $.schemaVersion: 2 } \
         }\n- file: \"{{ repo }}/blobs/sha256/{{ blob.hex }}\"\n  expect: { content: blob }",
    ],
};

/// `corrupt`.
pub(super) static CORRUPT: Map = Map {
    name: "corrupt",
    what: "this step",
    text: "Flips one bit of a file.",
    keys: &[
        needed("corrupt", PATH, "which"),
        key(
            "at",
            Shape::Whole(0, u64::MAX),
            "the byte, from 0; the first unless said",
        ),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- corrupt: \"{{ repo }}/blobs/sha256/{{ blob.hex }}\"\n  at: 10"],
};

/// `remove`.
pub(super) static REMOVE: Map = Map {
    name: "remove",
    what: "this step",
    text: "Removes a file or a folder.",
    keys: &[needed("remove", PATH, "which"), SPEC, NOTE],
    rules: &[],
    examples: &["- remove: \"{{ repo }}/index.json\""],
};

/// `write`.
pub(super) static WRITE: Map = Map {
    name: "write",
    what: "this step",
    text: "Writes a file, and the folders that it stands in.",
    keys: &[
        needed("write", PATH, "which"),
        needed("content", BODY_SHAPE, "what is in it then"),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- write: \"{{ repo }}/note\"\n  content: { json: { a: 1 } }"],
};

/// `fill`.
pub(super) static FILL: Map = Map {
    name: "fill",
    what: "this step",
    text: "Fills the file system of its own that a server has, with a file beside its root.",
    keys: &[
        needed("fill", SERVER, "which server's"),
        key(
            "leave",
            BYTES,
            "how many bytes stay free, in whole pages; none unless said",
        ),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- fill: limited\n  leave: 64 KiB"],
};

/// `free`.
pub(super) static FREE: Map = Map {
    name: "free",
    what: "this step",
    text: "Gives back what `fill` took.",
    keys: &[needed("free", SERVER, "which server's"), SPEC, NOTE],
    rules: &[],
    examples: &["- fill: limited\n- free: limited"],
};

/// `remount`.
pub(super) static REMOUNT: Map = Map {
    name: "remount",
    what: "this step",
    text: "Mounts the file system of its own that a server has again, under the server that runs.",
    keys: &[
        needed(
            "remount",
            Shape::Words(&["read-only", "read-write"]),
            "whether anything can be written from now on",
        ),
        key("of", SERVER, "which server's"),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- remount: read-only\n  of: limited\n- remount: read-write\n  of: limited"],
};

/// `layout`.
pub(super) static LAYOUT: Map = Map {
    name: "layout",
    what: "this step",
    text: "Looks at every repository on the disk: each is a valid OCI image layout, and each blob has its digest. There has to be \
           one at least. On a running server it looks again for up to 3 s.",
    keys: &[
        needed("layout", Shape::Words(&["valid"]), "what has to hold"),
        key("of", SERVER, "the server; all of them unless said"),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- layout: valid\n  of: registry"],
};
