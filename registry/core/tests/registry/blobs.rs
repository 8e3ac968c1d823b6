//! Pulling, mounting and deleting blobs.

use http::StatusCode;
use plimsoll_registry_core::oci::Algorithm;

use crate::support::Fixture;

#[tokio::test]
async fn a_blob_comes_as_it_was_pushed() {
    let fixture = Fixture::new();
    let content = vec![7; 300_000];
    let digest = fixture.blob("a", &content).await;
    let answer = fixture.get(&format!("/v2/a/blobs/{digest}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body, content);
    assert_eq!(
        answer.header("docker-content-digest"),
        Some(digest.to_string().as_str())
    );
    assert_eq!(answer.header("etag"), Some(format!("\"{digest}\"").as_str()));
    assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    let elsewhere = fixture.get(&format!("/v2/b/blobs/{digest}")).await;
    assert_eq!(elsewhere.refusal(), (404, "NAME_UNKNOWN".to_owned()));
    fixture.image("b", "v1", "x").await;
    let elsewhere = fixture.get(&format!("/v2/b/blobs/{digest}")).await;
    assert_eq!(elsewhere.refusal(), (404, "BLOB_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn a_range_gives_just_that_part() {
    let fixture = Fixture::new();
    let content: Vec<u8> = (0..=255).collect();
    let digest = fixture.blob("a", &content).await;
    let path = format!("/v2/a/blobs/{digest}");
    for (range, part, content_range) in [
        ("bytes=0-0", 0..1, "bytes 0-0/256"),
        ("bytes=10-19", 10..20, "bytes 10-19/256"),
        ("bytes=250-", 250..256, "bytes 250-255/256"),
        ("bytes=-6", 250..256, "bytes 250-255/256"),
        ("bytes=200-9999", 200..256, "bytes 200-255/256"),
        ("bytes=-9999", 0..256, "bytes 0-255/256"),
    ] {
        let answer = fixture.request("GET", &path, &[("range", range)], "").await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.body, content[part], "{range}");
        assert_eq!(answer.header("content-range"), Some(content_range), "{range}");
        assert_eq!(
            answer.header("content-length"),
            Some(answer.body.len().to_string().as_str())
        );
        assert_eq!(
            answer.header("docker-content-digest"),
            Some(digest.to_string().as_str())
        );
    }
    for range in ["bytes=256-", "bytes=-0", "bytes=9-5"] {
        let answer = fixture.request("GET", &path, &[("range", range)], "").await;
        assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
        assert_eq!(answer.header("content-range"), Some("bytes */256"), "{range}");
    }
    for range in ["bytes=0-1,4-5", "lines=0-1", "bytes=x", "bytes"] {
        let answer = fixture.request("GET", &path, &[("range", range)], "").await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 256), "{range}");
    }
}

#[tokio::test]
async fn conditions_are_heeded() {
    let fixture = Fixture::new();
    let digest = fixture.blob("a", b"content").await;
    let path = format!("/v2/a/blobs/{digest}");
    let tag = format!("\"{digest}\"");
    for method in ["GET", "HEAD"] {
        let answer = fixture.request(method, &path, &[("if-none-match", &tag)], "").await;
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
        assert_eq!(answer.header("content-length"), None);
        assert!(answer.body.is_empty());
    }
    let range = ("range", "bytes=0-1");
    let answer = fixture.request("GET", &path, &[range, ("if-range", &tag)], "").await;
    assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    let answer = fixture
        .request("GET", &path, &[range, ("if-range", "\"other\"")], "")
        .await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"content"[..]));
    let absent = Algorithm::Sha256.digest(b"absent");
    let answer = fixture
        .request("GET", &format!("/v2/a/blobs/{absent}"), &[("if-none-match", "*")], "")
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_blob_is_mounted_or_the_client_may_push_it() {
    let fixture = Fixture::new();
    let digest = fixture.blob("from", b"content").await;
    for (to, query) in [
        ("with-from", format!("mount={digest}&from=from")),
        ("without-from", format!("mount={digest}")),
    ] {
        let answer = fixture
            .request("POST", &format!("/v2/{to}/blobs/uploads/?{query}"), &[], "")
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{to}");
        assert_eq!(
            answer.header("docker-content-digest"),
            Some(digest.to_string().as_str())
        );
        let location = answer.header("location").unwrap();
        assert_eq!(fixture.get(location).await.body, &b"content"[..]);
    }
    let absent = Algorithm::Sha256.digest(b"absent");
    for query in [
        format!("mount={absent}&from=from"),
        format!("mount={absent}"),
        format!("mount={digest}&from=absent"),
        format!("mount={digest}&from=../from"),
    ] {
        let answer = fixture
            .request("POST", &format!("/v2/to/blobs/uploads/?{query}"), &[], "")
            .await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{query}");
        let location = answer.header("location").unwrap();
        let status = fixture.get(location).await;
        assert_eq!(status.status, StatusCode::NO_CONTENT, "{query}");
    }
    let answer = fixture.request("POST", "/v2/to/blobs/uploads/?mount=x", &[], "").await;
    assert_eq!(answer.refusal(), (400, "DIGEST_INVALID".to_owned()));
}

#[tokio::test]
async fn a_blob_is_deleted_here_alone_and_not_while_it_is_named() {
    let fixture = Fixture::new();
    let digest = fixture.blob("a", b"content").await;
    fixture.blob("b", b"content").await;
    let path = format!("/v2/a/blobs/{digest}");
    assert_eq!(
        fixture.request("DELETE", &path, &[], "").await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(fixture.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        fixture.request("DELETE", &path, &[], "").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        fixture.get(&format!("/v2/b/blobs/{digest}")).await.status,
        StatusCode::OK
    );

    fixture.image("a", "v1", "x").await;
    let config = Algorithm::Sha256.digest(b"{}");
    let path = format!("/v2/a/blobs/{config}");
    let answer = fixture.request("DELETE", &path, &[], "").await;
    assert_eq!(answer.refusal(), (405, "DENIED".to_owned()));
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    assert_eq!(fixture.get(&path).await.status, StatusCode::OK);
}
