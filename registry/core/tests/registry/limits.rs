//! What one client, or all of them, can make the registry hold.

use std::{fs, time::Duration};

use http::Method;
use plimsoll_registry_core::{
    config::{Config, RateLimit},
    hooks::Hooks,
    oci::Algorithm,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    accounts::{Accounts, RULES},
    server::{Running, head, read},
    support::{Fixture, image},
};

const PING: &str = "GET /v2/ HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn one_connection_more_than_there_may_be_is_told_so_at_once() {
    let registry = Running::start(|config| config.http.limits.connections = 2, Hooks::default()).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = registry.connect().await;
        stream.write_all(b"GET /v2/ HTTP/1.1\r\nhost: r\r\n\r\n").await.unwrap();
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 "));
        held.push(stream);
    }
    let mut refused = registry.connect().await;
    let answer = read(&mut refused).await;
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nRetry-After: 1\r\n"),
        "{answer}"
    );
    // It recovers: a place that is left is free again.
    drop(held.pop());
    let recovered = async {
        loop {
            let mut stream = registry.connect().await;
            // One that is refused may be closed before this is sent.
            let _ = stream.write_all(PING.as_bytes()).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            if answer.starts_with(b"HTTP/1.1 200 ") {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), recovered)
        .await
        .expect("a place");
    registry.end().await;
}

#[tokio::test]
async fn more_requests_than_a_client_may_make_are_put_off() {
    let limit = |config: &mut Config| {
        config.http.rate_limit = RateLimit {
            rate: None,
            methods: vec![(Method::POST, 2)],
        };
    };
    let registry = Running::start(limit, Hooks::default()).await;
    let post = "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n";
    for _ in 0..2 {
        assert!(registry.exchange(post).await.starts_with("HTTP/1.1 202 "));
    }
    let answer = registry.exchange(post).await;
    assert!(
        answer.starts_with("HTTP/1.1 429 ") && answer.contains("\r\nretry-after: 1\r\n"),
        "{answer}"
    );
    assert!(answer.contains("\"TOOMANYREQUESTS\""), "{answer}");
    assert!(
        registry.exchange(PING).await.starts_with("HTTP/1.1 200 "),
        "another method has another limit"
    );
    registry.end().await;
}

#[tokio::test]
async fn a_client_that_reads_or_sends_in_drips_is_given_up() {
    let patience = |config: &mut Config| {
        config.http.read_timeout = Duration::from_millis(300);
        config.http.write_timeout = Duration::from_millis(300);
    };
    let registry = Running::start(patience, Hooks::default()).await;
    let mut stream = registry.connect().await;
    stream
        .write_all(b"POST /v2/a/blobs/uploads/?digest=x HTTP/1.1\r\nhost: r\r\n")
        .await
        .unwrap();
    let dripping = async {
        // A header that never ends, a byte at a time.
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), dripping)
        .await
        .expect("the header is given up");

    let digest = Algorithm::Sha256.digest(b"x");
    let mut stream = registry.connect().await;
    let post =
        format!("POST /v2/a/blobs/uploads/?digest={digest} HTTP/1.1\r\nhost: r\r\ncontent-length: 100000\r\n\r\n");
    stream.write_all(post.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let dripping = async {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let answered = async {
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(reader.read_u8().await.expect("an answer"));
        }
        String::from_utf8(answer).expect("a text")
    };
    let answer = tokio::select! {
        () = dripping => panic!("the connection ended without an answer"),
        answer = tokio::time::timeout(Duration::from_secs(20), answered) => answer.expect("the body is given up"),
    };
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    registry.end().await;
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_do_not_hold_up_others() {
    let registry = Running::start(|_| {}, Hooks::default()).await;
    let stream = registry.connect().await;
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..5_000 {
        let request = http::Request::get("http://r/v2/_catalog")
            .body(axum::body::Body::empty())
            .unwrap();
        if sender.ready().await.is_err() {
            break;
        }
        // Dropped before there is an answer: the stream is reset.
        drop(sender.send_request(request));
    }
    let answer = tokio::time::timeout(Duration::from_secs(5), registry.exchange(PING)).await;
    assert!(answer.expect("an answer in time").starts_with("HTTP/1.1 200 "));
    drop(sender);
    registry.end().await;
    // The server may have ended it, which is its right.
    let _ = connection.await.unwrap();
}

#[tokio::test]
async fn each_limit_is_as_it_is_configured() {
    let configure = |config: &mut Config| {
        config.http.limits.manifest = 1000;
        config.http.limits.blob = Some(10);
        config.http.limits.page = 2;
        config.storage.uploads = 2;
    };
    let fixture = Fixture::with(configure, Hooks::default());
    let answer = fixture.put_manifest("a", "v1", " ".repeat(1001)).await;
    assert_eq!(answer.refusal(), (413, "MANIFEST_INVALID".to_owned()));

    let digest = Algorithm::Sha256.digest(b"12345678901");
    let path = format!("/v2/a/blobs/uploads/?digest={digest}");
    let answer = fixture.request("POST", &path, &[], "12345678901").await;
    assert_eq!(answer.refusal(), (413, "SIZE_INVALID".to_owned()));
    assert_eq!(
        fixture.blob("a", b"1234567890").await,
        Algorithm::Sha256.digest(b"1234567890")
    );
    let session = fixture.request("POST", "/v2/a/blobs/uploads/", &[], "").await;
    let location = session.header("location").unwrap().to_owned();
    assert_eq!(fixture.request("PATCH", &location, &[], "123456").await.status, 202);
    // Also where no length is declared.
    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>("12345")]);
    let answer = fixture
        .request("PATCH", &location, &[], axum::body::Body::from_stream(pieces))
        .await;
    assert_eq!(answer.refusal(), (413, "SIZE_INVALID".to_owned()));

    assert_eq!(
        fixture.request("POST", "/v2/a/blobs/uploads/", &[], "").await.status,
        202
    );
    let answer = fixture.request("POST", "/v2/a/blobs/uploads/", &[], "").await;
    assert_eq!(answer.refusal(), (429, "TOOMANYREQUESTS".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("10"));
    assert_eq!(
        fixture.request("POST", "/v2/b/blobs/uploads/", &[], "").await.status,
        202
    );
    assert_eq!(fixture.request("DELETE", &location, &[], "").await.status, 204);
    assert_eq!(
        fixture.request("POST", "/v2/a/blobs/uploads/", &[], "").await.status,
        202
    );
}

#[tokio::test]
async fn a_page_is_no_longer_than_it_may_be() {
    let fixture = Fixture::with(|config| config.http.limits.page = 2, Hooks::default());
    for tag in ["a", "b", "c"] {
        fixture.image("r", tag, "note").await;
    }
    for query in ["", "?n=100", "?n=18446744073709551616"] {
        let answer = fixture.get(&format!("/v2/r/tags/list{query}")).await;
        assert_eq!(answer.json()["tags"], serde_json::json!(["a", "b"]), "{query}");
        assert!(answer.header("link").is_some(), "{query}");
    }
}

#[tokio::test]
async fn changes_and_denials_stand_in_the_audit_log_and_no_secret_does() {
    let mut accounts = Accounts::new("token: {}", RULES);
    let path = accounts.folder.path().join("audit.log");
    accounts.fixture = accounts
        .fixture
        .reopened(|config| config.log.audit = Some(path.clone()));
    let blob = Algorithm::Sha256.digest(b"{}");
    let upload = format!("/v2/team/app/blobs/uploads/?digest={blob}");
    for (user, method, path, body) in [
        ("alice", "POST", upload.as_str(), "{}"),
        ("alice", "GET", "/v2/team/app/tags/list", ""),
        (
            "bob",
            "PUT",
            "/v2/team/app/manifests/v1?token=planted-secret",
            &image("x", None).to_string(),
        ),
        ("", "GET", "/v2/team/app/tags/list", ""),
        ("", "DELETE", "/v2/team/app/manifests/v1", ""),
    ] {
        accounts.send(user, method, path, &[], body).await;
    }
    let lines = async {
        loop {
            let text = fs::read_to_string(&path).unwrap();
            let lines: Vec<_> = text.lines().map(str::to_owned).collect();
            if lines.len() >= 3 {
                return lines;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let lines = tokio::time::timeout(Duration::from_secs(10), lines)
        .await
        .expect("three lines");
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(line["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
            assert_eq!(line["message"], "HTTP API Audit");
            let text = |key: &str| line[key].as_str().unwrap().to_owned();
            (
                text("subject"),
                text("action"),
                text("object"),
                line["status"].as_u64().unwrap(),
            )
        })
        .collect();
    let row = |subject: &str, action: &str, object: &str, status| {
        (subject.to_owned(), action.to_owned(), object.to_owned(), status)
    };
    assert_eq!(
        told,
        [
            row("alice", "POST", &upload, 201),
            row("bob", "PUT", "/v2/team/app/manifests/v1?token=***", 403),
            row("", "DELETE", "/v2/team/app/manifests/v1", 401),
        ]
    );
}
