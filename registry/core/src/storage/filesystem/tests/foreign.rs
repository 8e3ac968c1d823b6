//! Repositories that another tool wrote, well or badly.

use super::*;

/// Writes a layout as skopeo does: an index whose manifests stand in no `index.json`.
fn write_layout(folder: &Path, top: &NewManifest, below: &[&NewManifest], blobs: &[&[u8]]) {
    let directory = folder.join("blobs/sha256");
    fs::create_dir_all(&directory).unwrap();
    for bytes in below
        .iter()
        .map(|manifest| &*manifest.bytes)
        .chain([&*top.bytes])
        .chain(blobs.iter().copied())
    {
        fs::write(directory.join(digest(bytes).hex()), bytes).unwrap();
    }
    let index = serde_json::json!({
        "schemaVersion": 2,
        "manifests": [{
            "mediaType": top.manifest.media_type,
            "digest": top.digest,
            "size": top.bytes.len(),
            "annotations": {"org.opencontainers.image.ref.name": "v1", "org.example.note": "kept"},
        }],
    });
    fs::write(folder.join("index.json"), index.to_string()).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#).unwrap();
}

#[tokio::test]
async fn a_layout_of_skopeo_is_served_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let name = repository("multi/arch");
    let child = image(b"layer", None, &[]);
    let top = index(&[&child], &[]);
    write_layout(
        &folder.path().join("multi/arch"),
        &top,
        &[&child],
        &[b"layer", b"orphan"],
    );

    let store = open(folder.path());
    let names = store.repositories(everything()).await.unwrap().items;
    assert_eq!(names, std::slice::from_ref(&name));
    assert_eq!(tags(&store, &name).await, ["v1"]);
    let by_digest = Reference::Digest(child.digest.clone());
    let found = store.manifest(&name, &by_digest).await.unwrap().unwrap();
    assert_eq!(found.media_type, media_type::IMAGE);
    assert_eq!(
        store.read_manifest(&name, &child.digest).await.unwrap(),
        Some(child.bytes.clone())
    );
    let layer = Reference::Digest(digest(b"layer"));
    assert_eq!(
        store.manifest(&name, &layer).await.unwrap(),
        None,
        "a layer is no manifest"
    );

    // What only the index names is not garbage; what no one names is.
    let report = store.collect_garbage(&name, Duration::ZERO).await.unwrap();
    assert_eq!(report.blobs, 0, "a moment ago it was in use");
    make_old(
        &folder
            .path()
            .join("multi/arch/blobs/sha256")
            .join(digest(b"orphan").hex()),
        Duration::from_hours(2),
    );
    let report = store.collect_garbage(&name, Duration::from_hours(1)).await.unwrap();
    assert_eq!((report.blobs, report.bytes), (1, 6));
    assert!(read_blob(&store, &name, &digest(b"layer")).await.is_some());

    // A push keeps what the other tool wrote.
    store.put_manifest(&name, image(b"layer", None, &["v2"])).await.unwrap();
    store.flush().await.unwrap();
    let text = fs::read_to_string(folder.path().join("multi/arch/index.json")).unwrap();
    assert!(text.contains("org.example.note"), "{text}");
    assert!(text.contains("v2"), "{text}");
}

#[tokio::test]
async fn manifests_below_an_index_go_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let name = repository("multi");
    let child = image(b"layer", None, &[]);
    let top = index(&[&child], &[]);
    write_layout(&folder.path().join("multi"), &top, &[&child], &[b"layer"]);
    let store = open(folder.path());
    assert!(store.delete_manifest(&name, &top.digest).await.unwrap());
    let by_digest = Reference::Digest(child.digest.clone());
    assert_eq!(store.manifest(&name, &by_digest).await.unwrap(), None);
    assert!(!store.delete_manifest(&name, &top.digest).await.unwrap());
}

#[tokio::test]
async fn a_broken_repository_is_told_and_harms_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let image = image(b"layer", None, &[]);
    for (broken, content) in [
        ("index.json", Some("{")),
        ("index.json", None),
        (
            "index.json",
            Some(r#"{"schemaVersion":2,"manifests":[{"digest":"sha256:zz"}]}"#),
        ),
        ("oci-layout", Some("{}")),
        ("oci-layout", None),
    ] {
        write_layout(&folder.path().join("broken"), &image, &[], &[b"layer"]);
        write_layout(&folder.path().join("whole"), &image, &[], &[b"layer"]);
        let path = folder.path().join("broken").join(broken);
        match content {
            Some(content) => fs::write(path, content).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        let store = open(folder.path());
        let error = store.tags(&repository("broken"), everything()).await.unwrap_err();
        match error {
            StorageError::Corrupt { path, .. } => assert_eq!(path, format!("broken/{broken}")),
            other => panic!("{broken} {content:?}: {other}"),
        }
        assert!(push_blob(&store, &repository("broken"), b"new").await.is_err());
        assert_eq!(tags(&store, &repository("whole")).await, ["v1"]);
    }
}

#[tokio::test]
async fn links_and_pipes_in_the_tree_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let image = image(b"layer", None, &[]);
    write_layout(&folder.path().join("a"), &image, &[], &[]);
    let blobs = folder.path().join("a/blobs/sha256");
    fs::write(outside.path().join("secret"), b"layer").unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret"), blobs.join(digest(b"layer").hex())).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        blobs.join(digest(b"pipe").hex()),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    write_layout(outside.path(), &image, &[], &[b"layer"]);
    std::os::unix::fs::symlink(outside.path(), folder.path().join("linked")).unwrap();

    let store = open(folder.path());
    for content in [&b"layer"[..], b"pipe"] {
        assert!(read_blob(&store, &repository("a"), &digest(content)).await.is_none());
        assert_eq!(store.blob_size(&repository("a"), &digest(content)).await.unwrap(), None);
    }
    assert!(store.tags(&repository("linked"), everything()).await.is_err());
    let outside_session = outside
        .path()
        .join(".uploads")
        .join(crate::storage::UploadId::new().to_string());
    fs::create_dir(outside.path().join(".uploads")).unwrap();
    fs::write(&outside_session, b"").unwrap();
    for name in ["linked", "linked/below"] {
        let name = repository(name);
        assert!(store.begin_upload(&name, Algorithm::Sha256).await.is_err());
        assert!(store.collect_garbage(&name, Duration::ZERO).await.is_err());
    }
    assert!(outside_session.exists());
    assert_eq!(store.repositories(everything()).await.unwrap().items, [repository("a")]);
    assert!(!outside.path().join("below").exists());
}
