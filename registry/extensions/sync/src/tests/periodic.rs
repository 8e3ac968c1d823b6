//! Rounds: what they copy, what they leave, and that a copy is byte for byte the same.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use plimsoll_registry_core::{
    config::{Config, SyncContent, SyncRegistry},
    hooks::Hooks,
    oci::media_type,
};
use serde_json::json;

use crate::{client::Patience, credentials::CredentialsFile, service::Service};

use super::support::{Scripted, TestMirror, configuration, descriptor, reply};

fn everything(url: &str) -> SyncRegistry {
    SyncRegistry {
        on_demand: false,
        poll_interval: Duration::from_millis(100),
        content: vec![SyncContent {
            prefix: "**".into(),
            ..SyncContent::default()
        }],
        ..configuration(&[url])
    }
}

fn mirror(config: SyncRegistry) -> TestMirror {
    TestMirror::with(&[config], None, Hooks::default())
}

#[tokio::test]
async fn a_round_copies_images_indexes_signatures_and_referrers_of_referrers() {
    let upstream = Scripted::start().await;
    let image = upstream.image("team/app", "1", b"layer");
    let row = [descriptor(media_type::IMAGE, &image, 1)];
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": row });
    upstream.manifest("team/app", "multi", &index);
    upstream.image("team/app", &format!("sha256-{}.sig", image.hex()), b"signature");
    let mut subject = image;
    let mut referrers = Vec::new();
    for note in ["bill", "signature of the bill"] {
        let mut document = upstream.image_document("team/app", note.as_bytes());
        document["subject"] = descriptor(media_type::IMAGE, &subject, 1);
        subject = upstream.manifest("team/app", "moved", &document);
        referrers.push(subject.clone());
    }
    upstream.forget("team/app/manifests/moved");
    let mirror = mirror(everything(&upstream.url()));
    for tag in ["1", "multi"] {
        mirror.listed("team/app", tag).await;
    }
    for referrer in referrers {
        mirror
            .eventually(&format!("/v2/team/app/manifests/{referrer}"), |answer| {
                answer.status == 200
            })
            .await;
    }
    mirror
        .eventually("/v2/team/app/tags/list", |answer| {
            answer.body.windows(4).any(|part| part == b".sig")
        })
        .await;
    // Nothing is asked for on demand.
    assert_eq!(mirror.get("/v2/team/app/manifests/other").await.status, 404);
}

#[tokio::test]
async fn only_what_is_named_is_copied_and_what_is_gone_upstream_stays() {
    let upstream = Scripted::start().await;
    for tag in ["v1.0.0", "v1.1.0", "latest", "v2.0.0-rc.1"] {
        upstream.image("team/app", tag, tag.as_bytes());
    }
    upstream.image("other/app", "v1.0.0", b"other");
    let mut config = everything(&upstream.url());
    config.content = vec![SyncContent {
        prefix: "team/**".into(),
        tags_regex: Some("^v".into()),
        tags_exclude_regex: Some("rc".into()),
        tags_semver: true,
        destination: "/mirrored".into(),
        strip_prefix: true,
    }];
    let mirror = mirror(config);
    mirror.listed("mirrored/app", "v1.1.0").await;
    let tags = mirror.get("/v2/mirrored/app/tags/list").await.body;
    assert_eq!(tags, r#"{"name":"mirrored/app","tags":["v1.0.0","v1.1.0"]}"#.as_bytes());
    upstream.forget("team/app/manifests/v1.0.0");
    upstream.image("team/app", "v1.2.0", b"next");
    mirror.listed("mirrored/app", "v1.2.0").await;
    mirror.listed("mirrored/app", "v1.0.0").await;
    assert_eq!(
        mirror.get("/v2/_catalog").await.body,
        r#"{"repositories":["mirrored/app"]}"#.as_bytes()
    );
}

#[tokio::test]
async fn lists_without_end_have_one() {
    let upstream = Scripted::start().await;
    upstream.script(|seen| {
        let number = seen.path.len();
        let next = format!("</v2/_catalog?n={}>; rel=\"next\"", "1".repeat(number % 50));
        let names = json!({ "repositories": ["a", "../../etc", "UPPER"] });
        seen.path
            .starts_with("/v2/_catalog")
            .then(|| reply(200, &[("link", &next)], names.to_string()))
    });
    let config = Config::without_file(&[]);
    let registry = configuration(&[&upstream.url()]);
    let service = Service::new(
        &registry,
        &CredentialsFile::default(),
        &config.http,
        Patience::default(),
    )
    .unwrap();
    let via = http::HeaderValue::from_static("1.1 test");
    let listed = service.remotes[0].repositories(&via);
    let listed = tokio::time::timeout(Duration::from_secs(10), listed)
        .await
        .expect("an end");
    assert!(listed.unwrap_err().to_string().contains("without anything new"));
    assert_eq!(upstream.seen("GET", "_catalog").len(), 2);
}

/// Every file below a folder but ours, by path, with its bytes.
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_str().unwrap().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(
                    path.strip_prefix(root).unwrap().to_owned(),
                    std::fs::read(&path).unwrap(),
                );
            }
        }
    }
    files
}

#[tokio::test]
async fn two_mirrors_have_the_same_bytes_whatever_came_first() {
    let upstream = Scripted::start().await;
    for number in 0..5 {
        upstream.image("a", &format!("t{number}"), format!("layer {number}").as_bytes());
        upstream.image(&format!("b/{number}"), "latest", b"shared");
    }
    let periodic = mirror(everything(&upstream.url()));
    periodic.listed("b/4", "latest").await;
    let on_demand = TestMirror::of(&upstream);
    for number in (0..5).rev() {
        for (repository, tag) in [
            ("a".to_owned(), format!("t{number}")),
            (format!("b/{number}"), "latest".to_owned()),
        ] {
            on_demand.get(&format!("/v2/{repository}/manifests/{tag}")).await;
            on_demand.listed(&repository, &tag).await;
        }
    }
    let (left, right) = (periodic.stop().await, on_demand.stop().await);
    let (left, right) = (tree(left.path()), tree(right.path()));
    assert!(left.len() > 20);
    assert_eq!(left, right);
}
