//! What every manifest goes through before it is stored, whoever brings it.

use std::{collections::HashSet, fmt, sync::Arc};

use bytes::Bytes;

use super::{RegistryError, Result};
use crate::{
    auth::Caller,
    hooks::{Event, EventSink, ManifestPush, PushPolicy},
    oci::{Digest, Manifest, Reference, RepositoryName, Tag, media_type},
    storage::{NewManifest, StorageError, Store},
};

/// Takes manifests in: asks the policies, stores, and tells the observers. It asks no gate, so it is for what comes through
/// one, and for mirrors, which act on nobody's behalf.
#[derive(Clone)]
pub struct Intake {
    pub(super) store: Arc<dyn Store>,
    pub(super) policies: Arc<[Arc<dyn PushPolicy>]>,
    pub(super) events: EventSink,
    /// Whether Docker's manifests are taken.
    pub(super) docker_images: bool,
    /// Whether images are taken of which layers are not there.
    pub(super) sparse: bool,
    pub(super) id: Arc<str>,
}

/// A manifest that someone brings.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The digest of `bytes`.
    pub digest: Digest,
    /// The manifest as it came.
    pub bytes: Bytes,
    /// Parsed from `bytes`.
    pub manifest: Manifest,
    /// The tags that shall point at it.
    pub tags: Vec<Tag>,
    /// Whether none of the tags may point at something else before.
    pub create_only: bool,
}

impl Intake {
    /// The store that everything goes to.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Where to tell of what happens.
    pub const fn events(&self) -> &EventSink {
        &self.events
    }

    /// What this registry calls itself towards others, which is different each time that it is started.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether a manifest can be refused for what it says.
    pub fn has_policies(&self) -> bool {
        !self.policies.is_empty()
    }

    /// The blobs that have to be there before the manifest is stored, each once.
    pub fn required(&self, manifest: &Manifest) -> Vec<Digest> {
        let mut seen = HashSet::new();
        let required: Vec<_> = if self.sparse {
            manifest.config.iter().collect()
        } else {
            manifest.required().collect()
        };
        let digests = required.into_iter().map(|blob| &blob.digest);
        digests.filter(|digest| seen.insert(*digest)).cloned().collect()
    }

    /// Refuses a kind of manifest that this registry does not take.
    pub fn admit_kind(&self, manifest: &Manifest) -> Result<()> {
        let docker = matches!(
            manifest.media_type.as_str(),
            media_type::DOCKER_IMAGE | media_type::DOCKER_LIST
        );
        if docker && !self.docker_images {
            return Err(RegistryError::DockerManifest);
        }
        Ok(())
    }

    /// Asks the policies about a manifest whose config is there.
    pub async fn judge(&self, repository: &RepositoryName, reference: &Reference, incoming: &Incoming) -> Result<()> {
        let push = ManifestPush {
            repository,
            reference,
            digest: &incoming.digest,
            manifest: &incoming.manifest,
            store: &*self.store,
        };
        for policy in &*self.policies {
            policy.judge(push).await.map_err(RegistryError::Refused)?;
        }
        Ok(())
    }

    /// Stores a manifest that `reference` names, on behalf of `caller`, and points its tags at it. A policy is asked once everything else is
    /// right.
    pub async fn put(
        &self,
        caller: &Caller,
        repository: &RepositoryName,
        reference: &Reference,
        incoming: Incoming,
    ) -> Result<()> {
        self.admit_kind(&incoming.manifest)?;
        let required = self.required(&incoming.manifest);
        if self.has_policies() {
            // The policies may rely on the manifest's blobs being there.
            let missing = self.missing(repository, &required).await?;
            if !missing.is_empty() {
                return Err(StorageError::MissingContent { missing }.into());
            }
            self.judge(repository, reference, &incoming).await?;
        }
        let digest = incoming.digest.clone();
        let media_type = incoming.manifest.media_type.clone();
        let tags = incoming.tags.clone();
        let new = NewManifest {
            digest: incoming.digest,
            bytes: incoming.bytes,
            manifest: incoming.manifest,
            required,
            tags: incoming.tags,
            create_only: incoming.create_only,
        };
        let created = self.store.put_manifest(repository, new).await?;
        if created {
            self.events.emit(&Event::RepositoryCreated { repository });
        }
        self.events.emit(&Event::ManifestPushed {
            repository,
            reference,
            digest: &digest,
            media_type: &media_type,
            tags: &tags,
            caller,
        });
        Ok(())
    }

    /// Those of `blobs` that are not in the repository. Those that are, are kept from garbage collection for its delay.
    pub async fn missing(&self, repository: &RepositoryName, blobs: &[Digest]) -> Result<Vec<Digest>> {
        let mut missing = Vec::new();
        for blob in blobs {
            if self.store.blob_size(repository, blob).await?.is_none() {
                missing.push(blob.clone());
            }
        }
        Ok(missing)
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Intake")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
