//! Credentials, tokens, and where an upstream may lead to.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use plimsoll_registry_core::{hooks::Hooks, oci::media_type};
use serde_json::json;

use super::support::{Scripted, Seen, TestMirror, configuration, reply};

/// `user` and `password`.
const BASIC: &str = "Basic dXNlcjpwYXNzd29yZA==";

fn credentials(hosts: &[&str]) -> tempfile::NamedTempFile {
    let pair = json!({ "username": "user", "password": "password" });
    let map: serde_json::Map<_, _> = hosts
        .iter()
        .map(|host| (host.trim_start_matches("http://").to_owned(), pair.clone()))
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), json!(map).to_string()).unwrap();
    file
}

fn authorization(seen: &Seen) -> Option<&str> {
    Some(seen.headers.get("authorization")?.to_str().unwrap())
}

#[tokio::test]
async fn user_and_password_open_a_registry_that_asks_for_them() {
    let upstream = Scripted::start().await;
    upstream.image("a", "1", b"layer");
    upstream.script(|seen| {
        let challenge = [("www-authenticate", "Basic realm=\"x\"")];
        (authorization(seen) != Some(BASIC)).then(|| reply(401, &challenge, ""))
    });
    let file = credentials(&[&upstream.url()]);
    let config = [configuration(&[&upstream.url()])];
    let mirror = TestMirror::with(&config, Some(file.path()), Hooks::default());
    assert_eq!(mirror.get("/v2/a/manifests/1").await.status, 200);
    mirror.listed("a", "1").await;
    let without = TestMirror::with(&config, None, Hooks::default());
    assert_eq!(
        without.get("/v2/a/manifests/1").await.status,
        404,
        "as far as it may see"
    );
}

/// An upstream that takes tokens, of which `realm` gives each out once.
fn with_tokens(upstream: &Scripted, realm: &str, life: u64) -> Arc<AtomicUsize> {
    let given = Arc::new(AtomicUsize::new(0));
    let challenge = format!("Bearer realm=\"{realm}/token\",service=\"s\",scope=\"ignored\"");
    let count = Arc::clone(&given);
    upstream.script(move |seen| {
        if seen.path.starts_with("/token?") {
            assert!(
                seen.path.contains("service=s") && seen.path.contains("scope=repository%3Aa%3Apull"),
                "{}",
                seen.path
            );
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            let answer = json!({ "token": format!("t{number}"), "expires_in": life });
            return Some(reply(200, &[], answer.to_string()));
        }
        let newest = format!("Bearer t{}", count.load(Ordering::SeqCst));
        let opened = authorization(seen) == Some(newest.as_str());
        (!opened).then(|| reply(401, &[("www-authenticate", &challenge)], ""))
    });
    given
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_again_when_it_is_refused() {
    let upstream = Scripted::start().await;
    upstream.image("a", "1", b"layer");
    let given = with_tokens(&upstream, &upstream.url(), 300);
    let file = credentials(&[&upstream.url()]);
    let mirror = TestMirror::with(
        &[configuration(&[&upstream.url()])],
        Some(file.path()),
        Hooks::default(),
    );
    assert_eq!(mirror.get("/v2/a/manifests/1").await.status, 200);
    mirror.listed("a", "1").await;
    assert_eq!(given.load(Ordering::SeqCst), 1);
    assert_eq!(
        authorization(&upstream.seen("GET", "/token?")[0]),
        Some(BASIC),
        "the same host's"
    );
    // It expires before its time.
    given.fetch_add(1, Ordering::SeqCst);
    let fresh = mirror.get("/v2/a/manifests/1").await;
    assert_eq!((fresh.status, fresh.header("warning")), (200, None));
    assert_eq!(upstream.seen("GET", "/token?").len(), 2);
}

#[tokio::test]
async fn a_token_service_elsewhere_is_asked_only_where_it_is_trusted() {
    let (upstream, service) = (Scripted::start().await, Scripted::start().await);
    upstream.image("a", "1", b"layer");
    with_tokens(&upstream, &service.url(), 300);
    service.script(|_| Some(reply(200, &[], r#"{"token":"t0"}"#)));
    let file = credentials(&[&upstream.url()]);
    let mut config = configuration(&[&upstream.url()]);
    let mirror = TestMirror::with(&[config.clone()], Some(file.path()), Hooks::default());
    assert_eq!(mirror.get("/v2/a/manifests/1").await.status, 502);
    assert!(
        service.seen("GET", "").is_empty(),
        "this machine's services are not the registry's to ask"
    );
    config.trusted_hosts = vec![service.url().trim_start_matches("http://").to_owned()];
    let mirror = TestMirror::with(&[config], Some(file.path()), Hooks::default());
    assert_eq!(mirror.get("/v2/a/manifests/1").await.status, 200);
    assert_eq!(authorization(&service.seen("GET", "/token")[0]), Some(BASIC));
}

#[tokio::test]
async fn redirects_are_followed_to_where_they_may_lead_and_without_credentials() {
    let (upstream, elsewhere) = (Scripted::start().await, Scripted::start().await);
    let digest = upstream.blob("a", "layer");
    elsewhere.script(|_| Some(reply(200, &[], "layer")));
    let target = elsewhere.url();
    upstream.script(move |seen| {
        if authorization(seen) != Some(BASIC) {
            return Some(reply(401, &[("www-authenticate", "Basic")], ""));
        }
        let to = format!("{target}/storage");
        seen.path
            .contains("/blobs/")
            .then(|| reply(307, &[("location", &to)], ""))
    });
    let file = credentials(&[&upstream.url()]);
    let mut config = configuration(&[&upstream.url()]);
    let path = format!("/v2/a/blobs/{digest}");
    let mirror = TestMirror::with(&[config.clone()], Some(file.path()), Hooks::default());
    assert_eq!(mirror.get(&path).await.status, 502);
    assert!(elsewhere.seen("GET", "").is_empty());
    config.trusted_hosts = vec!["127.0.0.1".into()];
    let mirror = TestMirror::with(&[config], Some(file.path()), Hooks::default());
    assert_eq!(mirror.get(&path).await.body, "layer".as_bytes());
    let seen = elsewhere.seen("GET", "/storage");
    assert_eq!(seen.len(), 1);
    assert_eq!(authorization(&seen[0]), None);
    assert!(!seen[0].headers.contains_key("via"));
}

#[tokio::test]
async fn redirects_to_special_addresses_and_circles_of_them_end() {
    let upstream = Scripted::start().await;
    let mirror = TestMirror::of(&upstream);
    for target in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:1/x",
        "http://localhost:1/x",
        "http://2130706433/x",
        "file:///etc/passwd",
        "//10.0.0.1/x",
        "/v2/a/manifests/1",
        "http://[broken",
    ] {
        upstream.script(move |_| Some(reply(302, &[("location", target)], "")));
        assert_eq!(mirror.get("/v2/a/manifests/1").await.status, 502, "{target}");
    }
    assert!(upstream.seen("GET", "").len() < 20);
}

#[tokio::test]
async fn what_a_registry_says_wrongly_is_not_believed() {
    let upstream = Scripted::start().await;
    let digest = upstream.image("a", "1", b"layer");
    let mirror = TestMirror::of(&upstream);
    let good = upstream.image_document("a", b"layer").to_string();
    let other = "sha256:".to_owned() + &"0".repeat(64);
    let large = "x".repeat(5 << 20);
    let cases: Vec<(Vec<(&str, &str)>, String)> = vec![
        (
            vec![("content-type", media_type::IMAGE), ("docker-content-digest", &other)],
            good.clone(),
        ),
        (vec![("content-type", media_type::INDEX)], good.clone()),
        (vec![("content-type", media_type::IMAGE)], "{".into()),
        (vec![("content-type", media_type::IMAGE)], large),
        (
            vec![("content-type", media_type::IMAGE), ("content-encoding", "gzip")],
            good.clone(),
        ),
        (vec![("content-type", "text/html")], "<html>".into()),
    ];
    for (headers, body) in cases {
        let headers: Vec<_> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let script_body = body.clone();
        upstream.script(move |_| {
            let headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            Some(reply(200, &headers, script_body.clone()))
        });
        let answer = mirror.get("/v2/a/manifests/1").await;
        assert_eq!(answer.status, 502, "{}", &body[..body.len().min(60)]);
    }
    // Another manifest under a digest.
    upstream.script(move |_| Some(reply(200, &[("content-type", media_type::IMAGE)], "{}")));
    assert_eq!(mirror.get(&format!("/v2/a/manifests/{digest}")).await.status, 502);
    assert!(mirror.files("a").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn mirrors_of_each_other_do_not_go_round_in_circles() {
    // Each asks the other, through one that passes requests on.
    let (left, right) = (Scripted::start().await, Scripted::start().await);
    let one = TestMirror::of(&left);
    let other = TestMirror::of(&right);
    let (one, other) = (Arc::new(one), Arc::new(other));
    let asked = Arc::new(AtomicUsize::new(0));
    for (scripted, mirror) in [(&left, &other), (&right, &one)] {
        let (mirror, asked) = (Arc::clone(mirror), Arc::clone(&asked));
        let runtime = tokio::runtime::Handle::current();
        scripted.script(move |seen| {
            asked.fetch_add(1, Ordering::SeqCst);
            let (mirror, seen) = (Arc::clone(&mirror), seen.clone());
            let runtime = runtime.clone();
            let answered = std::thread::spawn(move || {
                let via = seen.headers["via"].to_str().unwrap().to_owned();
                runtime
                    .block_on(mirror.request(&seen.method, &seen.path, &[("via", &via)]))
                    .status
            });
            Some(reply(answered.join().unwrap(), &[], ""))
        });
    }
    let began = std::time::Instant::now();
    assert_eq!(one.get("/v2/a/manifests/1").await.status, 404);
    assert!(
        began.elapsed() < std::time::Duration::from_millis(450),
        "nobody had to give up waiting"
    );
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}
