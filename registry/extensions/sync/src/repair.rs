//! Manifests that are broken on the disk and are fetched anew.

use std::sync::Arc;

use futures_util::stream;
use plimsoll_registry_core::{oci::Reference, storage::Chunk};

use crate::{
    error::SyncError,
    fetch::{Fetches, Order},
    image::Copier,
};

/// Puts a manifest in the place of the one that is here under the same digest.
pub(crate) async fn manifest(fetches: &Arc<Fetches>, order: &Order) -> Result<(), SyncError> {
    let Order { repository, digest, .. } = order;
    let copier = Copier {
        fetches,
        repository,
        source: &order.source,
    };
    let found = copier.manifest(&Reference::Digest(digest.clone())).await?;
    let store = fetches.intake.store();
    let upload = store.begin_upload(repository, digest.algorithm()).await?;
    let chunk = Chunk {
        begin: Some(0),
        length: Some(found.bytes.len() as u64),
        body: Box::pin(stream::iter([Ok(found.bytes)])),
    };
    let stored = async {
        store.append_upload(repository, &upload, chunk).await?;
        store.replace_blob(repository, &upload, digest).await
    };
    if let Err(error) = stored.await {
        // It may be gone already, and the first error is what matters.
        let _ = store.cancel_upload(repository, &upload).await;
        return Err(error.into());
    }
    Ok(())
}
