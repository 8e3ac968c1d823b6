//! Images that were handed out and are still on their way to the store.
//!
//! They are in memory alone: after a restart they are asked for again, and what arrived of them is found in the store.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use plimsoll_registry_core::{
    oci::{Digest, Reference, RepositoryName, Tag},
    storage::StoredManifest,
    upstream::RemoteManifest,
};

use crate::client::RawManifest;

/// The most images that are on their way at a time. Each may hold a manifest of 4 MiB.
const MOST: usize = 256;

/// Images on their way.
#[derive(Debug, Default)]
pub(crate) struct Pending(Mutex<Images>);

#[derive(Debug, Default)]
struct Images {
    manifests: HashMap<(RepositoryName, Digest), Image>,
    tags: HashMap<(RepositoryName, Tag), Digest>,
}

#[derive(Debug)]
struct Image {
    raw: RawManifest,
    /// How many copies of it are under way: one for each tag, and one without.
    copies: usize,
}

impl Pending {
    /// Notes that an image is on its way. `false`: it is already, or there are too many.
    pub(crate) fn begin(&self, repository: &RepositoryName, raw: &RawManifest, tag: Option<&Tag>) -> bool {
        let mut images = self.lock();
        let key = (repository.clone(), raw.digest.clone());
        if images.manifests.len() >= MOST && !images.manifests.contains_key(&key) {
            return false;
        }
        if let Some(tag) = tag {
            let before = images
                .tags
                .insert((repository.clone(), tag.clone()), raw.digest.clone());
            if before.is_some_and(|before| before == raw.digest) {
                return false;
            }
        } else if images.manifests.contains_key(&key) {
            return false;
        }
        let image = images.manifests.entry(key).or_insert_with(|| Image {
            raw: raw.clone(),
            copies: 0,
        });
        image.copies += 1;
        true
    }

    /// Notes that a copy has ended, well or not.
    pub(crate) fn end(&self, repository: &RepositoryName, digest: &Digest, tag: Option<&Tag>) {
        let mut images = self.lock();
        if let Some(tag) = tag {
            let key = (repository.clone(), tag.clone());
            if images.tags.get(&key) == Some(digest) {
                images.tags.remove(&key);
            }
        }
        let key = (repository.clone(), digest.clone());
        if let Some(image) = images.manifests.get_mut(&key) {
            image.copies -= 1;
            if image.copies == 0 {
                images.manifests.remove(&key);
            }
        }
    }

    /// The image that a reference stands for.
    pub(crate) fn get(&self, repository: &RepositoryName, reference: &Reference) -> Option<RemoteManifest> {
        let images = self.lock();
        let digest = match reference {
            Reference::Digest(digest) => digest,
            Reference::Tag(tag) => images.tags.get(&(repository.clone(), tag.clone()))?,
        };
        let image = images.manifests.get(&(repository.clone(), digest.clone()))?;
        Some(handed_out(&image.raw))
    }

    /// Whether a tag still stands for what it did when its copy began.
    pub(crate) fn is_newest(&self, repository: &RepositoryName, tag: &Tag, digest: &Digest) -> bool {
        self.lock().tags.get(&(repository.clone(), tag.clone())) == Some(digest)
    }

    /// The size that an image on its way gives a blob, in bytes.
    pub(crate) fn size(&self, repository: &RepositoryName, digest: &Digest) -> Option<u64> {
        let images = self.lock();
        let own = images.manifests.iter().filter(|((name, _), _)| name == repository);
        let mut blobs = own.flat_map(|(_, image)| image.raw.manifest.required());
        blobs.find(|blob| blob.digest == *digest).map(|blob| blob.size)
    }

    /// Whether an index on its way names a manifest, which was checked with it.
    pub(crate) fn names(&self, repository: &RepositoryName, digest: &Digest) -> bool {
        let images = self.lock();
        images.manifests.iter().any(|((name, _), image)| {
            let mut children = image.raw.manifest.manifests.iter();
            name == repository && children.any(|child| child.digest == *digest)
        })
    }

    fn lock(&self) -> MutexGuard<'_, Images> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A manifest as the registry hands it out.
pub(crate) fn handed_out(raw: &RawManifest) -> RemoteManifest {
    RemoteManifest {
        manifest: StoredManifest {
            digest: raw.digest.clone(),
            media_type: raw.manifest.media_type.clone(),
            size: raw.bytes.len() as u64,
        },
        bytes: raw.bytes.clone(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use plimsoll_registry_core::oci::{Algorithm, Manifest, media_type};

    use super::*;

    fn image(note: &str) -> RawManifest {
        let text = format!(r#"{{"schemaVersion":2,"manifests":[],"annotations":{{"note":"{note}"}}}}"#);
        RawManifest {
            digest: Algorithm::Sha256.digest(text.as_bytes()),
            manifest: Manifest::parse(text.as_bytes(), Some(media_type::INDEX)).unwrap(),
            bytes: Bytes::from(text),
        }
    }

    #[test]
    fn a_tag_that_moved_on_is_not_moved_back() {
        let pending = Pending::default();
        let (repository, tag): (RepositoryName, Tag) = ("a".parse().unwrap(), "t".parse().unwrap());
        let (old, new) = (image("old"), image("new"));
        assert!(pending.begin(&repository, &old, Some(&tag)));
        assert!(!pending.begin(&repository, &old, Some(&tag)));
        assert!(pending.begin(&repository, &new, Some(&tag)));
        assert!(!pending.is_newest(&repository, &tag, &old.digest));
        assert!(pending.is_newest(&repository, &tag, &new.digest));
        pending.end(&repository, &old.digest, Some(&tag));
        let found = pending.get(&repository, &Reference::Tag(tag.clone())).unwrap();
        assert_eq!(found.bytes, new.bytes);
        pending.end(&repository, &new.digest, Some(&tag));
        assert!(pending.get(&repository, &Reference::Tag(tag)).is_none());
        assert!(pending.lock().manifests.is_empty());
    }

    #[test]
    fn an_image_stays_until_all_its_copies_have_ended() {
        let pending = Pending::default();
        let repository: RepositoryName = "a".parse().unwrap();
        let (one, two): (Tag, Tag) = ("1".parse().unwrap(), "2".parse().unwrap());
        let raw = image("x");
        assert!(pending.begin(&repository, &raw, Some(&one)) && pending.begin(&repository, &raw, Some(&two)));
        assert!(!pending.begin(&repository, &raw, None));
        pending.end(&repository, &raw.digest, Some(&one));
        assert!(
            pending
                .get(&repository, &Reference::Digest(raw.digest.clone()))
                .is_some()
        );
        pending.end(&repository, &raw.digest, Some(&two));
        assert!(pending.get(&repository, &Reference::Digest(raw.digest)).is_none());
    }
}
