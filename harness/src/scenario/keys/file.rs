//! The file itself.

use super::{
    server::SERVER_DECLARATION,
    step::STEP,
    values::{CONFIG, STATEMENT},
};
use crate::schema::{Key, Map, Rule, Shape, key, needed};

static STEPS: Shape = Shape::List(&STEP);

static SCRIPT_CONFIG: Key = key(
    "config",
    CONFIG,
    "merged into the configuration of the server, or of each: `{ mirror: { … } }` where `servers` names them",
);

static TEARDOWN: Key = key(
    "teardown",
    STEPS,
    "steps that run in any case, after the others; a failure there is a failure",
);

/// All of it.
pub(in super::super) static FILE: Map = Map {
    name: "scenario file",
    what: "a scenario",
    text: "A scenario file states one behaviour, and says how to see it.",
    keys: &[
        needed(
            "scenario",
            Shape::Text,
            "one sentence, in lower case, that is true of a right registry",
        ),
        key(
            "spec",
            Shape::List(&STATEMENT),
            "the statements of the specification that the scenario checks",
        ),
        key(
            "requires",
            Shape::Text,
            "the extensions that have to be built in, as an expression with `and`, `or`, `not` and parentheses",
        ),
        key(
            "servers",
            Shape::MapOf(&SERVER_DECLARATION),
            "the servers, where one is not enough; without it there is one, `registry`",
        ),
        SCRIPT_CONFIG,
        key(
            "accounts",
            Shape::Map(&ACCOUNTS),
            "two who have accounts, where what one may do and the other may not is the matter; at a URL they are those of the run",
        ),
        key(
            "each",
            Shape::List(&Shape::AnyMap),
            "rows of variables, all with the same keys: the scenario runs once for each, in a registry of its own. Values are \
             taken as they stand, without templates",
        ),
        key("steps", STEPS, "what is done, in order; the first failure ends it"),
        TEARDOWN,
        key(
            "off",
            Shape::Map(&OFF),
            "the same with the extension built in and switched off",
        ),
        key(
            "absent",
            Shape::Map(&ABSENT),
            "what holds in builds where `requires` does not; it runs there",
        ),
        key(
            "differs",
            Shape::Map(&DIFFERS),
            "what another build may answer otherwise, and why that is right",
        ),
    ],
    rules: &[Rule::Some(&["steps", "absent"])],
    examples: &[
        r#"
scenario: a push without a license is refused where lint asks for one
spec: [PUSH-DIG-04]
requires: lint and not scrub
config: { extensions: { lint: { mandatoryAnnotations: [org.opencontainers.image.licenses] } } }
each:
  - { image: plain }
  - { image: artifact }
steps:
  - push: { image: "{{ image }}", to: ":1" }
    expect: 400
teardown:
  - get: /v2/
off:
  config: { extensions: { lint: { enable: false } } }
  steps:
    - push: { image: "{{ image }}", to: ":1" }
      expect: 201
absent:
  steps:
    - push: { image: "{{ image }}", to: ":1" }
      expect: 201
differs: { by: [metrics], because: the list of extensions names those that are built in }
"#,
        r#"
scenario: nobody lists what is somebody else's
accounts: { owner: "alice:alice-password", other: "bob:bob-password" }
steps:
  - get: /v2/{{ owner.repo }}/tags/list
    auth: "{{ other.auth }}"
    expect: [401, 403, 404]
"#,
        r"
scenario: what was pushed upstream is pulled through the mirror
servers:
  upstream: { combination: minimal }
  mirror: { config: { extensions: { sync: {} } } }
steps:
  - push: { image: plain, to: upstream/app:1, as: app }
  - pull: { from: mirror/app:1, equals: app }
",
    ],
};

/// `accounts`.
pub(in super::super) static ACCOUNTS: Map = Map {
    name: "accounts",
    what: "the accounts",
    text: "Two accounts, each a name and a password that the configuration knows. In templates each has `.auth`, for `auth`, \
           and `.repo`, the name of a repository of this run alone that is this account's.",
    keys: &[
        needed("owner", Shape::Text, "whose the content is: `alice:secret`"),
        needed("other", Shape::Text, "who has no right to it"),
    ],
    rules: &[],
    examples: &[r#"
scenario: what is somebody's is not somebody else's
accounts: { owner: "alice:alice-password", other: "bob:bob-password" }
config: { http: { auth: { htpasswd: { path: "{{ project }}/fixtures/security/htpasswd" } } } }
steps:
  - push: { image: plain, to: "{{ owner.repo }}:1" }
    auth: "{{ owner.auth }}"
  - get: /v2/{{ owner.repo }}/tags/list
    auth: "{{ other.auth }}"
    expect: [401, 403, 404]
"#],
};

/// `off`.
pub(in super::super) static OFF: Map = Map {
    name: "off",
    what: "`off`",
    text: "What holds where the extensions that the scenario requires are built in, and switched off.",
    keys: &[
        SCRIPT_CONFIG,
        needed("steps", STEPS, "what is done, in order"),
        TEARDOWN,
    ],
    rules: &[],
    examples: &[r"
scenario: an extension that is off leaves no route
requires: metrics
off:
  config: { extensions: { metrics: { enable: false } } }
  steps:
    - get: /metrics
      expect: 404
  teardown:
    - get: /v2/
steps:
  - get: /metrics
    expect: 200
"],
};

/// `absent`.
pub(in super::super) static ABSENT: Map = Map {
    name: "absent",
    what: "`absent`",
    text: "What holds in builds that the scenario's `requires` excludes. Leaving an extension out is behaviour too.",
    keys: &[
        SCRIPT_CONFIG,
        needed("steps", STEPS, "what is done, in order"),
        TEARDOWN,
    ],
    rules: &[],
    examples: &[r"
scenario: a build without metrics says so, and has no route for them
requires: metrics
absent:
  config: { extensions: { metrics: {} } }
  steps:
    - get: /metrics
      expect: 404
  teardown:
    - get: /v2/
"],
};

/// `differs`.
pub(in super::super) static DIFFERS: Map = Map {
    name: "differs",
    what: "a difference that is right",
    text: "A difference between the answers of two builds that is right. Builds that differ in one of these extensions are \
           not compared with each other; all others still are.",
    keys: &[
        needed(
            "by",
            Shape::OneOf(&[Shape::Words(&["any"]), Shape::List(&Shape::Text)]),
            "the extensions that make the difference, or `any`, where the answers are never the same twice",
        ),
        needed("because", Shape::Text, "why the difference is right, in a sentence"),
    ],
    rules: &[],
    examples: &[r"
scenario: discovery lists what is built in
differs: { by: [metrics, lint], because: discovery lists the extensions that are built in }
steps:
  - get: /v2/_oci/ext/discover
    expect: 200
"],
};
