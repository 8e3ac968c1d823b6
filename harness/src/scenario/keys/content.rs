//! Content: what is generated, uploaded, pushed, pulled and deleted.

use super::{
    expect::EXPECTATION,
    request::{CAPTURE, HEADERS, QUERY},
    step::{AUTH, NOTE, SPEC},
    values::{CONTENT, COUNT, SIZE},
};
use crate::schema::{Key, Map, Rule, Shape, key, needed};

/// What can be generated.
pub(in super::super) const SORTS: &[&str] = &["bytes", "images", "text", "json", "file", "base64", "manifest", "index"];
/// What a body can be beside a text.
pub(in super::super) const BODY_SORTS: &[&str] = &["json", "file", "base64"];

const AS: Shape = Shape::Text;
const TARGET: &str = "where: `repository:tag` or `repository@digest`; `\":tag\"` is in the run's own repository";

static JSON: Key = key("json", Shape::Any, "JSON: compact, keys in their order");
static FILE: Key = key("file", Shape::Text, "the bytes of this file, a path below the project");
static BASE64: Key = key("base64", Shape::Text, "the bytes that this base64 stands for");

/// A body that is no text.
pub(in super::super) static BODY: Map = Map {
    name: "body",
    what: "a body",
    text: "A body that is not written as text.",
    keys: &[JSON, FILE, BASE64],
    rules: &[Rule::One(BODY_SORTS)],
    examples: &[
        "- post: /v2/\n  body: { json: { query: all } }\n- post: /v2/\n  body: { file: fixtures/images/plain.yaml }\n- post: /v2/\n  \
         body: { base64: AAEC }",
    ],
};

/// `generate`.
pub(super) static GENERATE: Map = Map {
    name: "generate",
    what: "this step",
    text: "Makes content, from the run's seed where it is random: the same seed gives the same bytes.",
    keys: &[
        needed("generate", Shape::Map(&GENERATED), "what"),
        key(
            "algorithm",
            Shape::OneOf(&[Shape::Words(&["sha256", "sha512"]), Shape::Text]),
            "the algorithm of its `digest`; sha256 unless said",
        ),
        SPEC,
        NOTE,
    ],
    rules: &[],
    examples: &["- generate: { bytes: 3 KiB, as: small }\n  algorithm: sha512"],
};

/// What is generated.
pub(in super::super) static GENERATED: Map = Map {
    name: "what is generated",
    what: "`generate`",
    text: "One sort of content, and the name that it gets. It then has `digest`, `sha256`, `sha512`, `hex`, `size`, `text` and \
           `slice(from, to)`.",
    keys: &[
        key("bytes", SIZE, "so many random bytes"),
        key("images", COUNT, "so many images that differ, as a list"),
        key("text", Shape::Text, "this text"),
        JSON,
        FILE,
        BASE64,
        key(
            "manifest",
            Shape::AnyMap,
            "an image manifest with these fields; where a descriptor is due stands the name of content, or a map with `content: \
             NAME` and fields to add or override. `mediaType: null` leaves the field out",
        ),
        key("index", Shape::AnyMap, "an index, likewise"),
        needed("as", AS, "the name under which it is found after"),
    ],
    rules: &[Rule::One(SORTS)],
    examples: &[r#"
- generate: { bytes: 3 KiB, as: layer }
- generate: { images: 8, as: several }
- generate: { text: "{}", as: empty }
- generate: { json: { a: 1 }, as: document }
- generate: { file: fixtures/images/plain.yaml, as: described }
- generate: { base64: AAEC, as: three }
- generate: { manifest: { config: empty, layers: [layer], artifactType: a/b }, as: artifact }
- generate: { index: { manifests: [artifact], annotations: { a: b } }, as: list }
"#],
};

/// `stream`.
pub(super) static STREAM: Map = Map {
    name: "stream",
    what: "this step",
    text: "Uploads a blob that is made while it is sent, and pulls it back: of any size, and never held.",
    keys: &[needed("stream", Shape::Map(&STREAMED), "what"), SPEC, NOTE],
    rules: &[],
    examples: &["- stream: { bytes: 5 GiB }"],
};

/// What is streamed.
pub(in super::super) static STREAMED: Map = Map {
    name: "what is streamed",
    what: "`stream`",
    text: "How many bytes, and how they are sent.",
    keys: &[
        needed("bytes", SIZE, "how many"),
        key("to", Shape::Text, "the repository; the run's own unless said"),
        key(
            "chunk",
            SIZE,
            "the size of a chunk; one upload in one piece unless said",
        ),
        key("as", AS, "the name under which its digest and size are found after"),
    ],
    rules: &[],
    examples: &["- stream: { bytes: 5 GiB, to: \"{{ repo }}\", chunk: 64 MiB, as: big }"],
};

/// `upload`.
pub(super) static UPLOAD: Map = Map {
    name: "upload",
    what: "this step",
    text: "Uploads a blob. `expect` is of the last request that was sent; 201 unless said.",
    keys: &[
        needed("upload", Shape::Map(&UPLOADED), "what, and how"),
        EXPECTATION,
        CAPTURE,
        SPEC,
        NOTE,
        AUTH,
    ],
    rules: &[],
    examples: &[
        "- upload: { blob: blob }\n  expect: { status: 201, headers: { Location: present } }\n  capture: { at: header.Location }",
    ],
};

/// What is uploaded.
pub(in super::super) static UPLOADED: Map = Map {
    name: "what is uploaded",
    what: "`upload`",
    text: "The blob, where it goes, and on which of the ways that the specification has.",
    keys: &[
        needed("blob", CONTENT, "the content"),
        key("to", Shape::Text, "the repository; the run's own unless said"),
        key(
            "way",
            Shape::OneOf(&[
                Shape::Words(&["post-put", "single-post", "chunked", "chunked-last-in-put", "streamed"]),
                Shape::Text,
            ]),
            "how; `post-put` unless said",
        ),
        key(
            "digest",
            Shape::Text,
            "the digest that is told to the registry; the right one unless said",
        ),
        key(
            "chunk",
            SIZE,
            "the size of a chunk; at least what the registry's `OCI-Chunk-Min-Length` asks",
        ),
    ],
    rules: &[],
    examples: &[
        "- upload: { blob: blob, to: \"{{ repo }}\", way: chunked, digest: \"{{ blob.digest }}\", chunk: 1000 }",
    ],
};

/// `push`.
pub(super) static PUSH: Map = Map {
    name: "push",
    what: "this step",
    text: "Pushes an image or a manifest, blobs first. `expect` is of the manifest's request; 201 unless said.",
    keys: &[
        needed("push", Shape::Map(&PUSHED), "what, and where"),
        QUERY,
        HEADERS,
        EXPECTATION,
        CAPTURE,
        SPEC,
        NOTE,
        AUTH,
    ],
    rules: &[],
    examples: &[
        "- push: { image: plain, to: \":1\" }\n  query: { tag: [a, b] }\n  headers: { X-Trace: 1 }\n  expect: 201\n  capture: { at: \
         header.Location }",
    ],
};

/// What is pushed.
pub(in super::super) static PUSHED: Map = Map {
    name: "what is pushed",
    what: "`push`",
    text: "An image or a manifest, and where it goes.",
    keys: &[
        key(
            "image",
            Shape::Text,
            "the name of an image of `fixtures/images`, or of what was pushed `as` it; `3 layers of 8 MiB`, `random 1 to 5 layers \
             of up to 2 MiB` or `any of versions`",
        ),
        key(
            "manifest",
            CONTENT,
            "a manifest or index that was generated; blobs that it names go first",
        ),
        needed("to", Shape::Text, TARGET),
        key(
            "annotations",
            Shape::MapOf(&Shape::Text),
            "added to the image's manifest",
        ),
        key(
            "blobs",
            Shape::Flag,
            "`false` leaves out the blobs that a manifest names",
        ),
        key("as", AS, "the name under which the manifest is found after"),
    ],
    rules: &[
        Rule::One(&["image", "manifest"]),
        Rule::Alone("manifest", &["annotations"]),
    ],
    examples: &[
        "- push: { image: plain, to: \"{{ repo }}:1\", annotations: { a: b }, as: pushed }\n- push: { manifest: m, to: \"{{ repo \
         }}@{{ m.digest }}\", blobs: false }\n- push: { image: 3 layers of 8 MiB, to: \":2\" }\n- push: { image: any of versions, to: \
         \":3\" }",
    ],
};

/// `pull`.
pub(super) static PULL: Map = Map {
    name: "pull",
    what: "this step",
    text: "Pulls an image, manifest, config and layers, or a blob, and checks every digest.",
    keys: &[needed("pull", Shape::Map(&PULLED), "what"), SPEC, NOTE, AUTH],
    rules: &[],
    examples: &["- pull: { from: \":1\", equals: image }"],
};

/// What is pulled.
pub(in super::super) static PULLED: Map = Map {
    name: "what is pulled",
    what: "`pull`",
    text: "An image, by tag or digest; or a blob, with `blob`.",
    keys: &[
        key("blob", Shape::Text, "the digest of a blob"),
        key(
            "from",
            Shape::Text,
            "`repository:tag` or `repository@digest`; with `blob` the repository, the run's own unless said",
        ),
        key("equals", CONTENT, "the content that it has to be, byte for byte"),
    ],
    rules: &[Rule::Some(&["blob", "from"])],
    examples: &[
        "- pull: { from: \"{{ repo }}:1\", equals: image }\n- pull: { blob: \"{{ blob.digest }}\", from: \"{{ repo }}\", equals: blob }",
    ],
};

/// What is deleted.
pub(in super::super) static DELETED: Map = Map {
    name: "what is deleted",
    what: "`delete`",
    text: "A tag, a manifest or a blob. 202 or 404 unless an `expect` says otherwise.",
    keys: &[
        key("tag", Shape::Text, "`repository:tag`"),
        key("manifest", Shape::Text, "`repository@digest`"),
        key("blob", Shape::Text, "the digest of a blob"),
        key(
            "from",
            Shape::Text,
            "the repository of the blob; the run's own unless said",
        ),
    ],
    rules: &[
        Rule::One(&["tag", "manifest", "blob"]),
        Rule::Alone("from", &["tag", "manifest"]),
    ],
    examples: &[
        "- delete: { tag: \"{{ repo }}:1\" }\n- delete: { manifest: \"{{ repo }}@{{ image.digest }}\" }\n- delete: { blob: \"{{ \
         blob.digest }}\", from: \"{{ repo }}\" }",
    ],
};
