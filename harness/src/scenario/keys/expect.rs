//! Expectations of an answer.

use super::{
    matcher::MATCHER_SHAPE,
    values::{ERROR, STATUS},
};
use crate::schema::{Key, Map, Rule, Shape, key};

/// What is looked at in an answer.
pub(in super::super) const CHECKS: &[&str] = &["status", "error", "headers", "json", "body", "size", "digest"];

/// Matchers by JSONPath.
pub(super) static JSON_MATCHERS: Shape = Shape::MapOf(&MATCHER_SHAPE);

/// `expect` of a request.
pub(super) static EXPECTATION: Key = key(
    "expect",
    Shape::OneOf(&[STATUS, Shape::Map(&EXPECT)]),
    "what the answer has to be",
);

/// `expect` of `raw`.
pub(super) static RAW_EXPECTATION: Key = key(
    "expect",
    Shape::OneOf(&[STATUS, Shape::Words(&["closed"]), Shape::Map(&EXPECT)]),
    "what the answer has to be; `closed`: the connection was closed or reset without one",
);

static STATUS_KEY: Key = key("status", STATUS, "the status; what the step expects unless said");
static ERROR_KEY: Key = key(
    "error",
    Shape::OneOf(&[ERROR, Shape::List(&ERROR)]),
    "the code in the first entry of the error document; one of these",
);
static HEADERS: Key = key("headers", Shape::MapOf(&MATCHER_SHAPE), "headers, each with a matcher");
static JSON: Key = key(
    "json",
    JSON_MATCHERS,
    "JSONPaths, each with a matcher; one that finds nothing fails unless `absent` is expected, one that finds several is a list",
);
static BODY: Key = key(
    "body",
    MATCHER_SHAPE,
    "the text of the body; `{ content: blob }` compares bytes",
);
static SIZE: Key = key("size", MATCHER_SHAPE, "the size of the body in bytes");
static DIGEST: Key = key("digest", Shape::Text, "the digest of the body");

/// An expectation.
pub(in super::super) static EXPECT: Map = Map {
    name: "expectation",
    what: "an expectation",
    text: "What has to hold of an answer; all of it, or one of several outcomes.",
    keys: &[
        STATUS_KEY,
        ERROR_KEY,
        HEADERS,
        JSON,
        BODY,
        SIZE,
        DIGEST,
        key(
            "one_of",
            Shape::Choice(&Shape::OneOf(&[
                STATUS,
                Shape::Words(&["closed"]),
                Shape::Map(&OUTCOME),
            ])),
            "the outcomes that the specification admits; the report says which was taken",
        ),
        key(
            "unsupported",
            Shape::OneOf(&[Shape::Whole(100, 599), Shape::List(&Shape::Whole(100, 599))]),
            "with this status the registry says that it does not have the feature, which the specification allows: the scenario \
             ends as unsupported, not as failed",
        ),
    ],
    rules: &[Rule::Alone("one_of", CHECKS)],
    examples: &[r#"
- get: /v2/{{ repo }}/tags/list
  expect:
    status: [200, 404]
    headers: { Content-Type: /json/, Link: absent }
    json: { "$.tags": absent }
    body: { not: { contains: secret } }
    size: { at_most: 4 KiB }
- get: /v2/{{ repo }}/blobs/{{ blob.digest }}
  expect: { status: 200, digest: "{{ blob.digest }}" }
- get: /v2/{{ repo }}/manifests/none
  expect: { status: 404, error: [MANIFEST_UNKNOWN, NAME_UNKNOWN] }
- delete: /v2/{{ repo }}/manifests/1
  expect: { one_of: [202, { as: refused, status: 400 }], unsupported: 405 }
"#],
};

/// An outcome.
pub(in super::super) static OUTCOME: Map = Map {
    name: "outcome",
    what: "an outcome",
    text: "One of the outcomes that the specification admits.",
    keys: &[
        STATUS_KEY,
        ERROR_KEY,
        HEADERS,
        JSON,
        BODY,
        SIZE,
        DIGEST,
        key("as", Shape::Text, "what the report calls it"),
    ],
    rules: &[],
    examples: &[r#"
- post: /v2/{{ repo }}/blobs/uploads/
  query: { mount: "{{ blob.digest }}", from: other }
  expect:
    one_of:
      - { as: mounted, status: 201, digest: "{{ config.digest }}", size: 0 }
      - { as: session opened, status: 202, headers: { Location: present }, body: "" }
      - { as: refused, status: 4xx, error: UNSUPPORTED, json: { "$.errors": { length: 1 } } }
"#],
};
