//! What is found is what is there, and nothing is read twice.

use std::{fs, time::Duration};

use plimsoll_registry_core::storage::Store as _;
use serde_json::json;

use super::{
    Fixture,
    fixture::{config, digest},
    store::Reads,
};

const ALL: &str = "ImageList(repo:\"\")";

#[tokio::test]
async fn what_is_pushed_is_found_by_the_next_query_and_what_is_deleted_is_not() {
    let fixture = Fixture::new();
    assert!(fixture.images(ALL).await.is_empty());
    let one = fixture.image("a", "1", &json!({}), &["one"]).await;
    assert_eq!(fixture.images(ALL).await, ["a:1"]);
    let two = fixture.image("b/c", "2", &json!({}), &["two"]).await;
    assert_eq!(fixture.images(ALL).await, ["a:1", "b/c:2"]);

    // A tag that moves.
    fixture.image("a", "1", &json!({}), &["other"]).await;
    let by_digest = |digest| format!("ImageListForDigest(id:\"{digest}\")");
    assert!(fixture.images(&by_digest(digest(&one))).await.is_empty());
    fixture.image("a", "1", &json!({}), &["one"]).await;
    assert_eq!(fixture.images(&by_digest(digest(&one))).await, ["a:1"]);

    fixture.delete("/v2/a/manifests/1").await;
    assert_eq!(fixture.images(ALL).await, ["b/c:2"]);
    fixture.image("b/c", "also", &json!({}), &["two"]).await;
    assert_eq!(fixture.images(ALL).await, ["b/c:2", "b/c:also"]);
    fixture.delete(&format!("/v2/b/c/manifests/{}", digest(&two))).await;
    assert!(fixture.images(ALL).await.is_empty());
    assert!(fixture.repositories("RepoListWithNewestImage").await.is_empty());
}

#[tokio::test]
async fn a_repository_that_garbage_collection_removes_is_not_found() {
    let fixture = Fixture::new();
    let image = fixture.image("gone", "1", &json!({}), &["one"]).await;
    assert_eq!(fixture.images(ALL).await, ["gone:1"]);
    fixture.delete(&format!("/v2/gone/manifests/{}", digest(&image))).await;
    let name = "gone".parse().unwrap();
    // So that what was just used counts as long unused.
    for blob in fs::read_dir(fixture.root().join("gone/blobs/sha256")).unwrap() {
        let old = std::time::SystemTime::now() - Duration::from_hours(9);
        fs::File::open(blob.unwrap().path()).unwrap().set_modified(old).unwrap();
    }
    let report = fixture
        .store
        .collect_garbage(&name, Duration::from_hours(1))
        .await
        .unwrap();
    assert!(report.repository_removed, "{report:?}");
    assert!(fixture.images(ALL).await.is_empty());
    fixture.image("gone", "2", &json!({}), &["two"]).await;
    assert_eq!(fixture.images(ALL).await, ["gone:2"], "it may come again");
}

#[tokio::test]
async fn nothing_is_read_before_the_first_query_and_nothing_twice() {
    let fixture = Fixture::new();
    for number in 0..5 {
        let config = config("linux", "amd64", "2024-01-01T00:00:00Z");
        for tag in 0..4 {
            let layer = format!("{number} {tag}");
            fixture
                .image(&format!("r{number}"), &format!("t{tag}"), &config, &[&layer])
                .await;
        }
    }
    // As after a restart.
    let fixture = Fixture::on(fixture.end().await);
    assert_eq!(fixture.request("GET", "/v2/", &[], "").await.status, 200);
    assert_eq!(fixture.store.take(), Reads::default());

    assert_eq!(fixture.images(ALL).await.len(), 20);
    let first = Reads {
        lists: 1,
        indexes: 5,
        manifests: 20,
        blobs: 20,
    };
    assert_eq!(fixture.store.take(), first);
    for field in [
        ALL,
        "GlobalSearch(query:\"r1\")",
        "GlobalSearch(query:\"r1:t\")",
        "ImageListForDigest(id:\"sha256:\")",
        "DerivedImageList(image:\"r0:t0\")",
        "BaseImageList(image:\"r0:t0\")",
        "ImageList(repo:\"r3\", requestedPage:{limit:2, sortBy:UPDATE_TIME})",
    ] {
        fixture.images(field).await;
    }
    fixture
        .query("{ RepoListWithNewestImage { Results { Name Size Platforms { Os } NewestImage { Size Vendor } } } }")
        .await;
    assert_eq!(fixture.store.take(), Reads::default(), "nothing changed");

    fixture
        .image("r2", "new", &config("linux", "arm64", "2024-01-01T00:00:00Z"), &["new"])
        .await;
    fixture.store.take();
    assert_eq!(fixture.images(ALL).await.len(), 21);
    let changed = Reads {
        lists: 0,
        indexes: 1,
        manifests: 1,
        blobs: 1,
    };
    assert_eq!(
        fixture.store.take(),
        changed,
        "one manifest and its config, of one repository"
    );
    fixture.delete("/v2/r2/manifests/new").await;
    fixture.store.take();
    assert_eq!(fixture.images(ALL).await.len(), 20);
    let untagged = Reads {
        indexes: 1,
        ..Reads::default()
    };
    assert_eq!(fixture.store.take(), untagged, "what is known is not read again");
}

#[tokio::test]
async fn what_another_tool_changed_while_the_registry_was_down_is_found() {
    let fixture = Fixture::new();
    fixture.image("stays", "1", &json!({}), &["one"]).await;
    fixture.image("goes", "1", &json!({}), &["one"]).await;
    assert_eq!(fixture.images(ALL).await, ["goes:1", "stays:1"]);
    let root = fixture.end().await;
    fs::remove_dir_all(root.path().join("goes")).unwrap();
    let index = fs::read_to_string(root.path().join("stays/index.json")).unwrap();
    let name = "\"org.opencontainers.image.ref.name\":\"1\"";
    assert!(index.contains(name), "{index}");
    fs::write(
        root.path().join("stays/index.json"),
        index.replace(name, &name.replace("\"1\"", "\"renamed\"")),
    )
    .unwrap();
    let fixture = Fixture::on(root);
    assert_eq!(fixture.images(ALL).await, ["stays:renamed"]);
}

#[tokio::test]
async fn a_config_that_comes_late_is_read_when_it_comes() {
    let fixture = Fixture::new();
    let config = config("plan9", "mips", "2024-01-01T00:00:00Z");
    let image = fixture.image("a", "1", &config, &["layer"]).await;
    let root = fixture.end().await;
    let blobs = root.path().join("a/blobs/sha256");
    let manifest = fs::read_to_string(blobs.join(digest(&image).hex())).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let name = digest(&manifest["config"]);
    fs::remove_file(blobs.join(name.hex())).unwrap();
    fs::remove_dir_all(root.path().join(".pool")).unwrap();

    let fixture = Fixture::on(root);
    let platform = "{ Image(image:\"a:1\") { Manifests { Platform { Os } } } }";
    let os = |data: &serde_json::Value| data["Image"]["Manifests"][0]["Platform"]["Os"].clone();
    assert_eq!(os(&fixture.query(platform).await), "");
    fixture.blob("a", "", &config.to_string()).await;
    assert_eq!(os(&fixture.query(platform).await), "plan9");
}

#[tokio::test]
async fn a_repository_that_cannot_be_read_keeps_no_other_from_being_found() {
    let fixture = Fixture::new();
    fixture.image("fine", "1", &json!({}), &["one"]).await;
    fixture.image("broken", "1", &json!({}), &["one"]).await;
    let broken = fixture.image("torn", "1", &json!({}), &["one"]).await;
    let root = fixture.end().await;
    let whole = fs::read(root.path().join("broken/index.json")).unwrap();
    fs::write(root.path().join("broken/index.json"), "{").unwrap();
    let file = root.path().join("torn/blobs/sha256").join(digest(&broken).hex());
    fs::remove_file(&file).unwrap();
    fs::write(&file, "{}").unwrap();
    let fixture = Fixture::on(root);
    assert_eq!(fixture.images(ALL).await, ["fine:1"]);
    fs::write(fixture.root().join("broken/index.json"), whole).unwrap();
    assert_eq!(fixture.images(ALL).await, ["broken:1", "fine:1"], "it is tried again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_pushes_finds_their_image_however_many_others_push_and_ask() {
    let fixture = std::sync::Arc::new(Fixture::new());
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let fixture = std::sync::Arc::clone(&fixture);
            tokio::spawn(async move {
                for number in 0..10 {
                    let repository = format!("r{}", (client + number) % 3);
                    let tag = format!("c{client}n{number}");
                    fixture.image(&repository, &tag, &json!({}), &[&tag]).await;
                    let image = format!("{repository}:{tag}");
                    assert_eq!(
                        fixture.images(&format!("GlobalSearch(query:\"{image}\")")).await,
                        std::slice::from_ref(&image)
                    );
                    fixture.delete(&format!("/v2/{repository}/manifests/{tag}")).await;
                    let found = fixture.images(&format!("GlobalSearch(query:\"{image}\")")).await;
                    assert!(found.is_empty(), "{found:?}");
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
}

#[tokio::test]
async fn pulls_are_counted_for_images_and_survive_a_restart() {
    let fixture = Fixture::new();
    let image = fixture.image("a", "1", &json!({}), &["layer"]).await;
    fixture.image("b", "1", &json!({}), &["other"]).await;
    for reference in ["1".to_owned(), digest(&image).to_string()] {
        let path = format!("/v2/a/manifests/{reference}");
        assert_eq!(fixture.request("GET", &path, &[], "").await.status, 200);
        assert_eq!(fixture.request("HEAD", &path, &[], "").await.status, 200);
    }
    let numbers = "{ Image(image:\"a:1\") { DownloadCount LastPullTimestamp PushTimestamp TaggedTimestamp PushedBy
        Manifests { DownloadCount } } RepoListWithNewestImage { Results { DownloadCount } } }";
    let before = fixture.query(numbers).await;
    assert_eq!(before["Image"]["DownloadCount"], 2);
    assert_eq!(before["Image"]["Manifests"][0]["DownloadCount"], 2);
    assert_eq!(before["Image"]["PushedBy"], "");
    for time in ["LastPullTimestamp", "PushTimestamp", "TaggedTimestamp"] {
        assert!(before["Image"][time].is_string(), "{before}");
    }
    let repositories = &before["RepoListWithNewestImage"]["Results"];
    assert_eq!(*repositories, json!([{ "DownloadCount": 2 }, { "DownloadCount": 0 }]));

    let sorted = "ImageList(repo:\"\", requestedPage:{sortBy:DOWNLOADS})";
    assert_eq!(fixture.images(sorted).await, ["a:1", "b:1"]);
    let fixture = Fixture::on(fixture.end().await);
    assert_eq!(fixture.query(numbers).await, before);
    let listed = fixture.request("GET", "/v2/_catalog", &[], "").await.json();
    assert_eq!(
        listed["repositories"],
        json!(["a", "b"]),
        "where the numbers are is no repository"
    );
}
