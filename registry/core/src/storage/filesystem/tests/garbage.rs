//! Garbage collection and the sharing of blobs.

use std::os::unix::fs::MetadataExt;

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn blob_path(root: &Path, name: &RepositoryName, bytes: &[u8]) -> std::path::PathBuf {
    root.join(name.as_str()).join("blobs/sha256").join(digest(bytes).hex())
}

#[tokio::test]
async fn only_what_nothing_names_and_no_one_used_for_the_delay_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let name = repository("a");
    let store = open(folder.path());
    for blob in [&b"named"[..], b"old", b"asked", b"fresh"] {
        push_blob(&store, &name, blob).await.unwrap();
        if blob != b"fresh" {
            make_old(&blob_path(folder.path(), &name, blob), 3 * HOUR);
        }
    }
    store.put_manifest(&name, image(b"named", None, &["t"])).await.unwrap();
    assert_eq!(store.blob_size(&name, &digest(b"asked")).await.unwrap(), Some(5));

    let report = store.collect_garbage(&name, HOUR).await.unwrap();
    assert_eq!((report.blobs, report.bytes, report.repository_removed), (1, 3, false));
    for (blob, there) in [
        (&b"named"[..], true),
        (b"old", false),
        (b"asked", true),
        (b"fresh", true),
    ] {
        let size = store.blob_size(&name, &digest(blob)).await.unwrap();
        assert_eq!(size.is_some(), there, "{}", String::from_utf8_lossy(blob));
    }
}

#[tokio::test]
async fn an_untagged_manifest_keeps_its_blobs() {
    let folder = tempfile::tempdir().unwrap();
    let name = repository("a");
    let store = open(folder.path());
    push_blob(&store, &name, b"layer").await.unwrap();
    let image = image(b"layer", None, &["t"]);
    store.put_manifest(&name, image.clone()).await.unwrap();
    assert!(store.delete_tag(&name, &tag("t")).await.unwrap());
    make_old(&blob_path(folder.path(), &name, b"layer"), 3 * HOUR);
    make_old(&blob_path(folder.path(), &name, &image.bytes), 3 * HOUR);
    assert_eq!(store.collect_garbage(&name, HOUR).await.unwrap().blobs, 0);
}

#[tokio::test]
async fn nothing_is_collected_while_a_manifest_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let name = repository("a");
    let image = image(b"layer", None, &["t"]);
    {
        let store = open(folder.path());
        push_blob(&store, &name, b"layer").await.unwrap();
        store.put_manifest(&name, image.clone()).await.unwrap();
    }
    let manifest = blob_path(folder.path(), &name, &image.bytes);
    fs::write(&manifest, b"rotten").unwrap();
    make_old(&blob_path(folder.path(), &name, b"layer"), 3 * HOUR);
    let store = open(folder.path());
    assert_eq!(store.collect_garbage(&name, HOUR).await.unwrap().blobs, 0);
    // Once it is pushed again, all is well.
    store.put_manifest(&name, image.clone()).await.unwrap();
    assert_eq!(fs::read(&manifest).unwrap(), image.bytes);
    push_blob(&store, &name, b"orphan").await.unwrap();
    make_old(&blob_path(folder.path(), &name, b"orphan"), 3 * HOUR);
    assert_eq!(store.collect_garbage(&name, HOUR).await.unwrap().blobs, 1);
}

#[tokio::test]
async fn a_repository_without_content_goes_and_can_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let name = repository("a/b");
    let store = open(folder.path());
    store.repositories(everything()).await.unwrap();
    push_blob(&store, &name, b"layer").await.unwrap();
    let image = image(b"layer", None, &["t"]);
    store.put_manifest(&name, image.clone()).await.unwrap();
    store.delete_manifest(&name, &image.digest).await.unwrap();
    make_old(&blob_path(folder.path(), &name, b"layer"), 3 * HOUR);
    let report = store.collect_garbage(&name, HOUR).await.unwrap();
    assert!(report.repository_removed);
    assert!(!store.repository_exists(&name).await.unwrap());
    assert!(store.repositories(everything()).await.unwrap().items.is_empty());
    assert!(!folder.path().join("a").exists());

    push_blob(&store, &name, b"layer").await.unwrap();
    assert!(store.put_manifest(&name, image).await.unwrap());
    assert_eq!(tags(&store, &name).await, ["t"]);
    drop(store);
    assert_eq!(tags(&open(folder.path()), &name).await, ["t"]);
}

#[tokio::test]
async fn a_removed_repository_leaves_those_below_and_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (outer, inner) = (repository("a"), repository("a/blobs"));
    for name in [&outer, &inner] {
        push_blob(&store, name, b"layer").await.unwrap();
    }
    assert!(store.delete_blob(&outer, &digest(b"layer")).await.unwrap());
    assert!(store.collect_garbage(&outer, HOUR).await.unwrap().repository_removed);
    let names = store.repositories(everything()).await.unwrap().items;
    assert_eq!(names, std::slice::from_ref(&inner));
    assert_eq!(read_blob(&store, &inner, &digest(b"layer")).await.unwrap(), b"layer");
}

#[tokio::test]
async fn abandoned_sessions_end_and_live_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let name = repository("a");
    push_blob(&store, &name, b"layer").await.unwrap();
    let abandoned = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
    let live = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
    let path = folder.path().join("a/.uploads").join(abandoned.to_string());
    make_old(&path, 2 * HOUR);
    assert_eq!(store.collect_garbage(&name, HOUR).await.unwrap().uploads, 1);
    assert!(!path.exists());
    let gone = store.upload_status(&name, &abandoned).await;
    assert!(matches!(gone, Err(StorageError::UploadUnknown)));
    store.upload_status(&name, &live).await.unwrap();
}

#[tokio::test]
async fn abandoned_sessions_end_where_there_is_no_repository() {
    let folder = tempfile::tempdir().unwrap();
    let config = config::Storage {
        gc_interval: Duration::ZERO,
        ..config(folder.path())
    };
    let store = FileStore::open(&config, EventSink::default()).unwrap();
    let open = |name| store.begin_upload(name, Algorithm::Sha256);
    let (ghost, live) = (repository("ghost/app"), repository("live"));
    let abandoned = open(&ghost).await.unwrap();
    let used = open(&live).await.unwrap();
    make_old(
        &folder.path().join("ghost/app/.uploads").join(abandoned.to_string()),
        2 * HOUR,
    );
    let began = std::time::Instant::now();
    while folder.path().join("ghost").exists() {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    store.upload_status(&live, &used).await.unwrap();
}

#[tokio::test]
async fn equal_blobs_share_their_bytes_until_no_repository_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let names = [repository("a"), repository("b"), repository("c")];
    push_blob(&store, &names[0], b"layer").await.unwrap();
    push_blob(&store, &names[1], b"layer").await.unwrap();
    assert!(store.mount_blob(None, &names[2], &digest(b"layer")).await.unwrap());
    let metadata = |name| fs::metadata(blob_path(folder.path(), name, b"layer")).unwrap();
    assert_eq!(metadata(&names[0]).ino(), metadata(&names[1]).ino());
    assert_eq!(metadata(&names[0]).nlink(), 4, "three repositories and the pool");

    let hex = digest(b"layer").hex().to_owned();
    let pooled = folder.path().join(".pool/sha256").join(&hex[..2]).join(&hex);
    for name in &names {
        assert!(pooled.exists());
        assert!(store.delete_blob(name, &digest(b"layer")).await.unwrap());
    }
    assert!(!pooled.exists());
    assert!(!store.mount_blob(None, &names[0], &digest(b"layer")).await.unwrap());
}

#[tokio::test]
async fn without_dedupe_a_mount_is_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let config = config::Storage {
        dedupe: false,
        ..config(folder.path())
    };
    let store = FileStore::open(&config, EventSink::default()).unwrap();
    let (from, to) = (repository("a"), repository("b"));
    push_blob(&store, &from, b"layer").await.unwrap();
    assert!(store.mount_blob(Some(&from), &to, &digest(b"layer")).await.unwrap());
    assert!(
        !store
            .mount_blob(Some(&repository("c")), &to, &digest(b"layer"))
            .await
            .unwrap()
    );
    let path = blob_path(folder.path(), &to, b"layer");
    assert_eq!(fs::metadata(&path).unwrap().nlink(), 1);
    assert_eq!(fs::read(&path).unwrap(), b"layer");
}

#[tokio::test]
async fn what_an_index_named_before_it_came_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository("a"));
    let child = image(b"layer", None, &[]);
    store.put_manifest(&name, index(&[&child], &["t"])).await.unwrap();
    push_blob(&store, &name, &child.bytes).await.unwrap();
    make_old(&blob_path(folder.path(), &name, &child.bytes), 3 * HOUR);
    assert_eq!(store.collect_garbage(&name, HOUR).await.unwrap().blobs, 0);
    let refused = store.delete_blob(&name, &child.digest).await;
    assert!(matches!(refused, Err(StorageError::StillNamed)));
}
