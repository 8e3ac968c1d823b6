//! What every path has in common.

use std::sync::Arc;

use async_trait::async_trait;
use http::StatusCode;
use plimsoll_registry_core::{
    hooks::{Event, Hooks, ManifestPush, Observer, PushPolicy, Refusal},
    oci::ErrorCode,
};

use crate::support::{Fixture, image};

#[tokio::test]
async fn the_ping_says_that_this_is_a_registry() {
    let fixture = Fixture::new();
    for path in ["/v2/", "/v2"] {
        let answer = fixture.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("docker-distribution-api-version"), Some("registry/2.0"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let fixture = Fixture::new();
    for (method, path, allow) in [
        ("POST", "/v2/", "GET, HEAD"),
        ("DELETE", "/v2/_catalog", "GET, HEAD"),
        ("PUT", "/v2/a/tags/list", "GET, HEAD"),
        ("POST", "/v2/a/manifests/v1", "GET, HEAD, PUT, DELETE"),
        ("PUT", "/v2/a/blobs/x", "GET, HEAD, DELETE"),
        ("GET", "/v2/a/blobs/uploads/", "POST"),
        ("BREW", "/v2/a/blobs/uploads/x", "GET, HEAD, PATCH, PUT, DELETE"),
    ] {
        let answer = fixture.request(method, path, &[], "").await;
        assert_eq!(answer.refusal(), (405, "UNSUPPORTED".to_owned()), "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
    let answer = fixture.request("OPTIONS", "/v2/", &[], "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn a_path_that_names_nothing_is_refused() {
    let fixture = Fixture::new();
    for (path, status, code) in [
        ("/", 404, "UNSUPPORTED"),
        ("/v2/a", 404, "UNSUPPORTED"),
        ("/v2/_zot/ext/unknown", 404, "UNSUPPORTED"),
        ("/v2/A/tags/list", 400, "NAME_INVALID"),
        ("/v2/a%2Fb/tags/list", 400, "NAME_INVALID"),
        ("/v2/a/../b/tags/list", 400, "NAME_INVALID"),
        ("/v2/absent/tags/list", 404, "NAME_UNKNOWN"),
        ("/v2/absent/manifests/v1", 404, "NAME_UNKNOWN"),
        ("/v2/absent/manifests/.v1", 404, "MANIFEST_UNKNOWN"),
        ("/v2/absent/manifests/sha256:zz", 400, "DIGEST_INVALID"),
        ("/v2/absent/blobs/sha256:zz", 400, "DIGEST_INVALID"),
        ("/v2/absent/referrers/zz", 400, "DIGEST_INVALID"),
        ("/v2/absent/blobs/uploads/zz", 404, "BLOB_UPLOAD_UNKNOWN"),
    ] {
        assert_eq!(fixture.get(path).await.refusal(), (status, code.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let fixture = Fixture::new();
    let digest = fixture.image("a", "v1", "x").await;
    let blob = fixture.blob("a", b"content").await;
    for path in [
        "/v2/".to_owned(),
        "/v2/_catalog".to_owned(),
        "/v2/_oci/ext/discover".to_owned(),
        "/v2/a/tags/list".to_owned(),
        "/v2/a/manifests/v1".to_owned(),
        format!("/v2/a/manifests/{digest}"),
        format!("/v2/a/blobs/{blob}"),
        format!("/v2/a/referrers/{digest}"),
        "/v2/a/manifests/absent".to_owned(),
    ] {
        let get = fixture.get(&path).await;
        let head = fixture.request("HEAD", &path, &[], "").await;
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        assert_eq!(
            head.header("content-length"),
            Some(get.body.len().to_string().as_str()),
            "{path}"
        );
        for (name, value) in &get.headers {
            assert_eq!(head.headers.get(name), Some(value), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn locations_follow_the_configuration_and_never_the_request() {
    let hosts = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "gopher"),
    ];
    let relative = Fixture::new();
    let answer = relative.request("POST", "/v2/a/blobs/uploads/", &hosts, "").await;
    assert!(answer.header("location").unwrap().starts_with("/v2/a/blobs/uploads/"));
    let configure = |config: &mut plimsoll_registry_core::config::Config| {
        config.http.external_url = Some("https://registry.example/below/".to_owned());
    };
    let absolute = Fixture::with(configure, Hooks::default());
    let answer = absolute.request("POST", "/v2/a/blobs/uploads/", &hosts, "").await;
    let location = answer.header("location").unwrap();
    assert!(
        location.starts_with("https://registry.example/below/v2/a/blobs/uploads/"),
        "{location}"
    );
}

#[derive(Default)]
struct Journal(std::sync::Mutex<Vec<String>>);

impl Observer for Journal {
    fn observe(&self, event: &Event<'_>) {
        let line = match event {
            Event::RepositoryCreated { repository } => format!("created {repository}"),
            Event::ManifestPushed { reference, .. } => format!("pushed {reference}"),
            Event::ManifestPulled { .. } => "pulled".to_owned(),
            Event::ManifestDeleted { reference, .. } => format!("deleted {reference}"),
            Event::Request {
                method,
                status,
                repository,
                ..
            } => {
                format!(
                    "{method} {} {}",
                    status.as_u16(),
                    repository.map_or("-", |name| name.as_str())
                )
            }
            _ => return,
        };
        self.0.lock().expect("no panic elsewhere").push(line);
    }
}

#[tokio::test]
async fn observers_are_told_what_happens() {
    let journal = Arc::new(Journal::default());
    let mut hooks = Hooks::default();
    hooks.observer(Arc::clone(&journal) as Arc<dyn Observer>);
    let fixture = Fixture::with(|_| {}, hooks);
    fixture.image("a", "v1", "x").await;
    fixture.get("/v2/a/manifests/v1").await;
    fixture.request("HEAD", "/v2/a/manifests/v1", &[], "").await;
    fixture.get("/v2/made-up/manifests/v1").await;
    fixture.request("DELETE", "/v2/a/manifests/v1", &[], "").await;
    let lines = journal.0.lock().unwrap().clone();
    let expected = [
        "created a",
        "pushed v1",
        "PUT 201 a",
        "pulled",
        "GET 200 a",
        "HEAD 200 a",
        "GET 404 -",
        "deleted v1",
        "DELETE 202 a",
    ];
    // The first is the upload of the config.
    assert_eq!(lines[1..], expected);
}

struct Refuses;

#[async_trait]
impl PushPolicy for Refuses {
    async fn judge(&self, push: ManifestPush<'_>) -> Result<(), Refusal> {
        Err(Refusal {
            status: StatusCode::BAD_REQUEST,
            code: ErrorCode::ManifestInvalid,
            message: format!("not {}", push.reference),
            detail: serde_json::Map::from_iter([("reference".to_owned(), push.reference.to_string().into())]),
        })
    }
}

#[tokio::test]
async fn a_policy_is_asked_last_and_its_refusal_stores_nothing() {
    let mut hooks = Hooks::default();
    hooks.push_policy(Arc::new(Refuses));
    let fixture = Fixture::with(|_| {}, hooks);
    let manifest = image("x", None).to_string();
    let answer = fixture.put_manifest("a", "v1", manifest.clone()).await;
    assert_eq!(answer.refusal(), (400, "MANIFEST_BLOB_UNKNOWN".to_owned()));
    fixture.blob("a", b"{}").await;
    let answer = fixture.put_manifest("a", "v1", manifest).await;
    assert_eq!(answer.refusal(), (400, "MANIFEST_INVALID".to_owned()));
    assert_eq!(answer.json()["errors"][0]["message"], "not v1");
    assert_eq!(answer.json()["errors"][0]["detail"]["reference"], "v1");
    assert_eq!(fixture.get("/v2/a/manifests/v1").await.status, StatusCode::NOT_FOUND);
}
