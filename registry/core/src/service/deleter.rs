//! What the right to delete opens.

use super::{Registry, RegistryError, Result};
use crate::{
    auth::{Caller, Grant},
    hooks::Event,
    oci::{Digest, Reference},
};

/// One repository, for someone who may delete what is in it.
#[derive(Debug)]
pub struct Deleter<'a> {
    registry: &'a Registry,
    caller: &'a Caller,
    grant: Grant<'a>,
}

impl<'a> Deleter<'a> {
    pub(super) const fn new(registry: &'a Registry, caller: &'a Caller, grant: Grant<'a>) -> Self {
        Self {
            registry,
            caller,
            grant,
        }
    }

    /// Removes a tag, or a manifest with every tag that points at it.
    pub async fn manifest(&self, reference: &Reference) -> Result<()> {
        let (store, repository) = (&self.registry.store, self.grant.repository());
        let removed = match reference {
            Reference::Tag(tag) => store.delete_tag(repository, tag).await?,
            Reference::Digest(digest) => {
                self.detect_collision(digest).await?;
                store.delete_manifest(repository, digest).await?
            }
        };
        if !removed {
            return Err(self.registry.absent(repository, RegistryError::ManifestUnknown).await);
        }
        let event = Event::ManifestDeleted { repository, reference };
        self.registry.events.emit(&event);
        Ok(())
    }

    /// Stops a caller for whom the rules want it from removing several tags at once.
    async fn detect_collision(&self, digest: &Digest) -> Result<()> {
        let (registry, repository) = (self.registry, self.grant.repository());
        if !registry.gate.detects_collisions(self.caller, repository) {
            return Ok(());
        }
        let rows = registry.store.index(repository).await?;
        let tags = rows
            .iter()
            .filter(|row| row.manifest.digest == *digest && row.tag.is_some());
        if tags.count() > 1 {
            return Err(RegistryError::Collision);
        }
        Ok(())
    }

    /// Removes a blob from this repository.
    pub async fn blob(&self, digest: &Digest) -> Result<()> {
        let repository = self.grant.repository();
        if !self.registry.store.delete_blob(repository, digest).await? {
            return Err(self.registry.absent(repository, RegistryError::BlobUnknown).await);
        }
        self.registry.events.emit(&Event::BlobDeleted { repository, digest });
        Ok(())
    }
}
