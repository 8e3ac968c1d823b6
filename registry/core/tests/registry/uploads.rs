//! Pushing blobs.

use axum::body::Body;
use futures_util::stream;
use http::StatusCode;
use plimsoll_registry_core::oci::Algorithm;

use crate::support::{Answer, Fixture};

impl Fixture {
    async fn session(&self, query: &str) -> String {
        let answer = self
            .request("POST", &format!("/v2/a/blobs/uploads/{query}"), &[], "")
            .await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        assert_eq!(answer.header("range"), Some("0-0"));
        answer.header("location").expect("a location").to_owned()
    }

    async fn patch(&self, session: &str, range: &str, bytes: &'static str) -> Answer {
        self.request("PATCH", session, &[("content-range", range)], bytes).await
    }

    async fn close(&self, session: &str, digest: &str, bytes: &'static str) -> Answer {
        self.request("PUT", &format!("{session}?digest={digest}"), &[], bytes)
            .await
    }
}

#[tokio::test]
async fn a_blob_is_pushed_in_every_way_and_with_every_algorithm() {
    let fixture = Fixture::new();
    for algorithm in Algorithm::ALL {
        let digest = algorithm.digest(b"abcdef").to_string();
        let query = format!("?digest-algorithm={algorithm}");
        let location = format!("/v2/a/blobs/{digest}");

        let path = format!("/v2/a/blobs/uploads/?digest={digest}");
        let single = fixture.request("POST", &path, &[], "abcdef").await;

        let session = fixture.session(&query).await;
        let at_once = fixture.close(&session, &digest, "abcdef").await;

        let session = fixture.session(&query).await;
        assert_eq!(fixture.patch(&session, "0-1", "ab").await.header("range"), Some("0-1"));
        assert_eq!(fixture.patch(&session, "2-4", "cde").await.header("range"), Some("0-4"));
        let chunked = fixture.close(&session, &digest, "f").await;

        let session = fixture.session("").await;
        let streamed = fixture.request("PATCH", &session, &[], "abcdef").await;
        assert_eq!(streamed.status, StatusCode::ACCEPTED);
        assert_eq!(streamed.header("location"), Some(session.as_str()));
        let streamed = fixture.close(&session, &digest, "").await;

        for answer in [single, at_once, chunked, streamed] {
            assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
            assert_eq!(answer.header("location"), Some(location.as_str()));
            assert_eq!(answer.header("docker-content-digest"), Some(digest.as_str()));
        }
        assert_eq!(fixture.get(&location).await.body, "abcdef");
    }
}

#[tokio::test]
async fn a_chunk_out_of_order_is_refused_and_the_status_says_where_to_go_on() {
    let fixture = Fixture::new();
    let digest = Algorithm::Sha256.digest(b"abcdef").to_string();
    let session = fixture.session("").await;
    assert_eq!(
        fixture.patch(&session, "1-2", "ab").await.status,
        StatusCode::RANGE_NOT_SATISFIABLE
    );
    assert_eq!(fixture.patch(&session, "0-2", "abc").await.status, StatusCode::ACCEPTED);
    for range in ["0-2", "2-4", "4-6"] {
        let answer = fixture.patch(&session, range, "xyz").await;
        assert_eq!(answer.refusal(), (416, "BLOB_UPLOAD_INVALID".to_owned()), "{range}");
        assert_eq!(answer.header("range"), Some("0-2"));
    }
    let path = format!("{session}?digest={digest}");
    let answer = fixture.request("PUT", &path, &[("content-range", "4-6")], "xyz").await;
    assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let status = fixture.get(&session).await;
    assert_eq!(status.status, StatusCode::NO_CONTENT);
    assert_eq!(status.header("range"), Some("0-2"));
    assert_eq!(status.header("location"), Some(session.as_str()));
    let answer = fixture.request("PUT", &path, &[("content-range", "3-5")], "def").await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_chunk_that_is_not_as_long_as_it_says_leaves_nothing() {
    let fixture = Fixture::new();
    let session = fixture.session("").await;
    for (headers, code) in [
        (vec![("content-range", "0-9")], "SIZE_INVALID"),
        (vec![("content-range", "0-0")], "SIZE_INVALID"),
        (vec![("content-range", "0-9"), ("content-length", "3")], "SIZE_INVALID"),
        (vec![("content-range", "bytes 0-2/3")], "BLOB_UPLOAD_INVALID"),
        (vec![("content-range", "2-0")], "BLOB_UPLOAD_INVALID"),
        (vec![("content-range", "0-18446744073709551615")], "BLOB_UPLOAD_INVALID"),
    ] {
        let answer = fixture.request("PATCH", &session, &headers, "abc").await;
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{headers:?}");
    }
    let digest = Algorithm::Sha256.digest(b"abc").to_string();
    let answer = fixture.close(&session, &digest, "abc").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
}

#[tokio::test]
async fn what_arrived_before_a_connection_broke_can_be_gone_on_from() {
    let fixture = Fixture::new();
    let session = fixture.session("").await;
    let broken = stream::iter([
        Ok("abc"),
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
    ]);
    let answer = fixture.request("PATCH", &session, &[], Body::from_stream(broken)).await;
    assert_eq!(answer.refusal(), (400, "BLOB_UPLOAD_INVALID".to_owned()));
    assert_eq!(fixture.get(&session).await.header("range"), Some("0-2"));
    assert_eq!(fixture.patch(&session, "3-5", "def").await.status, StatusCode::ACCEPTED);
    let digest = Algorithm::Sha256.digest(b"abcdef").to_string();
    assert_eq!(fixture.close(&session, &digest, "").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn content_without_its_digest_is_not_stored() {
    let fixture = Fixture::new();
    let digest = Algorithm::Sha256.digest(b"expected").to_string();
    let path = format!("/v2/a/blobs/uploads/?digest={digest}");
    let answer = fixture.request("POST", &path, &[], "actual").await;
    assert_eq!(answer.refusal(), (400, "DIGEST_INVALID".to_owned()));
    let session = fixture.session("").await;
    let answer = fixture.close(&session, &digest, "actual").await;
    assert_eq!(answer.refusal(), (400, "DIGEST_INVALID".to_owned()));
    assert_eq!(
        fixture.get(&session).await.refusal(),
        (404, "BLOB_UPLOAD_UNKNOWN".to_owned())
    );
    let answer = fixture.get(&format!("/v2/a/blobs/{digest}")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_digest_has_to_be_one() {
    let fixture = Fixture::new();
    let session = fixture.session("").await;
    for path in [
        session.clone(),
        format!("{session}?digest="),
        format!("{session}?digest=sha256:zz"),
        format!("{session}?digest=md5:d41d8cd98f00b204e9800998ecf8427e"),
    ] {
        let answer = fixture.request("PUT", &path, &[], "abc").await;
        assert_eq!(answer.refusal(), (400, "DIGEST_INVALID".to_owned()), "{path}");
    }
    for query in ["digest=sha256:zz", "digest-algorithm=md5", "digest-algorithm="] {
        let answer = fixture
            .request("POST", &format!("/v2/a/blobs/uploads/?{query}"), &[], "")
            .await;
        assert_eq!(answer.refusal(), (400, "DIGEST_INVALID".to_owned()), "{query}");
    }
    let digest = Algorithm::Sha256.digest(b"abc").to_string();
    assert_eq!(
        fixture.close(&session, &digest, "abc").await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn a_session_is_known_in_its_repository_until_it_is_cancelled() {
    let fixture = Fixture::new();
    let session = fixture.session("").await;
    let elsewhere = session.replace("/v2/a/", "/v2/b/");
    let digest = Algorithm::Sha256.digest(b"").to_string();
    let cancelled = fixture.session("").await;
    assert_eq!(
        fixture.request("DELETE", &cancelled, &[], "").await.status,
        StatusCode::NO_CONTENT
    );
    for unknown in [
        elsewhere,
        cancelled,
        session
            .to_uppercase()
            .replace("/V2/A/BLOBS/UPLOADS", "/v2/a/blobs/uploads"),
    ] {
        let close = format!("{unknown}?digest={digest}");
        for (method, path) in [
            ("GET", &unknown),
            ("PATCH", &unknown),
            ("PUT", &close),
            ("DELETE", &unknown),
        ] {
            let answer = fixture.request(method, path, &[], "").await;
            assert_eq!(
                answer.refusal(),
                (404, "BLOB_UPLOAD_UNKNOWN".to_owned()),
                "{method} {path}"
            );
        }
    }
    assert_eq!(fixture.get(&session).await.status, StatusCode::NO_CONTENT);
}
