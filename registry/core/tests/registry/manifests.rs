//! Pushing, pulling and deleting manifests.

use axum::body::Body;
use futures_util::stream;
use http::StatusCode;
use plimsoll_registry_core::{
    hooks::Hooks,
    oci::{Algorithm, media_type},
};
use serde_json::json;

use crate::support::{Fixture, image};

const LIMIT: usize = 4 << 20;

#[tokio::test]
async fn a_manifest_comes_as_it_was_pushed() {
    let fixture = Fixture::new();
    fixture.blob("a", b"{}").await;
    let bytes = format!("  {:#}\n", image("x", None));
    let digest = Algorithm::Sha256.digest(bytes.as_bytes()).to_string();
    let content_type = format!("{}; charset=utf-8", media_type::IMAGE);
    let answer = fixture
        .request(
            "PUT",
            "/v2/a/manifests/v1",
            &[("content-type", &content_type)],
            bytes.clone(),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("docker-content-digest"), Some(digest.as_str()));
    assert_eq!(answer.header("oci-subject"), None);
    for path in [
        answer.header("location").unwrap(),
        "/v2/a/manifests/v1",
        &format!("/v2/a/manifests/{digest}"),
    ] {
        let answer = fixture.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body, bytes);
        assert_eq!(answer.header("content-type"), Some(media_type::IMAGE));
        assert_eq!(answer.header("docker-content-digest"), Some(digest.as_str()));
        let tag = answer.header("etag").unwrap();
        let answer = fixture.request("GET", path, &[("if-none-match", tag)], "").await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NOT_MODIFIED, 0));
    }
}

#[tokio::test]
async fn a_push_by_digest_brings_its_tags() {
    let fixture = Fixture::new();
    fixture.blob("a", b"{}").await;
    let bytes = image("x", None).to_string();
    for algorithm in Algorithm::ALL {
        let digest = algorithm.digest(bytes.as_bytes());
        let tags = (0..46).map(|tag| format!("tag=t{tag}")).collect::<Vec<_>>().join("&");
        let answer = fixture
            .put_manifest("a", &format!("{digest}?{tags}"), bytes.clone())
            .await;
        assert_eq!(answer.status, StatusCode::CREATED);
        assert_eq!(
            answer.header("docker-content-digest"),
            Some(digest.to_string().as_str())
        );
        assert_eq!(answer.headers.get_all("oci-tag").iter().count(), 46);
        assert_eq!(fixture.get("/v2/a/manifests/t45").await.body, bytes);
    }
    let digest = Algorithm::Sha256.digest(bytes.as_bytes());
    let tags = (0..47).map(|tag| format!("tag=t{tag}")).collect::<Vec<_>>().join("&");
    let answer = fixture
        .put_manifest("a", &format!("{digest}?{tags}"), bytes.clone())
        .await;
    assert_eq!(answer.refusal(), (414, "MANIFEST_INVALID".to_owned()));
    for tag in ["", ".v1", "a%2Fb"] {
        let answer = fixture
            .put_manifest("b", &format!("{digest}?tag={tag}"), bytes.clone())
            .await;
        assert_eq!(answer.refusal(), (400, "MANIFEST_INVALID".to_owned()), "{tag}");
    }
}

#[tokio::test]
async fn a_tag_moves() {
    let fixture = Fixture::new();
    let first = fixture.image("a", "v1", "first").await;
    let second = fixture.image("a", "v1", "second").await;
    let answer = fixture.get("/v2/a/manifests/v1").await;
    assert_eq!(
        answer.header("docker-content-digest"),
        Some(second.to_string().as_str())
    );
    assert_eq!(
        fixture.get(&format!("/v2/a/manifests/{first}")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn what_is_no_manifest_is_refused() {
    let fixture = Fixture::new();
    fixture.blob("a", b"{}").await;
    let digest = Algorithm::Sha256.digest(b"other");
    let good = image("x", None).to_string();
    for (reference, bytes, code) in [
        ("v1", "not JSON".to_owned(), "MANIFEST_INVALID"),
        ("v1", "{}".to_owned(), "MANIFEST_INVALID"),
        ("v1", "\u{feff}{}".to_owned(), "MANIFEST_INVALID"),
        ("v1", "[".repeat(100_000), "MANIFEST_INVALID"),
        (".v1", good.clone(), "MANIFEST_INVALID"),
        ("sha256:zz", good.clone(), "DIGEST_INVALID"),
        (&digest.to_string(), good.clone(), "DIGEST_INVALID"),
    ] {
        let answer = fixture.put_manifest("a", reference, bytes).await;
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{reference}");
    }
    let mut manifest = image("x", None);
    manifest["layers"] = json!([{ "mediaType": "a/b", "digest": digest, "size": 1 }]);
    let answer = fixture.put_manifest("a", "v1", manifest.to_string()).await;
    assert_eq!(answer.refusal(), (400, "MANIFEST_BLOB_UNKNOWN".to_owned()));
    assert_eq!(answer.json()["errors"][0]["detail"]["missing"], json!([digest]));
    let bad_type = json!({ "mediaType": "a b\n" }).to_string();
    let answer = fixture.request("PUT", "/v2/a/manifests/v1", &[], bad_type).await;
    assert_eq!(answer.refusal(), (400, "MANIFEST_INVALID".to_owned()));
}

#[tokio::test]
async fn a_sparse_image_is_taken_where_that_is_configured_and_never_without_its_config() {
    let absent = Algorithm::Sha256.digest(b"absent");
    let mut manifest = image("x", None);
    manifest["layers"] = json!([{ "mediaType": "a/b", "digest": absent, "size": 6 }]);
    for (configured, status) in [(false, StatusCode::BAD_REQUEST), (true, StatusCode::CREATED)] {
        let fixture = Fixture::with(|config| config.storage.sparse = configured, Hooks::default());
        let answer = fixture.put_manifest("a", "v1", manifest.to_string()).await;
        assert_eq!(answer.refusal(), (400, "MANIFEST_BLOB_UNKNOWN".to_owned()));
        fixture.blob("a", b"{}").await;
        assert_eq!(
            fixture.put_manifest("a", "v1", manifest.to_string()).await.status,
            status
        );
    }
}

#[tokio::test]
async fn a_manifest_has_at_most_four_mebibytes() {
    let fixture = Fixture::new();
    fixture.blob("a", b"{}").await;
    let bytes = image("x", None).to_string();
    let padded = |length: usize| format!("{bytes}{}", " ".repeat(length - bytes.len()));
    let answer = fixture.put_manifest("a", "v1", padded(LIMIT)).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let answer = fixture.put_manifest("a", "v2", padded(LIMIT + 1)).await;
    assert_eq!(answer.refusal(), (413, "MANIFEST_INVALID".to_owned()));
    let too_long = padded(LIMIT + 1).into_bytes();
    let chunks: Vec<_> = too_long
        .chunks(65_536)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
        .collect();
    let answer = fixture
        .put_manifest("a", "v2", Body::from_stream(stream::iter(chunks)))
        .await;
    assert_eq!(answer.refusal(), (413, "MANIFEST_INVALID".to_owned()));
    let declared = [("content-length", "99999999999")];
    let answer = fixture.request("PUT", "/v2/a/manifests/v2", &declared, "{}").await;
    assert_eq!(answer.refusal(), (413, "MANIFEST_INVALID".to_owned()));
}

#[tokio::test]
async fn docker_manifests_are_taken_where_they_are_configured() {
    let config = Algorithm::Sha256.digest(b"{}");
    let bytes = json!({
        "schemaVersion": 2,
        "mediaType": media_type::DOCKER_IMAGE,
        "config": { "mediaType": "application/vnd.docker.container.image.v1+json", "digest": config, "size": 2 },
        "layers": [],
    })
    .to_string();
    for (configured, status) in [(false, StatusCode::UNSUPPORTED_MEDIA_TYPE), (true, StatusCode::CREATED)] {
        let fixture = Fixture::with(|config| config.http.docker_images = configured, Hooks::default());
        fixture.blob("a", b"{}").await;
        let headers = [("content-type", media_type::DOCKER_IMAGE)];
        let answer = fixture
            .request("PUT", "/v2/a/manifests/v1", &headers, bytes.clone())
            .await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_tag_is_deleted_alone_and_a_manifest_with_its_tags() {
    let fixture = Fixture::new();
    let digest = fixture.image("a", "v1", "x").await;
    fixture.image("a", "v2", "x").await;
    let by_digest = format!("/v2/a/manifests/{digest}");
    let delete = async |path: &str| fixture.request("DELETE", path, &[], "").await;
    assert_eq!(delete("/v2/a/manifests/v1").await.status, StatusCode::ACCEPTED);
    assert_eq!(
        fixture.get("/v2/a/manifests/v1").await.refusal(),
        (404, "MANIFEST_UNKNOWN".to_owned())
    );
    assert_eq!(fixture.get("/v2/a/manifests/v2").await.status, StatusCode::OK);
    assert_eq!(fixture.get(&by_digest).await.status, StatusCode::OK);
    assert_eq!(delete(&by_digest).await.status, StatusCode::ACCEPTED);
    assert_eq!(fixture.get("/v2/a/manifests/v2").await.status, StatusCode::NOT_FOUND);
    for path in [by_digest.as_str(), "/v2/a/manifests/v2", "/v2/a/manifests/.v2"] {
        assert_eq!(
            delete(path).await.refusal(),
            (404, "MANIFEST_UNKNOWN".to_owned()),
            "{path}"
        );
    }
    let unknown = by_digest.replace("/v2/a/", "/v2/b/");
    assert_eq!(delete(&unknown).await.refusal(), (404, "NAME_UNKNOWN".to_owned()));
}
