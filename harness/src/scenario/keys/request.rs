//! Requests, and what stands beside them.

use super::{
    content::{BODY, DELETED},
    expect::{EXPECTATION, RAW_EXPECTATION},
    step::{AUTH, NOTE, SPEC},
    values::{AT_MOST, JSON_PATH, SENT_HEADERS, SERVER, SOURCE},
};
use crate::schema::{Key, Map, Shape, key, needed};

/// A body.
pub(super) static BODY_SHAPE: Shape = Shape::OneOf(&[Shape::Text, Shape::Map(&BODY)]);

/// `query`.
pub(super) static QUERY: Key = key(
    "query",
    Shape::MapOf(&Shape::OneOf(&[Shape::Text, Shape::Items(&Shape::Text)])),
    "parameters, which are percent-encoded and added; a list gives a parameter several times",
);
/// `headers`.
pub(super) static HEADERS: Key = key(
    "headers",
    SENT_HEADERS,
    "headers; `null` removes one that would be sent",
);
/// `capture`.
pub(super) static CAPTURE: Key = key(
    "capture",
    Shape::MapOf(&SOURCE),
    "names, each for a part of the answer: `status`, `body`, `digest`, `header.NAME` (`header.NAME or 0` where it may be absent), `json.PATH` or `link.next`",
);
static SENT_BODY: Key = key("body", BODY_SHAPE, "the body");
static CHUNKED: Key = key(
    "chunked",
    Shape::Flag,
    "sends the body with chunked transfer encoding, without a length",
);

const PATH: &str = "a path, which is sent byte for byte, or a URL";

macro_rules! method {
    ($name:ident, $key:literal, $shape:expr, $says:literal, $text:literal, $examples:expr) => {
        #[doc = concat!("`", $key, "`.")]
        pub(super) static $name: Map = Map {
            name: $key,
            what: "this step",
            text: $text,
            keys: &[
                needed($key, $shape, $says),
                QUERY,
                HEADERS,
                SENT_BODY,
                CHUNKED,
                EXPECTATION,
                CAPTURE,
                SPEC,
                NOTE,
                AUTH,
            ],
            rules: &[],
            examples: $examples,
        };
    };
}

method!(
    GET,
    "get",
    Shape::Text,
    "a path, which is sent byte for byte, or a URL",
    "A GET request. 2xx is expected unless `expect` says otherwise.",
    &[
        "- get: /v2/{{ repo }}/tags/list\n  query: { n: 3 }\n  headers: { Accept: application/json }\n  expect: 200\n  capture: { next: \
       link.next }"
    ]
);
method!(
    HEAD,
    "head",
    Shape::Text,
    "a path, which is sent byte for byte, or a URL",
    "A HEAD request. 2xx is expected unless `expect` says otherwise.",
    &["- head: /v2/{{ repo }}/blobs/{{ blob.digest }}\n  expect: { status: 200, headers: { Content-Length: 3072 } }"]
);
method!(
    PUT,
    "put",
    Shape::Text,
    "a path, which is sent byte for byte, or a URL",
    "A PUT request. 2xx is expected unless `expect` says otherwise.",
    &[
        "- put: /v2/{{ repo }}/manifests/1.0\n  query: { digest: \"{{ m.digest }}\", tag: [a, b] }\n  headers: { Content-Type: \
       application/vnd.oci.image.manifest.v1+json }\n  body: \"{{ m }}\"\n  chunked: true\n  expect: { status: 201, headers: { Location: \
       present } }\n  capture: { at: header.Location }\n  note: sent without a length\n  auth: \"alice:secret\"\n  spec: PUSH-DIG-04"
    ]
);
method!(
    POST,
    "post",
    Shape::Text,
    "a path, which is sent byte for byte, or a URL",
    "A POST request. 2xx is expected unless `expect` says otherwise.",
    &["- post: /v2/{{ repo }}/blobs/uploads/\n  expect: 202\n  capture: { session: header.Location }"]
);
method!(
    PATCH,
    "patch",
    Shape::Text,
    "a path, which is sent byte for byte, or a URL",
    "A PATCH request. 2xx is expected unless `expect` says otherwise.",
    &["- patch: \"{{ blob.text }}\"\n  headers: { Content-Range: 0-2 }\n  body: abc\n  expect: 202"]
);
method!(
    DELETE,
    "delete",
    Shape::OneOf(&[Shape::Text, Shape::Map(&DELETED)]),
    "a path or a URL; or what is deleted, with `expect`, `capture`, `spec`, `note` and `auth` alone beside it",
    "A DELETE request. 2xx is expected unless `expect` says otherwise.",
    &["- delete: /v2/{{ repo }}/manifests/1\n  expect: 202"]
);
method!(
    OPTIONS,
    "options",
    Shape::Text,
    "a path, which is sent byte for byte, or a URL",
    "An OPTIONS request. 2xx is expected unless `expect` says otherwise.",
    &["- options: /v2/\n  headers: { Origin: \"https://example.org\" }\n  expect: [200, 204, 405]"]
);

/// `pages`.
pub(super) static PAGES: Map = Map {
    name: "pages",
    what: "this step",
    text: "Follows `Link` with `rel=\"next\"` to the end. `expect` is of each page.",
    keys: &[
        needed("pages", Shape::Text, PATH),
        QUERY,
        HEADERS,
        needed("items", JSON_PATH, "the JSONPath of a page's items"),
        needed(
            "as",
            Shape::Text,
            "the name under which `items`, `pages` (a list of lists) and `count` (of pages) are found after",
        ),
        EXPECTATION,
        SPEC,
        NOTE,
        AUTH,
    ],
    rules: &[],
    examples: &[
        "- pages: /v2/{{ repo }}/tags/list\n  query: { n: 3 }\n  headers: { Accept: application/json }\n  items: $.tags[*]\n  as: all\n  \
         expect: { status: 200 }",
    ],
};

/// `token`.
pub(super) static TOKEN: Map = Map {
    name: "token",
    what: "this step",
    text: "Asks a token service for a token, as clients do: the one that the registry names where this path is asked for without \
           credentials. `headers`, `auth`, `expect` and `capture` are of the question to it. A registry that names none is \
           reported as `unsupported`. That the service is another host than the registry has to be admitted, as for every request.",
    keys: &[
        needed("token", Shape::Text, PATH),
        needed(
            "scope",
            Shape::OneOf(&[Shape::Text, Shape::List(&Shape::Text)]),
            "what the token is for: `repository:NAME:pull,push`",
        ),
        HEADERS,
        needed(
            "as",
            Shape::Text,
            "the name under which the token is found after; the empty text where the service gave none",
        ),
        EXPECTATION,
        CAPTURE,
        SPEC,
        NOTE,
        AUTH,
    ],
    rules: &[],
    examples: &[
        "- token: /v2/{{ repo }}/tags/list\n  scope: \"repository:{{ repo }}:pull\"\n  headers: { Accept: application/json }\n  \
         auth: \"alice:alice-password\"\n  as: token\n  expect: 200\n  capture: { seconds: json.$.expires_in }\n\
         - get: /v2/{{ repo }}/tags/list\n  headers: { Authorization: \"Bearer {{ token }}\" }\n  expect: 404",
    ],
};

/// `raw`.
pub(super) static RAW: Map = Map {
    name: "raw",
    what: "this step",
    text: "Bytes as they are, on a connection of their own. Line ends are `\\r\\n`; the empty line that ends a head, which YAML's `|` \
           drops, is put back. Bytes that follow the admitted answers are a failure.",
    keys: &[
        needed("raw", Shape::Text, "what is sent"),
        key("of", SERVER, "the server; `registry` unless said"),
        key(
            "hang_up",
            Shape::Flag,
            "closes our side when all is sent: what was not whole then never will be",
        ),
        RAW_EXPECTATION,
        key("responses", AT_MOST, "how many answers may come"),
        CAPTURE,
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &[r"
- raw: |
    GET /v2/%2e%2e/tags/list HTTP/1.1
    Host: {{ registry.authority }}
    Connection: close

  of: registry
  hang_up: true
  expect: { one_of: [{ status: 4xx }, closed] }
  responses: at most 1
  capture: { answer: status }
"],
};
