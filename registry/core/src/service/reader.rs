//! What the right to read opens.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;

use super::{Registry, RegistryError, Result};
use crate::{
    auth::Grant,
    hooks::Event,
    oci::{Digest, Reference, RepositoryName, Tag},
    storage::{BlobContent, Listing, Page, Referrer, StorageError, StoredManifest},
    upstream::{RemoteManifest, Upstream, Via, Wanted},
};

/// The content of one repository, for someone who may read it.
#[derive(Debug)]
pub struct Reader<'a> {
    registry: &'a Registry,
    grant: Grant<'a>,
    via: Via,
}

/// A manifest, here or upstream.
#[derive(Clone, Debug)]
pub struct FoundManifest {
    /// What it is.
    pub manifest: StoredManifest,
    /// Whether there may be a newer one: the upstream registry could not be asked.
    pub is_stale: bool,
    /// Its bytes, if the store does not have them yet.
    bytes: Option<Bytes>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(registry: &'a Registry, grant: Grant<'a>) -> Self {
        Self {
            registry,
            grant,
            via: Via::default(),
        }
    }

    const fn repository(&self) -> &'a RepositoryName {
        self.grant.repository()
    }

    /// The same, for a request that came through other registries.
    #[must_use]
    pub fn via(self, via: Via) -> Self {
        Self { via, ..self }
    }

    /// Whom to ask for what is not here. A request that has been here before is not sent round again.
    fn upstream(&self) -> Option<(&Arc<dyn Upstream>, Wanted<'_>)> {
        let upstream = self.registry.upstream.as_ref()?;
        let wanted = Wanted {
            repository: self.repository(),
            via: &self.via,
        };
        (!self.via.has_been_at(self.registry.intake.id())).then_some((upstream, wanted))
    }

    /// The size of a blob in bytes.
    pub async fn blob_size(&self, digest: &Digest) -> Result<u64> {
        let mut size = self.registry.store.blob_size(self.repository(), digest).await?;
        if let (None, Some((upstream, wanted))) = (size, self.upstream()) {
            size = upstream.blob_size(wanted, digest).await?;
        }
        match size {
            Some(size) => Ok(size),
            None => Err(self
                .registry
                .absent(self.repository(), RegistryError::BlobUnknown)
                .await),
        }
    }

    /// A blob's content, or the part of it in `range`.
    pub async fn blob(&self, digest: &Digest, range: Option<Range<u64>>) -> Result<BlobContent> {
        let store = &self.registry.store;
        if let Some(content) = store.read_blob(self.repository(), digest, range.clone()).await? {
            return Ok(match range {
                None => self.registry.inspector.watch(self.repository(), digest, content),
                Some(_) => content,
            });
        }
        let content = match self.upstream() {
            Some((upstream, wanted)) => upstream.blob(wanted, digest, range).await?,
            None => None,
        };
        match content {
            Some(content) => Ok(content),
            None => Err(self
                .registry
                .absent(self.repository(), RegistryError::BlobUnknown)
                .await),
        }
    }

    /// What a manifest is, without its bytes.
    pub async fn manifest(&self, reference: &Reference) -> Result<FoundManifest> {
        let repository = self.repository();
        let local = self.registry.store.manifest(repository, reference).await?;
        let mut is_stale = false;
        if let Some((upstream, wanted)) = self.upstream() {
            match upstream.manifest(wanted, reference, local.as_ref()).await {
                Ok(Some(RemoteManifest { manifest, bytes })) => {
                    return Ok(FoundManifest {
                        manifest,
                        is_stale,
                        bytes: Some(bytes),
                    });
                }
                Ok(None) => {}
                Err(error) if local.is_none() => return Err(error.into()),
                Err(_) => is_stale = true,
            }
        }
        match local {
            Some(manifest) => Ok(FoundManifest {
                manifest,
                is_stale,
                bytes: None,
            }),
            None => Err(self.registry.absent(repository, RegistryError::ManifestUnknown).await),
        }
    }

    /// The bytes of a manifest, which counts as a pull of it.
    pub async fn pull_manifest(&self, found: &FoundManifest) -> Result<Bytes> {
        let (repository, digest) = (self.repository(), &found.manifest.digest);
        let known = found.bytes.clone().or_else(|| self.registry.manifests.get(digest));
        let bytes = if let Some(bytes) = known {
            bytes
        } else {
            let read = self.registry.store.read_manifest(repository, digest).await?;
            let bytes = read.ok_or(RegistryError::ManifestUnknown)?;
            let actual = digest.algorithm().digest(&bytes);
            if actual != *digest {
                return Err(StorageError::Corrupt {
                    path: format!("the manifest {digest} of {repository}"),
                    reason: format!("its bytes have the digest {actual}"),
                }
                .into());
            }
            self.registry.manifests.keep(digest, &bytes);
            bytes
        };
        self.registry.events.emit(&Event::ManifestPulled { repository, digest });
        Ok(bytes)
    }

    /// Sees to it that what refers to `subject` elsewhere is here. `false`: it could not be asked for.
    pub async fn refresh_referrers(&self, subject: &Digest) -> bool {
        match self.upstream() {
            Some((upstream, wanted)) => upstream.referrers(wanted, subject).await.is_ok(),
            None => true,
        }
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
