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
