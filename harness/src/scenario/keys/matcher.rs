//! Matchers: what a value has to be.

use super::values::{BOUND, CONTENT};
use crate::schema::{Map, Named, Shape, key};

/// A matcher.
pub(super) static MATCHER_SHAPE: Shape = Shape::Named(&Named {
    name: "matcher",
    text: "A value that has to be equal (text and numbers by their text, lists and maps by structure), `/regex/`, `present`, \
           `absent`, or a map of what has to hold.",
    shape: Shape::OneOf(&[Shape::NoMap, Shape::Map(&MATCHER), Shape::MapWithout(&MATCHER)]),
});

/// A matcher that is a map.
pub(in super::super) static MATCHER: Map = Map {
    name: "map of matchers",
    what: "a matcher",
    text: "Several in one map have to hold together.",
    keys: &[
        key(
            "equals",
            Shape::Any,
            "the value, as it stands: nothing in it is a regular expression or a word of the language",
        ),
        key("not", MATCHER_SHAPE, "what it must not be"),
        key(
            "contains",
            Shape::Any,
            "text in the text, an item or items in the list, keys with values in the map",
        ),
        key("matches", Shape::Text, "a regular expression that is found in the text"),
        key("length", MATCHER_SHAPE, "how many characters, items or keys"),
        key("at_least", BOUND, "a number or size that it is not below"),
        key("at_most", BOUND, "a number or size that it is not above"),
        key(
            "sorted",
            Shape::True,
            "the list is in order: by bytes, or without regard to case",
        ),
        key("unique", Shape::True, "no item of the list is there twice"),
        key(
            "each",
            MATCHER_SHAPE,
            "what every item of a list has to be, which is not empty",
        ),
        key("one_of", Shape::Choice(&MATCHER_SHAPE), "matchers of which one holds"),
        key("content", CONTENT, "the bytes of this content"),
        key("digest_of", CONTENT, "the digest of this content, in its own algorithm"),
    ],
    rules: &[],
    examples: &[r#"
- check: "{{ versions }}"
  expect: { length: 2, unique: true, each: present }
- check: [1, 2]
  expect: { sorted: true, contains: 1, not: { contains: 3 }, equals: [1, 2] }
- check: "{{ blob.size }}"
  expect: { at_least: 1, at_most: 3 KiB, one_of: [3072, 3073] }
- get: /v2/{{ repo }}/blobs/{{ blob.digest }}
  expect: { headers: { Docker-Content-Digest: { digest_of: blob, matches: /^sha/ } }, body: { content: blob } }
"#],
};
