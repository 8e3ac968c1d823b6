//! Reads a blob and hashes it, in constant memory and off the threads that serve requests.

use bytes::Bytes;
use futures_util::StreamExt as _;
use plimsoll_registry_core::{
    oci::{Digest, RepositoryName},
    storage::{StorageError, Store},
};
use tokio::sync::mpsc;

use crate::{pace::Pace, result::Fault};

/// How many pieces may wait to be hashed.
const QUEUE: usize = 4;

/// Whether a blob is there and has its digest.
pub(crate) async fn verify_blob(
    store: &dyn Store,
    repository: &RepositoryName,
    digest: &Digest,
    pace: &Pace,
) -> Result<Option<Fault>, StorageError> {
    let mut body = match store.read_blob(repository, digest, None).await {
        Ok(Some(content)) => content.body,
        Ok(None) => return Ok(Some(Fault::NotFound)),
        Err(StorageError::Corrupt { .. }) => return Ok(Some(Fault::BadDigest)),
        Err(error) => return Err(error),
    };
    let (pieces, mut received) = mpsc::channel::<Bytes>(QUEUE);
    let mut hasher = digest.algorithm().hasher();
    let hashing = tokio::task::spawn_blocking(move || {
        while let Some(piece) = received.blocking_recv() {
            hasher.update(&piece);
        }
        hasher.finish()
    });
    while let Some(piece) = body.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => return Ok(Some(Fault::Unreadable(error.to_string()))),
        };
        let length = piece.len();
        if pieces.send(piece).await.is_err() {
            break;
        }
        pace.spend(length).await;
    }
    drop(pieces);
    Ok(finish(hashing.await, digest))
}

/// Whether bytes that are in memory have their digest.
pub(crate) async fn verify_bytes(bytes: Bytes, digest: &Digest) -> Option<Fault> {
    let algorithm = digest.algorithm();
    finish(
        tokio::task::spawn_blocking(move || algorithm.digest(&bytes)).await,
        digest,
    )
}

fn finish(hashed: Result<Digest, tokio::task::JoinError>, digest: &Digest) -> Option<Fault> {
    match hashed {
        Ok(actual) if actual == *digest => None,
        Ok(_) => Some(Fault::BadDigest),
        Err(error) => Some(Fault::Unreadable(error.to_string())),
    }
}
