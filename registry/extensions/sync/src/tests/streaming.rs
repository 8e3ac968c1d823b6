//! Blobs: one fetch for everyone, verified, resumed, and brought to its end.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::body::{Body, Bytes};
use futures_util::{StreamExt as _, stream};
use tokio::sync::Notify;

use super::support::{Scripted, TestMirror, read_some, reply};

const SIZE: usize = 300_000;

fn content() -> Vec<u8> {
    (0..SIZE).map(|index| u8::try_from(index % 251).unwrap()).collect()
}

/// A body whose second half comes when it is told to.
fn halves(bytes: &[u8], go: &Arc<Notify>) -> Body {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let (first, second) = (Bytes::copy_from_slice(first), Bytes::copy_from_slice(second));
    let go = Arc::clone(go);
    let rest = stream::once(async move {
        go.notified().await;
        Ok::<_, std::io::Error>(second)
    });
    Body::from_stream(stream::iter([Ok(first)]).chain(rest))
}

fn slow(upstream: &Scripted, go: &Arc<Notify>, bytes: Vec<u8>) {
    let go = Arc::clone(go);
    upstream.script(move |seen| {
        let length = bytes.len().to_string();
        (seen.method == "GET" && seen.path.contains("/blobs/"))
            .then(|| reply(200, &[("content-length", length.as_str())], halves(&bytes, &go)))
    });
}

#[tokio::test]
async fn everyone_reads_along_with_one_fetch_which_ends_without_them() {
    let upstream = Scripted::start().await;
    let digest = upstream.blob("a", content());
    let go = Arc::new(Notify::new());
    slow(&upstream, &go, content());
    let mirror = TestMirror::of(&upstream);
    let path = format!("/v2/a/blobs/{digest}");
    let mut first = mirror
        .send("GET", &path, &[], Body::empty())
        .await
        .into_body()
        .into_data_stream();
    let begun = read_some(&mut first, SIZE / 2 - 1).await;
    assert!(begun == content()[..begun.len()], "before upstream has sent the rest");
    let second = mirror.send("GET", &path, &[], Body::empty()).await;
    assert_eq!(second.headers()["content-length"], SIZE.to_string());
    let mut second = second.into_body().into_data_stream();
    let also_begun = read_some(&mut second, 1).await;
    let part = mirror
        .send("GET", &path, &[("range", "bytes=1000-1009")], Body::empty())
        .await;
    assert_eq!(part.status(), 206);
    let part = axum::body::to_bytes(part.into_body(), 100).await.unwrap();
    assert_eq!(part, content()[1000..1010]);
    drop(first);
    go.notify_one();
    let rest = read_some(&mut second, SIZE - also_begun.len()).await;
    assert!([also_begun, rest].concat() == content());
    assert_eq!(upstream.seen("GET", "/blobs/").len(), 1);

    upstream.fail(500);
    assert!(mirror.get(&path).await.body == content());
    mirror.stop().await;
}

#[tokio::test]
async fn a_fetch_goes_on_when_its_only_client_has_left() {
    let upstream = Scripted::start().await;
    let digest = upstream.blob("a", content());
    let go = Arc::new(Notify::new());
    slow(&upstream, &go, content());
    let mirror = TestMirror::of(&upstream);
    let path = format!("/v2/a/blobs/{digest}");
    drop(mirror.send("GET", &path, &[], Body::empty()).await);
    go.notify_one();
    mirror.eventually(&path, |answer| answer.body == content()).await;
    assert_eq!(upstream.seen("GET", "/blobs/").len(), 1);
}

#[tokio::test]
async fn a_wrong_blob_is_never_whole_and_never_stored() {
    let upstream = Scripted::start().await;
    let digest = upstream.blob("a", content());
    let mut wrong = content();
    wrong[SIZE - 1] ^= 1;
    upstream.script(move |seen| seen.path.contains("/blobs/").then(|| reply(200, &[], wrong.clone())));
    let mirror = TestMirror::of(&upstream);
    let path = format!("/v2/a/blobs/{digest}");
    let answer = mirror.send("GET", &path, &[], Body::empty()).await;
    let mut body = answer.into_body().into_data_stream();
    let mut received = 0;
    let failed = loop {
        match body.next().await {
            Some(Ok(piece)) => received += piece.len(),
            Some(Err(_)) => break true,
            None => break false,
        }
    };
    assert!(failed && received < SIZE, "{received} of {SIZE} bytes");
    assert!(mirror.files("a/blobs/sha256").is_empty());
    assert!(mirror.files("a/.uploads").is_empty(), "nothing is left of it");
}

#[tokio::test]
async fn the_last_bytes_are_withheld_until_the_digest_is_right() {
    let upstream = Scripted::start().await;
    let document = upstream.image_document("a", &content());
    upstream.manifest("a", "1", &document);
    let layer = document["layers"][0]["digest"].as_str().unwrap().to_owned();
    let (go, asked) = (Arc::new(Notify::new()), layer.clone());
    let end = Arc::clone(&go);
    upstream.script(move |seen| {
        let mut wrong = content();
        wrong[7] ^= 1;
        let end = Arc::clone(&end);
        // All of it is there but the end, which a body without a length has to say.
        let silence = stream::once(async move {
            end.notified().await;
            Ok::<_, std::io::Error>(Bytes::new())
        });
        let body = Body::from_stream(stream::iter([Ok(Bytes::from(wrong))]).chain(silence));
        seen.path.contains(&asked).then(|| reply(200, &[], body))
    });
    let mirror = TestMirror::of(&upstream);
    mirror.get("/v2/a/manifests/1").await;
    let answer = mirror
        .send("GET", &format!("/v2/a/blobs/{layer}"), &[], Body::empty())
        .await;
    let mut body = answer.into_body().into_data_stream();
    let withheld = 4096;
    assert_eq!(read_some(&mut body, SIZE - withheld).await.len(), SIZE - withheld);
    let more = tokio::time::timeout(std::time::Duration::from_millis(100), body.next()).await;
    assert!(more.is_err(), "nothing more comes before the end is known");
    go.notify_one();
    assert!(body.next().await.unwrap().is_err());
    assert!(!mirror.files("a/blobs/sha256").contains(&layer.replace("sha256:", "")));
}

#[tokio::test]
async fn a_broken_connection_is_gone_on_with_where_it_broke() {
    let upstream = Scripted::start().await;
    let digest = upstream.blob("a", content());
    let breaks = AtomicUsize::new(0);
    upstream.script(move |seen| {
        let is_first = seen.path.contains("/blobs/") && breaks.fetch_add(1, Ordering::SeqCst) == 0;
        is_first.then(|| {
            let first = Bytes::from(content()).slice(..SIZE / 3);
            // The head and the first piece have to be on their way before the connection goes.
            let broken = stream::once(async {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                Err(std::io::Error::other("broken"))
            });
            let pieces = stream::iter([Ok(first)]).chain(broken);
            let length = SIZE.to_string();
            reply(200, &[("content-length", length.as_str())], Body::from_stream(pieces))
        })
    });
    let mirror = TestMirror::of(&upstream);
    let answer = mirror.get(&format!("/v2/a/blobs/{digest}")).await;
    assert!(answer.body == content());
    let asked = upstream.seen("GET", "/blobs/");
    assert_eq!(asked.len(), 2);
    assert!(asked[1].headers["range"].to_str().unwrap().starts_with("bytes="));
}

#[tokio::test]
async fn a_blob_that_stands_still_fails_and_one_that_is_too_long_does() {
    let upstream = Scripted::start().await;
    let digest = upstream.blob("a", content());
    let never = Arc::new(Notify::new());
    slow(&upstream, &never, content());
    let mirror = TestMirror::of(&upstream);
    let path = format!("/v2/a/blobs/{digest}");
    let answer = mirror.send("GET", &path, &[], Body::empty()).await;
    let read = axum::body::to_bytes(answer.into_body(), usize::MAX);
    let read = tokio::time::timeout(std::time::Duration::from_secs(20), read).await;
    assert!(read.expect("an end").is_err());

    let endless = || stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1000])));
    upstream.manifest("b", "1", &upstream.image_document("b", b"small"));
    upstream.script(move |seen| {
        seen.path
            .contains("/b/blobs/")
            .then(|| reply(200, &[], Body::from_stream(endless())))
    });
    assert_eq!(mirror.get("/v2/b/manifests/1").await.status, 200);
    // The manifest says how long they are: the copy fails, and what came is removed.
    mirror
        .eventually("/v2/b/tags/list", |_| mirror.files("b/.uploads").is_empty())
        .await;
    assert!(mirror.files("b/blobs/sha256").is_empty());
}

#[tokio::test]
async fn broken_content_is_fetched_again() {
    let upstream = Scripted::start().await;
    let digest = upstream.image("a", "1", b"layer");
    let mirror = TestMirror::of(&upstream);
    mirror.get("/v2/a/manifests/1").await;
    mirror.listed("a", "1").await;
    let repository = "a".parse().unwrap();
    let layer = plimsoll_registry_core::oci::Algorithm::Sha256.digest(b"layer");
    for (digest, wanted) in [
        (&layer, "layer".as_bytes().to_vec()),
        (&digest, mirror.get("/v2/a/manifests/1").await.body.to_vec()),
    ] {
        let path = mirror.root.path().join("a/blobs/sha256").join(digest.hex());
        std::fs::write(&path, vec![0; wanted.len()]).unwrap();
        let repaired = mirror.registry.upstream().unwrap().repair(&repository, digest).await;
        assert!(repaired.unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), wanted);
        std::fs::remove_file(&path).unwrap();
        assert!(
            mirror
                .registry
                .upstream()
                .unwrap()
                .repair(&repository, digest)
                .await
                .unwrap()
        );
        assert_eq!(std::fs::read(&path).unwrap(), wanted);
    }
    let unknown = plimsoll_registry_core::oci::Algorithm::Sha256.digest(b"unknown");
    assert!(
        !mirror
            .registry
            .upstream()
            .unwrap()
            .repair(&repository, &unknown)
            .await
            .unwrap()
    );
}
