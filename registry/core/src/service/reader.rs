//! What the right to read opens.

use std::ops::Range;

use bytes::Bytes;

use super::{Registry, RegistryError, Result};
use crate::{
    auth::Grant,
    hooks::Event,
    oci::{Digest, Reference, RepositoryName, Tag},
    storage::{BlobContent, Listing, Page, Referrer, StoredManifest},
};

/// The content of one repository, for someone who may read it.
#[derive(Debug)]
pub struct Reader<'a> {
    registry: &'a Registry,
    grant: Grant<'a>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(registry: &'a Registry, grant: Grant<'a>) -> Self {
        Self { registry, grant }
    }

    const fn repository(&self) -> &'a RepositoryName {
        self.grant.repository()
    }

    /// The size of a blob in bytes.
    pub async fn blob_size(&self, digest: &Digest) -> Result<u64> {
        match self.registry.store.blob_size(self.repository(), digest).await? {
            Some(size) => Ok(size),
            None => Err(self
                .registry
                .absent(self.repository(), RegistryError::BlobUnknown)
                .await),
        }
    }

    /// A blob's content, or the part of it in `range`.
    pub async fn blob(&self, digest: &Digest, range: Option<Range<u64>>) -> Result<BlobContent> {
        match self.registry.store.read_blob(self.repository(), digest, range).await? {
            Some(content) => Ok(content),
            None => Err(self
                .registry
                .absent(self.repository(), RegistryError::BlobUnknown)
                .await),
        }
    }

    /// What a manifest is, without its bytes.
    pub async fn manifest(&self, reference: &Reference) -> Result<StoredManifest> {
        match self.registry.store.manifest(self.repository(), reference).await? {
            Some(manifest) => Ok(manifest),
            None => Err(self
                .registry
                .absent(self.repository(), RegistryError::ManifestUnknown)
                .await),
        }
    }

    /// The bytes of a manifest, which counts as a pull of it.
    pub async fn pull_manifest(&self, digest: &Digest) -> Result<Bytes> {
        let repository = self.repository();
        let bytes = self.registry.store.read_manifest(repository, digest).await?;
        let bytes = bytes.ok_or(RegistryError::ManifestUnknown)?;
        self.registry.events.emit(&Event::ManifestPulled { repository, digest });
        Ok(bytes)
    }

    /// The tags of the repository.
    pub async fn tags(&self, page: Page<String>) -> Result<Listing<Tag>> {
        let tags = self.registry.store.tags(self.repository(), page).await?;
        tags.ok_or(RegistryError::RepositoryUnknown)
    }

    /// The manifests that refer to `subject`; none, where there is no such repository (spec.md#listing-referrers).
    pub async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: Page<Digest>,
    ) -> Result<Listing<Referrer>> {
        let store = &self.registry.store;
        Ok(store.referrers(self.repository(), subject, artifact_type, page).await?)
    }
}
