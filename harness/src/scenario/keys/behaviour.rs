//! Servers that the harness plays: proxies and scripts, and how they misbehave.

use super::{
    content::BODY,
    step::{NOTE, SPEC},
    values::{BYTES, DURATION, RATE, SENT_HEADERS, SERVER},
};
use crate::schema::{Key, Map, Rule, Shape, key, needed};

/// What is answered without asking anybody.
pub(in super::super) const REPLIES: &[&str] = &["answer", "redirect", "hang"];
/// How a body ends before its end.
pub(in super::super) const ENDINGS: &[&str] = &["cut", "truncate", "stall"];
/// What is done with a request.
pub(in super::super) const EFFECTS: &[&str] = &[
    "answer", "redirect", "hang", "delay", "headers", "pages", "body", "corrupt", "cut", "truncate", "stall",
];

static METHOD: Key = key("method", Shape::Text, "only requests with this method, in capitals");
static RULE_PATH: Key = key(
    "path",
    Shape::OneOf(&[Shape::Text, Shape::Map(&PATH)]),
    "only requests for this path; between two `/` stands a regular expression that is found in it. The query does not count",
);
static MATCH_TIMES: Key = key(
    "times",
    Shape::Whole(1, u64::MAX),
    "only the first so many requests that fit",
);
static ANSWERS: Key = key(
    "answer",
    Shape::OneOf(&[Shape::Whole(200, 599), Shape::Map(&ANSWER)]),
    "a status, or an answer: nothing is passed on",
);
static REDIRECT: Key = key("redirect", Shape::Text, "307 to this URL");
static HANG: Key = key(
    "hang",
    Shape::True,
    "no answer, until the behaviour is changed: then the request is looked at again",
);
static DELAY: Key = key("delay", DURATION, "so long before anything is done");
static HEADERS: Key = key("headers", SENT_HEADERS, "set in the answer; `null` removes one");
static PAGES: Key = key(
    "pages",
    Shape::Words(&["endless"]),
    "the answer has a `Link` to a next page, and so has that page",
);
static SLOW: Key = key("body", RATE, "so many bytes of the body in a second at most");
static CORRUPT: Key = key("corrupt", BYTES, "flips one bit of this byte of the body");
static CUT: Key = key(
    "cut",
    BYTES,
    "closes the connection after so many bytes of the body; `Content-Length` promises all of them",
);
static TRUNCATE: Key = key(
    "truncate",
    BYTES,
    "ends the body after so many bytes, and `Content-Length` says so",
);
static STALL: Key = key(
    "stall",
    BYTES,
    "nothing more after so many bytes, until the behaviour is changed",
);
static RULES: Key = key(
    "rules",
    Shape::List(&Shape::Map(&RULE)),
    "rules, of which the first that fits a request counts; what is said beside them is for all others",
);

const EACH_IS_ONE: &[Rule] = &[Rule::AtMostOne(REPLIES), Rule::AtMostOne(ENDINGS)];

/// A proxy.
pub(in super::super) static PROXY: Map = Map {
    name: "proxy",
    what: "a proxy",
    text: "A proxy, which the harness plays: it passes requests on, notes them, and misbehaves as it is told. What is said of \
           all requests stands directly in it.",
    keys: &[
        needed("proxy", SERVER, "the server that requests are passed on to"),
        RULES,
        ANSWERS,
        REDIRECT,
        HANG,
        DELAY,
        HEADERS,
        PAGES,
        SLOW,
        CORRUPT,
        CUT,
        TRUNCATE,
        STALL,
    ],
    rules: EACH_IS_ONE,
    examples: &[
        "scenario: a slow upstream does not break the mirror\nservers:\n  upstream: {}\n  slow: { proxy: upstream, delay: 100ms, \
         body: 20 MiB/s, headers: { Server: null } }\n  busy: { proxy: upstream, rules: [{ times: 2, answer: 503 }] }\n  gone: { \
         proxy: upstream, answer: 404 }\n  elsewhere: { proxy: upstream, redirect: \"{{ upstream.url }}/v2/\" }\n  deaf: { proxy: \
         upstream, hang: true }\n  endless: { proxy: upstream, pages: endless }\n  wrong: { proxy: upstream, corrupt: 10 }\n  \
         broken: { proxy: upstream, cut: 1000 }\n  short: { proxy: upstream, truncate: 1 KiB }\n  stuck: { proxy: upstream, stall: \
         0 }\nsteps:\n  - get: slow/v2/\n    expect: 200",
    ],
};

/// A scripted server.
pub(in super::super) static SCRIPT: Map = Map {
    name: "script",
    what: "a scripted server",
    text: "A server that the harness plays: it answers by rules alone, and 404 where none fits.",
    keys: &[needed(
        "script",
        Shape::Items(&Shape::Map(&RULE)),
        "its rules, of which the first that fits counts; an empty list if `behave` says later",
    )],
    rules: &[],
    examples: &[r"
scenario: a server that the harness plays answers as it is told
servers:
  made_up:
    script:
      - { path: { equals: /v2/ }, answer: 200 }
      - { path: /tags.list/, answer: { body: { json: { tags: [a] } } }, pages: endless }
steps:
  - get: made_up/v2/
    expect: 200
"],
};

/// `behave`.
pub(super) static BEHAVE: Map = Map {
    name: "behave",
    what: "this step",
    text: "Says how a proxy or scripted server behaves from now on. Nothing of what was before stays.",
    keys: &[
        needed("behave", SERVER, "which"),
        RULES,
        ANSWERS,
        REDIRECT,
        HANG,
        DELAY,
        HEADERS,
        PAGES,
        SLOW,
        CORRUPT,
        CUT,
        TRUNCATE,
        STALL,
        SPEC,
        NOTE,
    ],
    rules: EACH_IS_ONE,
    examples: &[
        "- behave: slow\n  rules: [{ path: /blobs/, cut: 1000 }]\n- behave: slow\n  answer: 503\n- behave: slow\n  redirect: \"{{ \
         upstream.url }}/v2/\"\n- behave: slow\n  hang: true\n- behave: slow\n  delay: 100ms\n  headers: { Server: null }\n  body: \
         20 MiB/s\n- behave: slow\n  pages: endless\n- behave: slow\n  corrupt: 0\n  cut: 1000\n- behave: slow\n  truncate: 1000\n- \
         behave: slow\n  stall: 1000",
    ],
};

/// A rule.
pub(in super::super) static RULE: Map = Map {
    name: "rule",
    what: "a rule",
    text: "Which requests it is about, and what is done with them.",
    keys: &[
        METHOD,
        RULE_PATH,
        MATCH_TIMES,
        ANSWERS,
        REDIRECT,
        HANG,
        DELAY,
        HEADERS,
        PAGES,
        SLOW,
        CORRUPT,
        CUT,
        TRUNCATE,
        STALL,
    ],
    rules: &[Rule::Some(EFFECTS), Rule::AtMostOne(REPLIES), Rule::AtMostOne(ENDINGS)],
    examples: &[
        "- behave: slow\n  rules:\n    - { method: GET, path: /blobs/, times: 2, answer: { status: 503, headers: { Retry-After: 1 } \
         } }\n    - { path: /manifests/, delay: 1s, headers: { Docker-Content-Digest: \"sha256:00\" } }\n    - { path: /v2/a, \
         redirect: \"{{ upstream.url }}/v2/\" }\n    - { path: /v2/b, hang: true }\n    - { path: /tags/, pages: endless }\n    - { \
         path: /v2/c, body: 20 MiB/s, corrupt: 3, cut: 1 KiB }\n    - { path: /v2/d, truncate: 9 }\n    - { path: /v2/e, stall: 9 }",
    ],
};

/// The whole path of a rule.
pub(in super::super) static PATH: Map = Map {
    name: "path of a rule",
    what: "the path of a rule",
    text: "A path that would be taken for a regular expression.",
    keys: &[needed("equals", Shape::Text, "the whole path")],
    rules: &[],
    examples: &["- behave: slow\n  rules: [{ path: { equals: /v2/ }, answer: 200 }]"],
};

/// An answer that is made up.
pub(in super::super) static ANSWER: Map = Map {
    name: "answer",
    what: "an answer",
    text: "What is answered instead of passing the request on.",
    keys: &[
        key("status", Shape::Whole(200, 599), "the status; 200 unless said"),
        key("headers", Shape::MapOf(&Shape::Text), "the headers"),
        key("body", BODY_SHAPE, "the body"),
    ],
    rules: &[],
    examples: &[
        "- behave: slow\n  answer: { status: 429, headers: { Retry-After: 1 }, body: { json: { errors: [] } } }",
    ],
};

static BODY_SHAPE: Shape = Shape::OneOf(&[Shape::Text, Shape::Map(&BODY)]);
