//! An image: a tag of a repository, and what it names.

use std::sync::Arc;

use jiff::Timestamp;
use plimsoll_registry_core::oci::{Digest, RepositoryName, Tag};

use super::RepositorySnapshot;
use crate::content::ManifestFacts;

/// An image in a snapshot of its repository.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    repository: Arc<RepositorySnapshot>,
    position: usize,
}

impl RepositorySnapshot {
    /// Its images, in the order of their tags.
    pub(crate) fn images(self: &Arc<Self>) -> impl Iterator<Item = Image> {
        (0..self.images.len()).map(|position| Image {
            repository: Arc::clone(self),
            position,
        })
    }

    /// The image that was made last. Of several, or where none says when, the one whose tag comes last.
    pub(crate) fn newest(self: &Arc<Self>) -> Option<Image> {
        Some(Image {
            repository: Arc::clone(self),
            position: self.newest?,
        })
    }

    /// The image with this tag.
    pub(crate) fn image(self: &Arc<Self>, tag: &str) -> Option<Image> {
        let position = self.images.binary_search_by(|image| image.tag.as_str().cmp(tag)).ok()?;
        Some(Image {
            repository: Arc::clone(self),
            position,
        })
    }
}

impl Image {
    /// Its repository.
    pub(crate) const fn repository(&self) -> &Arc<RepositorySnapshot> {
        &self.repository
    }

    /// The name of its repository.
    pub(crate) fn name(&self) -> &RepositoryName {
        &self.repository.name
    }

    /// Its tag.
    pub(crate) fn tag(&self) -> &Tag {
        &self.repository.images[self.position].tag
    }

    /// The digest of what the tag names.
    pub(crate) fn digest(&self) -> &Digest {
        &self.repository.images[self.position].digest
    }

    /// When it was made.
    pub(crate) fn created(&self) -> Option<Timestamp> {
        self.repository.images[self.position].created
    }

    /// What the tag names. A snapshot has the facts of every image in it.
    pub(crate) fn facts(&self) -> Option<&Arc<ManifestFacts>> {
        self.repository.manifest(self.digest())
    }

    /// The manifests that it stands for.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = &Arc<ManifestFacts>> {
        let images = self.facts().map(|facts| self.repository.images_of(facts));
        images.into_iter().flatten().map(|(facts, _)| facts)
    }

    /// Whether there is a signature of it.
    pub(crate) fn is_signed(&self) -> bool {
        self.repository.signatures(self.digest()).next().is_some()
    }
}
