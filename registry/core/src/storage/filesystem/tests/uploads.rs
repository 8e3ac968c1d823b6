//! Upload sessions.

use std::io;

use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::*;

const NAME: &str = "library/alpine";

fn at(begin: u64, length: u64, bytes: &[u8]) -> Chunk {
    Chunk {
        begin: Some(begin),
        length: Some(length),
        ..chunk(bytes)
    }
}

/// A chunk whose body breaks after these bytes.
fn broken(bytes: &[u8]) -> Chunk {
    let error = io::Error::from(io::ErrorKind::ConnectionReset);
    Chunk {
        begin: None,
        length: None,
        body: Box::pin(stream::iter([Ok(Bytes::copy_from_slice(bytes)), Err(error)])),
    }
}

#[tokio::test]
async fn a_session_takes_chunks_and_becomes_a_blob() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository(NAME));
    let upload = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
    assert!(
        !store.repository_exists(&name).await.unwrap(),
        "a session is not yet content"
    );
    assert!(store.repositories(everything()).await.unwrap().items.is_empty());
    assert_eq!(store.upload_status(&name, &upload).await.unwrap().stored, 0);
    store.append_upload(&name, &upload, at(0, 3, b"abc")).await.unwrap();
    let status = store.append_upload(&name, &upload, at(3, 3, b"def")).await.unwrap();
    assert_eq!(status.stored, 6);
    let size = store.finish_upload(&name, &upload, &digest(b"abcdef")).await.unwrap();
    assert_eq!(size, 6);
    assert_eq!(read_blob(&store, &name, &digest(b"abcdef")).await.unwrap(), b"abcdef");
    let after = store.upload_status(&name, &upload).await;
    assert!(matches!(after, Err(StorageError::UploadUnknown)));
    assert!(store.repository_exists(&name).await.unwrap());
}

#[tokio::test]
async fn a_chunk_that_is_refused_leaves_nothing_in_file_or_hash() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository(NAME));
    let upload = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
    store.append_upload(&name, &upload, at(0, 3, b"abc")).await.unwrap();

    let gap = store.append_upload(&name, &upload, at(4, 3, b"def")).await;
    assert!(matches!(gap, Err(StorageError::OutOfOrder { begin: 4, stored: 3 })));
    let long = vec![b'x'; 3 << 20];
    for (declared, bytes) in [(4, &b"def"[..]), (2, b"def"), (2 << 20, &long)] {
        let wrong = store.append_upload(&name, &upload, at(3, declared, bytes)).await;
        assert!(matches!(wrong, Err(StorageError::LengthMismatch { .. })), "{declared}");
        assert_eq!(store.upload_status(&name, &upload).await.unwrap().stored, 3);
    }
    store.append_upload(&name, &upload, at(3, 3, b"def")).await.unwrap();
    store.finish_upload(&name, &upload, &digest(b"abcdef")).await.unwrap();
    assert_eq!(read_blob(&store, &name, &digest(b"abcdef")).await.unwrap(), b"abcdef");
}

#[tokio::test]
async fn a_broken_connection_keeps_what_came_and_a_restart_too() {
    let folder = tempfile::tempdir().unwrap();
    let name = repository(NAME);
    let upload;
    {
        let store = open(folder.path());
        upload = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
        let cut = store.append_upload(&name, &upload, broken(b"abc")).await;
        assert!(matches!(cut, Err(StorageError::Interrupted(_))));
        assert_eq!(store.upload_status(&name, &upload).await.unwrap().stored, 3);
        store.append_upload(&name, &upload, at(3, 1, b"d")).await.unwrap();
    }
    let store = open(folder.path());
    assert_eq!(store.upload_status(&name, &upload).await.unwrap().stored, 4);
    store.append_upload(&name, &upload, at(4, 2, b"ef")).await.unwrap();
    store.finish_upload(&name, &upload, &digest(b"abcdef")).await.unwrap();
    assert_eq!(read_blob(&store, &name, &digest(b"abcdef")).await.unwrap(), b"abcdef");
}

#[tokio::test]
async fn what_arrived_is_kept_when_the_caller_gives_up() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository(NAME));
    let upload = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
    let (sender, receiver) = mpsc::unbounded_channel::<io::Result<Bytes>>();
    let (taken_sender, mut taken) = mpsc::unbounded_channel();
    let body = stream::unfold(receiver, |mut receiver| async {
        Some((receiver.recv().await?, receiver))
    })
    .inspect(move |_| taken_sender.send(()).unwrap());
    let request = tokio::spawn({
        let (store, name, upload) = (store.clone(), name.clone(), upload.clone());
        let chunk = Chunk {
            begin: None,
            length: None,
            body: Box::pin(body),
        };
        async move { store.append_upload(&name, &upload, chunk).await }
    });
    sender.send(Ok(Bytes::from_static(b"abc"))).unwrap();
    taken.recv().await.unwrap();

    // While the session is in use, another request is refused after a while.
    let other = store.append_upload(&name, &upload, chunk(b"x")).await;
    assert!(matches!(other, Err(StorageError::UploadBusy)));

    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    drop(sender);
    assert_eq!(store.upload_status(&name, &upload).await.unwrap().stored, 3);
}

#[tokio::test]
async fn wrong_content_ends_the_session_and_leaves_no_blob() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository(NAME));
    let upload = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
    store.append_upload(&name, &upload, chunk(b"abc")).await.unwrap();
    let error = store
        .finish_upload(&name, &upload, &digest(b"other"))
        .await
        .unwrap_err();
    match error {
        StorageError::DigestMismatch { expected, actual } => {
            assert_eq!((expected, actual), (digest(b"other"), digest(b"abc")));
        }
        other => panic!("{other}"),
    }
    let after = store.append_upload(&name, &upload, chunk(b"abc")).await;
    assert!(matches!(after, Err(StorageError::UploadUnknown)));
    assert!(!store.repository_exists(&name).await.unwrap());
    assert_eq!(
        fs::read_dir(folder.path().join(NAME).join(".uploads")).unwrap().count(),
        0
    );
}

#[tokio::test]
async fn the_closing_digest_may_be_of_another_algorithm() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository(NAME));
    for begun_as in Algorithm::ALL {
        for digest in Algorithm::ALL.map(|algorithm| algorithm.digest(begun_as.name().as_bytes())) {
            let upload = store.begin_upload(&name, begun_as).await.unwrap();
            let bytes = chunk(begun_as.name().as_bytes());
            store.append_upload(&name, &upload, bytes).await.unwrap();
            store.finish_upload(&name, &upload, &digest).await.unwrap();
            assert!(store.blob_size(&name, &digest).await.unwrap().is_some());
        }
    }
    let listing = store.blobs(&name, everything()).await.unwrap().items;
    assert_eq!(listing.len(), 4);
    assert!(listing.is_sorted_by_key(ToString::to_string));
}

#[tokio::test]
async fn a_session_is_known_in_its_own_repository_alone_and_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository(NAME));
    let upload = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
    let elsewhere = store.upload_status(&repository("other"), &upload).await;
    assert!(matches!(elsewhere, Err(StorageError::UploadUnknown)));
    store.cancel_upload(&name, &upload).await.unwrap();
    let again = store.cancel_upload(&name, &upload).await;
    assert!(matches!(again, Err(StorageError::UploadUnknown)));
}

#[tokio::test]
async fn a_large_blob_comes_back_whole_and_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository(NAME));
    let bytes: Vec<u8> = (0_u32..700_000).flat_map(u32::to_le_bytes).collect();
    let digest = push_blob(&store, &name, &bytes).await.unwrap();
    assert_eq!(read_blob(&store, &name, &digest).await.unwrap(), bytes);
    for range in [0..1, 1_000_000..1_000_001, 262_143..524_289, 2_799_999..2_800_000] {
        let content = store
            .read_blob(&name, &digest, Some(range.clone()))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(content.size, 2_800_000);
        let pieces: Vec<Bytes> = content.body.try_collect().await.unwrap();
        let place = |position: u64| usize::try_from(position).unwrap();
        let expected = &bytes[place(range.start)..place(range.end)];
        assert_eq!(pieces.concat(), expected, "{range:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_cut_while_it_is_read_breaks_the_body() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository(NAME));
    let digest = push_blob(&store, &name, &vec![7; 2 << 20]).await.unwrap();
    let mut content = store.read_blob(&name, &digest, None).await.unwrap().unwrap();
    content.body.next().await.unwrap().unwrap();
    let path = folder.path().join(NAME).join("blobs/sha256").join(digest.hex());
    fs::File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_len(1 << 20)
        .unwrap();
    let rest: io::Result<Vec<Bytes>> = content.body.try_collect().await;
    assert_eq!(rest.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_session_can_be_read_along_with_also_after_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository(NAME));
    let upload = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
    let reader = store.read_upload(&name, &upload).await.unwrap();
    assert!(reader.read(0, 10).await.unwrap().is_empty());
    store.append_upload(&name, &upload, at(0, 3, b"abc")).await.unwrap();
    assert_eq!(reader.read(1, 10).await.unwrap(), b"bc".as_slice());
    store.append_upload(&name, &upload, at(3, 3, b"def")).await.unwrap();
    // The blob is there already, so that the session's own file goes.
    push_blob(&store, &name, b"abcdef").await.unwrap();
    store.finish_upload(&name, &upload, &digest(b"abcdef")).await.unwrap();
    assert_eq!(reader.read(2, 2).await.unwrap(), b"cd".as_slice());
    assert_eq!(reader.read(0, 10).await.unwrap(), b"abcdef".as_slice());
    let after = store.read_upload(&name, &upload).await;
    assert!(matches!(after, Err(StorageError::UploadUnknown)));
}

#[tokio::test]
async fn a_broken_blob_is_replaced_here_and_for_whoever_takes_it_from_the_pool_next() {
    let folder = tempfile::tempdir().unwrap();
    let (store, name) = (open(folder.path()), repository(NAME));
    let digest = push_blob(&store, &name, b"abc").await.unwrap();
    let path = folder.path().join(NAME).join("blobs/sha256").join(digest.hex());
    fs::write(&path, b"xyz").unwrap();
    // A push alone believes what lies there.
    push_blob(&store, &name, b"abc").await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"xyz");
    let upload = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
    store.append_upload(&name, &upload, at(0, 3, b"abc")).await.unwrap();
    store.replace_blob(&name, &upload, &digest).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"abc");
    let other = repository("other");
    push_blob(&store, &other, b"abc").await.unwrap();
    assert_eq!(read_blob(&store, &other, &digest).await.unwrap(), b"abc");
    let wrong = store.begin_upload(&name, Algorithm::Sha256).await.unwrap();
    store.append_upload(&name, &wrong, at(0, 3, b"abd")).await.unwrap();
    let refused = store.replace_blob(&name, &wrong, &digest).await;
    assert!(matches!(refused, Err(StorageError::DigestMismatch { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"abc");
}
