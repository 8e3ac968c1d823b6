//! Blobs, manifests, tags, referrers and the catalogue.

use super::*;

#[tokio::test]
async fn what_was_pushed_is_there_before_and_after_a_restart_without_flush() {
    let folder = tempfile::tempdir().unwrap();
    let name = repository("library/alpine");
    let image = image(b"layer", None, &["1.0", "latest"]);
    {
        let store = open(folder.path());
        assert!(!store.repository_exists(&name).await.unwrap());
        push_blob(&store, &name, b"layer").await.unwrap();
        assert!(store.put_manifest(&name, image.clone()).await.unwrap());
        assert!(!store.put_manifest(&name, image.clone()).await.unwrap());
        assert_eq!(tags(&store, &name).await, ["1.0", "latest"]);
    }
    let store = open(folder.path());
    assert_eq!(tags(&store, &name).await, ["1.0", "latest"]);
    let stored = store
        .manifest(&name, &Reference::Tag(tag("1.0")))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.digest, image.digest);
    assert_eq!(stored.media_type, media_type::IMAGE);
    assert_eq!(stored.size, image.bytes.len() as u64);
    let bytes = store.read_manifest(&name, &image.digest).await.unwrap();
    assert_eq!(bytes, Some(image.bytes));
    assert_eq!(read_blob(&store, &name, &digest(b"layer")).await.unwrap(), b"layer");
}

#[tokio::test]
async fn a_manifest_whose_content_is_missing_is_refused_and_makes_no_repository() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository("a"));
    let error = store
        .put_manifest(&name, image(b"layer", None, &["t"]))
        .await
        .unwrap_err();
    match error {
        StorageError::MissingContent { missing } => assert_eq!(missing, [digest(b"layer")]),
        other => panic!("{other}"),
    }
    assert!(!store.repository_exists(&name).await.unwrap());
}

#[tokio::test]
async fn an_index_may_name_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository("a"));
    let child = image(b"layer", None, &[]);
    let sparse = index(&[&child], &["t"]);
    store.put_manifest(&name, sparse.clone()).await.unwrap();
    let by_digest = Reference::Digest(child.digest.clone());
    assert_eq!(store.manifest(&name, &by_digest).await.unwrap(), None);
    assert!(store.delete_manifest(&name, &sparse.digest).await.unwrap());
}

#[tokio::test]
async fn a_moved_tag_leaves_the_manifest_it_pointed_at() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository("a"));
    let (old, new) = (image(b"old", None, &["t"]), image(b"new", None, &["t"]));
    for (blob, image) in [(b"old", &old), (b"new", &new)] {
        push_blob(&store, &name, blob).await.unwrap();
        store.put_manifest(&name, image.clone()).await.unwrap();
    }
    let rows: Vec<_> = store.index(&name).await.unwrap();
    let mut rows: Vec<_> = rows.into_iter().map(|row| (row.manifest.digest, row.tag)).collect();
    rows.sort_by_key(|(_, tag)| tag.is_some());
    assert_eq!(rows, [(old.digest, None), (new.digest, Some(tag("t")))]);
}

#[tokio::test]
async fn lists_come_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let name = repository("b/c");
    for name in ["b/c", "a", "b", "a-b", "b/blobs"] {
        push_blob(&store, &repository(name), b"layer").await.unwrap();
    }
    let subject = image(b"layer", None, &["B", "a", "c", "b"]);
    store.put_manifest(&name, subject.clone()).await.unwrap();
    for blob in [&b"1"[..], b"2", b"3"] {
        push_blob(&store, &name, blob).await.unwrap();
        store
            .put_manifest(&name, image(blob, Some(&subject.digest), &[]))
            .await
            .unwrap();
    }

    let page = |after, limit| Page { after, limit };
    let names = store.repositories(page(Some("a0".to_owned()), 2)).await.unwrap();
    assert_eq!(
        (names.items, names.more),
        (vec![repository("b"), repository("b/blobs")], true)
    );
    let names = store.repositories(page(Some("b/blobs".to_owned()), 2)).await.unwrap();
    assert_eq!((names.items, names.more), (vec![name.clone()], false));
    let some = store
        .tags(
            &name,
            Page {
                after: Some("B".to_owned()),
                limit: 2,
            },
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!((some.items, some.more), (vec![tag("a"), tag("b")], true));
    let none = store
        .tags(&name, Page { after: None, limit: 0 })
        .await
        .unwrap()
        .unwrap();
    assert_eq!((none.items.len(), none.more), (0, true));

    let all = store
        .referrers(&name, &subject.digest, None, everything())
        .await
        .unwrap();
    assert_eq!(all.items.len(), 3);
    assert_eq!(all.items[0].artifact_type.as_deref(), Some("application/x.config"));
    let after = Some(all.items[0].digest.clone());
    let rest = Page { after, limit: 1 };
    let rest = store.referrers(&name, &subject.digest, None, rest).await.unwrap();
    assert_eq!((&rest.items[..], rest.more), (&all.items[1..2], true));
    let other = store
        .referrers(&name, &subject.digest, Some("x"), everything())
        .await
        .unwrap();
    assert!(other.items.is_empty());

    // Names are read from the tree again after a restart.
    drop(store);
    let names = open(folder.path()).repositories(everything()).await.unwrap().items;
    let names: Vec<_> = names.iter().map(RepositoryName::as_str).collect();
    assert_eq!(names, ["a", "a-b", "b", "b/blobs", "b/c"]);
}

#[tokio::test]
async fn a_blob_that_a_manifest_names_cannot_be_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository("a"));
    push_blob(&store, &name, b"layer").await.unwrap();
    let image = image(b"layer", None, &["t"]);
    store.put_manifest(&name, image.clone()).await.unwrap();
    for named in [&digest(b"layer"), &image.digest] {
        let refused = store.delete_blob(&name, named).await;
        assert!(matches!(refused, Err(StorageError::StillNamed)));
    }
    assert!(store.delete_manifest(&name, &image.digest).await.unwrap());
    assert!(store.delete_blob(&name, &digest(b"layer")).await.unwrap());
    assert!(!store.delete_blob(&name, &digest(b"layer")).await.unwrap());
}

#[tokio::test]
async fn a_manifest_keeps_the_digest_it_was_pushed_under() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository("a"));
    push_blob(&store, &name, b"layer").await.unwrap();
    let mut image = image(b"layer", None, &["t"]);
    image.digest = Algorithm::Sha512.digest(&image.bytes);
    store.put_manifest(&name, image.clone()).await.unwrap();
    drop(store);
    let store = open(folder.path());
    let found = store.manifest(&name, &Reference::Tag(tag("t"))).await.unwrap().unwrap();
    assert_eq!(found.digest, image.digest);
    assert_eq!(
        store.read_manifest(&name, &image.digest).await.unwrap(),
        Some(image.bytes)
    );
}

#[tokio::test]
async fn the_index_file_follows_without_a_flush() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository("a"));
    push_blob(&store, &name, b"layer").await.unwrap();
    store.put_manifest(&name, image(b"layer", None, &["t"])).await.unwrap();
    let began = std::time::Instant::now();
    let path = folder.path().join("a/index.json");
    while !fs::read_to_string(&path).unwrap().contains("ref.name") {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    store.flush().await.unwrap();
    let left = fs::read_dir(folder.path().join("a/.plimsoll")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["index.seal"]);
}

#[tokio::test]
async fn usage_counts_every_file_of_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository("a"));
    assert_eq!(store.usage(&name).await.unwrap(), 0);
    push_blob(&store, &name, b"layer").await.unwrap();
    let image = image(b"layer", None, &[]);
    store.put_manifest(&name, image.clone()).await.unwrap();
    push_blob(&store, &repository("a/below"), b"elsewhere").await.unwrap();
    store.flush().await.unwrap();
    let own = |file: &str| fs::metadata(folder.path().join("a").join(file)).unwrap().len();
    let expected = 5 + image.bytes.len() as u64 + own("index.json") + own("oci-layout") + own(".plimsoll/index.seal");
    assert_eq!(store.usage(&name).await.unwrap(), expected);
}
