//! What is asked of search, and what search reads.

use plimsoll_registry_core::oci::{Algorithm, media_type};
use serde_json::{Value, json};

use crate::{
    registry::{Registry, Renewed},
    target::Target,
};

static SEARCHED: Renewed = Renewed::new("extensions: { search: { graphiql: true } }", |registry| {
    push(registry, CONFIG.as_bytes());
});

/// One image and the schema are all that there is to say something about, and aliases are few.
const LARGEST_ANSWER: usize = 4 << 20;

const PATH: &str = "/v2/_zot/ext/search";
const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","created":"2026-01-01T00:00:00Z","author":"a","config":{"Labels":{"a":"b"}},"rootfs":{"type":"layers","diff_ids":["sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"]},"history":[{"created":"2026-01-01T00:00:00Z","created_by":"x","empty_layer":true},{"comment":"y"}]}"#;

fn push(registry: &Registry, config: &[u8]) {
    let digest = registry.blob("a/b", config);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::IMAGE,
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len() },
        "layers": [],
    });
    let headers = [("content-type", media_type::IMAGE)];
    let answer = registry.send("PUT", "/v2/a/b/manifests/v1", &headers, manifest.to_string().as_bytes());
    assert_eq!(answer.expect("a request").status, 201);
}

pub(super) fn targets() -> Vec<Target> {
    let queries = [
        "{ GlobalSearch(query: \"a\", requestedPage: { limit: 2, offset: 0, sortBy: RELEVANCE }) { Page { TotalCount } Images { RepoName Tag Digest Manifests { Layers { Size } History { Layer { Digest } } } } Repos { Name } Layers { Digest } } }",
        "{ ImageList(repo: \"a/b\") { Results { Tag Labels Vendor } } }",
        "query Q($d: String!) { ImageListForDigest(id: $d) { Results { RepoName } } }",
        "fragment F on ImageSummary { Tag } { Image(image: \"a/b:v1\") { ...F Referrers { MediaType } } }",
        "{ __schema { types { name fields { name } } } }",
        "{ ExpandedRepoInfo(repo: \"a/b\") { Images { Tag } Summary { Size } } }",
    ];
    vec![
        Target::text("search/query", queries, |text| {
            let body = json!({ "query": text, "variables": { "d": "sha256:44" } }).to_string();
            ask("POST", PATH, body.as_bytes());
        }),
        Target::bytes(
            "search/body",
            [
                r#"{"query":"{ RepoListWithNewestImage { Results { Name } } }","variables":{},"operationName":null}"#,
                r#"[{"query":"{ __typename }"}]"#,
            ],
            |bytes| ask("POST", PATH, bytes),
        ),
        Target::text("search/parameters", ["query=%7B__typename%7D&variables=%7B%7D", "query={}&operationName=a"], |text| {
            ask("GET", &format!("{PATH}?{text}"), b"");
        }),
        Target::bytes("search/image-config", [CONFIG], |bytes| {
            SEARCHED.with(|registry| {
                push(registry, bytes);
                let query = "{ ImageList(repo: \"a/b\") { Results { Tag LastUpdated Authors Labels Manifests { Platform { Os Arch } History { HistoryDescription { Created } } } } } }";
                let body = json!({ "query": query }).to_string();
                let answer = registry.send("POST", PATH, &[("content-type", "application/json")], body.as_bytes());
                let answer = answer.expect("a request");
                let document: Value = serde_json::from_slice(&answer.body).expect("JSON");
                let found = document["data"]["ImageList"]["Results"].as_array().map(Vec::len);
                assert_eq!(found, Some(1), "an image is found whatever its config says: {document}");
                // What came before would be in the way of what comes next.
                let digest = Algorithm::Sha256.digest(bytes);
                registry.send("DELETE", "/v2/a/b/manifests/v1", &[], b"");
                registry.send("DELETE", &format!("/v2/a/b/blobs/{digest}"), &[], b"");
            });
        })
        .slow(),
    ]
}

/// Asks, and holds the answer to what GraphQL promises of any: a document that has data, or says why not.
fn ask(method: &str, target: &str, body: &[u8]) {
    let headers = [("content-type", "application/json")];
    let Some(answer) = SEARCHED.with(|registry| registry.send(method, target, &headers, body)) else {
        return;
    };
    let document: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let errors = document["errors"].as_array();
    let are_told = errors.is_some_and(|errors| {
        let is_told = |error: &Value| error["message"].as_str().is_some_and(|message| !message.is_empty());
        !errors.is_empty() && errors.iter().all(is_told)
    });
    assert!(are_told || document["data"].is_object(), "{document}");
    assert!(are_told || answer.status == 200, "{answer:?}");
    assert!(answer.body.len() < LARGEST_ANSWER, "{} bytes", answer.body.len());
}
