//! Manifests on demand: fresh, stale, absent, refused.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use http::StatusCode;
use plimsoll_registry_core::{
    hooks::{Hooks, ManifestPush, PushPolicy, Refusal},
    oci::{ErrorCode, media_type},
};
use serde_json::{Value, json};

use super::support::{Scripted, TestMirror, configuration, descriptor, reply};

#[tokio::test]
async fn an_image_is_handed_out_at_once_and_stored_once_it_is_whole() {
    let upstream = Scripted::start().await;
    let digest = upstream.image("a/b", "1", b"layer");
    let mirror = TestMirror::of(&upstream);
    let answer = mirror.get("/v2/a/b/manifests/1").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("docker-content-digest").unwrap(), digest.to_string());
    assert_eq!(answer.header("content-type"), Some(media_type::IMAGE));
    let manifest: Value = serde_json::from_slice(&answer.body).unwrap();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(
        mirror.get(&format!("/v2/a/b/blobs/{layer}")).await.body,
        "layer".as_bytes()
    );
    mirror.listed("a/b", "1").await;
    assert_eq!(upstream.seen("GET", "/manifests/1").len(), 1);
    assert_eq!(
        upstream.seen("GET", layer).len(),
        1,
        "the client's and the background's are one"
    );

    // The second time a look is enough, and by digest not even that.
    let again = mirror.get("/v2/a/b/manifests/1").await;
    assert_eq!((again.status, again.body), (200, answer.body.clone()));
    assert_eq!(upstream.seen("GET", "/manifests/1").len(), 1);
    assert_eq!(upstream.seen("HEAD", "/manifests/1").len(), 1);
    upstream.fail(500);
    let by_digest = mirror.get(&format!("/v2/a/b/manifests/{digest}")).await;
    assert_eq!((by_digest.status, by_digest.header("warning")), (200, None));
    assert_eq!(by_digest.body, answer.body);
    mirror.stop().await;
}

#[tokio::test]
async fn a_tag_that_moved_is_fetched_anew() {
    let upstream = Scripted::start().await;
    upstream.image("a", "1", b"old");
    let mirror = TestMirror::of(&upstream);
    mirror.get("/v2/a/manifests/1").await;
    mirror.listed("a", "1").await;
    let new = upstream.image("a", "1", b"new one").to_string();
    for method in ["HEAD", "GET"] {
        let answer = mirror.request(method, "/v2/a/manifests/1", &[]).await;
        assert_eq!(answer.header("docker-content-digest"), Some(new.as_str()), "{method}");
    }
    mirror.stored("a", "1", &new).await;
    upstream.fail(503);
    mirror
        .eventually("/v2/a/manifests/1", |answer| {
            answer.header("docker-content-digest") == Some(new.as_str()) && answer.header("warning").is_some()
        })
        .await;
}

#[tokio::test]
async fn trouble_upstream_serves_what_is_here_with_a_warning_and_hides_nothing() {
    let upstream = Scripted::start().await;
    upstream.image("a", "1", b"layer");
    let mirror = TestMirror::of(&upstream);
    mirror.get("/v2/a/manifests/1").await;
    mirror.listed("a", "1").await;
    for status in [500, 502, 503, 429, 418] {
        upstream.fail(status);
        let stale = mirror.get("/v2/a/manifests/1").await;
        assert_eq!(stale.status, 200, "{status}");
        assert!(stale.header("warning").unwrap().starts_with("299 - \""), "{status}");
        let unknown = mirror.get("/v2/a/manifests/2").await;
        assert_eq!(unknown.status, 502, "whether it exists is not known: {status}");
        let blob = format!("/v2/a/blobs/sha256:{}", "0".repeat(64));
        assert_eq!(mirror.get(&blob).await.status, 502, "{status}");
        assert_eq!(mirror.request("HEAD", &blob, &[]).await.status, 502, "{status}");
    }
    // What upstream does not have any more is kept.
    upstream.fail(404);
    let kept = mirror.get("/v2/a/manifests/1").await;
    assert_eq!((kept.status, kept.header("warning")), (200, None));
    assert_eq!(mirror.get("/v2/a/manifests/2").await.status, 404);
    assert_eq!(mirror.get("/v2/other/manifests/1").await.status, 404);
    assert_eq!(
        mirror.files("other"),
        Vec::<String>::new(),
        "nothing is made for names that nobody has"
    );
}

#[tokio::test]
async fn an_upstream_that_is_silent_holds_nobody_up() {
    let upstream = Scripted::start().await;
    upstream.image("a", "1", b"layer");
    let mirror = TestMirror::of(&upstream);
    mirror.get("/v2/a/manifests/1").await;
    mirror.listed("a", "1").await;
    let forever = futures_util::stream::pending::<Result<axum::body::Bytes, std::io::Error>>;
    upstream.script(move |_| {
        Some(reply(
            200,
            &[("content-type", media_type::IMAGE)],
            Body::from_stream(forever()),
        ))
    });
    // The look at the tag is answered, but for a digest; the manifest itself never comes.
    let stale = mirror.get("/v2/a/manifests/1").await;
    assert_eq!((stale.status, stale.header("warning").is_some()), (200, true));
    assert_eq!(mirror.get("/v2/a/manifests/2").await.status, 502);
}

#[tokio::test]
async fn an_index_is_copied_with_all_its_images_or_not_listed() {
    let upstream = Scripted::start().await;
    let index = |parts: &[&plimsoll_registry_core::oci::Digest]| {
        let rows: Vec<_> = parts
            .iter()
            .map(|digest| descriptor(media_type::IMAGE, digest, 1))
            .collect();
        json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": rows })
    };
    let one = upstream.image("a", "x", b"one");
    let two = upstream.image("a", "y", b"two!");
    let whole = upstream.manifest("a", "whole", &index(&[&one, &two]));
    let lost = upstream.image("b", "x", b"lost");
    let there = upstream.image("b", "y", b"there");
    upstream.forget(&format!("b/manifests/{lost}"));
    upstream.manifest("b", "broken", &index(&[&lost, &there]));
    let mirror = TestMirror::of(&upstream);
    let answer = mirror.get("/v2/a/manifests/whole").await;
    assert_eq!(answer.header("docker-content-digest").unwrap(), whole.to_string());
    mirror.listed("a", "whole").await;
    upstream.fail(500);
    for part in [&one, &two] {
        assert_eq!(mirror.get(&format!("/v2/a/manifests/{part}")).await.status, 200);
    }
    upstream.obey();
    assert_eq!(mirror.get("/v2/b/manifests/broken").await.status, 200);
    upstream.script(|seen| seen.path.contains("broken").then(|| reply(404, &[], "")));
    // The other image is copied all the same; the index is handed out as long as it is on its way, and never listed.
    mirror
        .eventually("/v2/b/manifests/broken", |answer| answer.status == 404)
        .await;
    upstream.fail(500);
    assert_eq!(mirror.get(&format!("/v2/b/manifests/{there}")).await.status, 200);
    assert_eq!(
        mirror.get("/v2/b/tags/list").await.body,
        r#"{"name":"b","tags":[]}"#.as_bytes()
    );
}

struct Refuses;

#[async_trait]
impl PushPolicy for Refuses {
    async fn judge(&self, push: ManifestPush<'_>) -> Result<(), Refusal> {
        let Some(config) = &push.manifest.config else {
            return Ok(());
        };
        let there = push.store.blob_size(push.repository, &config.digest).await.unwrap();
        assert!(there.is_some(), "a policy can rely on the config");
        if push.manifest.annotations.contains_key("good") {
            return Ok(());
        }
        Err(Refusal {
            status: StatusCode::BAD_REQUEST,
            code: ErrorCode::ManifestInvalid,
            message: "no".into(),
            detail: serde_json::Map::default(),
        })
    }
}

#[tokio::test]
async fn what_a_policy_refuses_is_not_handed_out_alone_or_in_an_index() {
    let upstream = Scripted::start().await;
    let bad = upstream.image("a", "bad", b"layer");
    let mut document = upstream.image_document("a", b"layer");
    document["annotations"] = json!({ "good": "" });
    upstream.manifest("a", "good", &document);
    let rows = [descriptor(media_type::IMAGE, &bad, 1)];
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": rows });
    upstream.manifest("a", "index", &index);
    let mut hooks = Hooks::default();
    hooks.push_policy(Arc::new(Refuses));
    let mirror = TestMirror::with(&[configuration(&[&upstream.url()])], None, hooks);
    assert_eq!(mirror.get("/v2/a/manifests/bad").await.status, 404);
    assert_eq!(mirror.get("/v2/a/manifests/index").await.status, 404);
    assert_eq!(mirror.get("/v2/a/manifests/good").await.status, 200);
    mirror.listed("a", "good").await;
    assert_eq!(
        mirror.get("/v2/a/tags/list").await.body,
        r#"{"name":"a","tags":["good"]}"#.as_bytes()
    );
}

#[tokio::test]
async fn within_the_interval_nobody_looks_again() {
    let upstream = Scripted::start().await;
    upstream.image("a", "1", b"old");
    let mut config = configuration(&[&upstream.url()]);
    config.manifest_check_interval = std::time::Duration::from_hours(1);
    let mirror = TestMirror::with(&[config], None, Hooks::default());
    let first = mirror.get("/v2/a/manifests/1").await;
    mirror.listed("a", "1").await;
    upstream.image("a", "1", b"new one");
    let second = mirror.get("/v2/a/manifests/1").await;
    assert_eq!(second.body, first.body);
    assert_eq!(upstream.seen("HEAD", "/manifests/1").len(), 0);
}

#[tokio::test]
async fn several_registries_and_urls_are_asked_in_order() {
    let (first, second) = (Scripted::start().await, Scripted::start().await);
    second.image("a", "1", b"layer");
    let mirror = TestMirror::with(
        &[configuration(&[&first.url()]), configuration(&[&second.url()])],
        None,
        Hooks::default(),
    );
    assert_eq!(mirror.get("/v2/a/manifests/1").await.status, 200);
    mirror.listed("a", "1").await;
    let third = Scripted::start().await;
    third.fail(500);
    let mirror = TestMirror::with(&[configuration(&[&third.url(), &second.url()])], None, Hooks::default());
    assert_eq!(mirror.get("/v2/a/manifests/1").await.status, 200);
    mirror.listed("a", "1").await;
    // One that cannot be asked could have it.
    assert_eq!(mirror.get("/v2/a/manifests/2").await.status, 502);
}

#[tokio::test]
async fn only_signed_images_come_where_that_is_wanted() {
    let upstream = Scripted::start().await;
    let signed = upstream.image("a", "signed", b"signed");
    upstream.image("a", "plain", b"plain");
    upstream.image("a", &format!("sha256-{}.sig", signed.hex()), b"signature");
    let referred = upstream.image("a", "referred", b"referred");
    let mut signature = upstream.image_document("a", b"other signature");
    signature["artifactType"] = json!("application/vnd.cncf.notary.signature");
    signature["subject"] = descriptor(media_type::IMAGE, &referred, 1);
    upstream.manifest("a", &"x".repeat(3), &signature);
    let mut config = configuration(&[&upstream.url()]);
    config.only_signed = true;
    let mirror = TestMirror::with(&[config], None, Hooks::default());
    for (tag, status) in [("plain", 404), ("signed", 200), ("referred", 200)] {
        assert_eq!(
            mirror.get(&format!("/v2/a/manifests/{tag}")).await.status,
            status,
            "{tag}"
        );
    }
}

#[tokio::test]
async fn docker_images_come_only_where_they_may_be_pushed() {
    let upstream = Scripted::start().await;
    let mut document = upstream.image_document("a", b"layer");
    document["mediaType"] = json!(media_type::DOCKER_IMAGE);
    upstream.manifest("a", "1", &document);
    let mirror = TestMirror::of(&upstream);
    assert_eq!(mirror.get("/v2/a/manifests/1").await.status, 404);
}

#[tokio::test]
async fn referrers_come_with_what_they_name_and_without_what_does_not_refer() {
    let upstream = Scripted::start().await;
    let subject = upstream.image("a", "1", b"layer");
    let mut document = upstream.image_document("a", b"bill of materials");
    document["artifactType"] = json!("application/vnd.example.sbom");
    document["subject"] = descriptor(media_type::IMAGE, &subject, 1);
    let referrer = upstream.manifest("a", "unused", &document);
    upstream.image("a", &format!("sha256-{}.sig", subject.hex()), b"signature");
    let mirror = TestMirror::of(&upstream);
    let path = format!("/v2/a/referrers/{subject}");
    let list = mirror.get(&path).await;
    let rows: Value = serde_json::from_slice(&list.body).unwrap();
    assert_eq!(rows["manifests"][0]["digest"], json!(referrer));
    assert_eq!(rows["manifests"].as_array().unwrap().len(), 1);
    mirror.listed("a", &format!("sha256-{}.sig", subject.hex())).await;
    upstream.fail(500);
    let stale = mirror.get(&path).await;
    assert!(stale.header("warning").is_some());
    assert_eq!((stale.status, stale.body), (200, list.body));
    let artifact = mirror.get(&format!("/v2/a/manifests/{referrer}")).await;
    assert_eq!(artifact.body, document.to_string().as_bytes());
}

#[tokio::test]
async fn referrers_are_found_by_their_tag_where_there_is_no_api_for_them() {
    let upstream = Scripted::start().await;
    let subject = upstream.image("a", "1", b"layer");
    let mut document = upstream.image_document("a", b"bill of materials");
    document["subject"] = descriptor(media_type::IMAGE, &subject, 1);
    let referrer = upstream.manifest("a", "unused", &document);
    let stranger = upstream.image("a", "stranger", b"stranger");
    let rows = [
        descriptor(media_type::IMAGE, &referrer, 1),
        descriptor(media_type::IMAGE, &stranger, 1),
    ];
    let fallback = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": rows });
    upstream.manifest("a", &format!("sha256-{}", subject.hex()), &fallback);
    upstream.script(|seen| seen.path.contains("/referrers/").then(|| reply(404, &[], "")));
    let mirror = TestMirror::of(&upstream);
    let list = mirror.get(&format!("/v2/a/referrers/{subject}")).await;
    let rows: Value = serde_json::from_slice(&list.body).unwrap();
    let digests: Vec<_> = rows["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["digest"])
        .collect();
    assert_eq!(digests, [&json!(referrer)]);
}

#[tokio::test]
async fn what_was_said_to_be_here_can_be_named_by_a_push() {
    let upstream = Scripted::start().await;
    let document = upstream.image_document("a", b"base layer");
    let mirror = TestMirror::of(&upstream);
    let layer = document["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(
        mirror
            .request("HEAD", &format!("/v2/a/blobs/{layer}"), &[])
            .await
            .status,
        200
    );
    let headers = [("content-type", media_type::IMAGE)];
    let answer = mirror
        .send("PUT", "/v2/a/manifests/own", &headers, document.to_string())
        .await;
    assert_eq!(answer.status(), StatusCode::CREATED);
}
