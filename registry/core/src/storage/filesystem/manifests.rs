//! Manifests and tags of a repository, as the store's operations see them.

use std::{ops::Bound, sync::Arc};

use crate::{
    oci::{Digest, Reference, Tag},
    storage::{IndexEntry, Listing, NewManifest, Page, Referrer, Result, StorageError, StoredManifest},
};

use super::{
    commit::{Condition, Outcome},
    disk::stat_regular,
    durability::failed,
    repository::Repository,
    state::{Change, State},
};

/// How often a push begins anew when garbage collection takes its bytes away before they are named.
const ATTEMPTS: usize = 8;

impl State {
    /// The manifest that a reference names, if it is known.
    pub(super) fn manifest(&self, reference: &Reference) -> Option<StoredManifest> {
        let digest = match reference {
            Reference::Tag(tag) => self.tags.get(tag)?,
            Reference::Digest(digest) => digest,
        };
        self.stored(digest)
    }

    fn stored(&self, digest: &Digest) -> Option<StoredManifest> {
        let record = self.manifests.get(digest)?;
        Some(StoredManifest {
            digest: digest.clone(),
            media_type: record.media_type.clone(),
            size: record.size,
        })
    }

    /// Whether some manifest is, or names, this content. Without a graph that is not known, and so it is.
    pub(super) fn needs(&self, digest: &Digest) -> bool {
        self.manifests.contains_key(digest)
            || self
                .graph
                .as_ref()
                .is_none_or(|graph| graph.is_content(digest) || graph.is_child(digest))
    }

    /// A part of the tags.
    pub(super) fn tags(&self, page: &Page<String>) -> Listing<Tag> {
        let start = page.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = self.tags.range::<str, _>((start, Bound::Unbounded));
        Listing {
            items: rest.by_ref().take(page.limit).map(|(tag, _)| tag.clone()).collect(),
            more: rest.next().is_some(),
        }
    }

    /// A part of the referrers.
    pub(super) fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: &Page<Digest>,
    ) -> Listing<Referrer> {
        let start = page.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.graph.as_ref().and_then(|graph| graph.referrers(subject));
        let mut rest = rows
            .into_iter()
            .flat_map(|rows| rows.range::<Digest, _>((start, Bound::Unbounded)))
            .map(|(_, row)| row)
            .filter(|row| artifact_type.is_none_or(|wanted| row.artifact_type.as_deref() == Some(wanted)));
        Listing {
            items: rest.by_ref().take(page.limit).cloned().collect(),
            more: rest.next().is_some(),
        }
    }

    /// The rows of `index.json`.
    pub(super) fn index(&self) -> Vec<IndexEntry> {
        let mut rows = Vec::new();
        for (digest, record) in self.manifests.iter().filter(|(_, record)| record.listed) {
            let manifest = StoredManifest {
                digest: digest.clone(),
                media_type: record.media_type.clone(),
                size: record.size,
            };
            if record.tags.is_empty() {
                rows.push(IndexEntry { manifest, tag: None });
            } else {
                rows.extend(record.tags.keys().map(|tag| IndexEntry {
                    manifest: manifest.clone(),
                    tag: Some(tag.clone()),
                }));
            }
        }
        rows
    }
}

impl Repository {
    /// A manifest by tag or digest, also one that only an index names.
    pub(super) fn manifest(self: &Arc<Self>, reference: &Reference) -> Result<Option<StoredManifest>> {
        let look = |state: &State| (state.manifest(reference), state.graph.is_some());
        let Some((found, complete)) = self.ask(look)? else {
            return Ok(None);
        };
        let Reference::Digest(digest) = reference else {
            return Ok(found);
        };
        if found.is_some() || complete {
            return Ok(found);
        }
        // Only a file that is there can be a manifest: do not read them all for a digest that is not.
        let path = self.paths.blob(digest);
        if stat_regular(&path).map_err(failed("look at", &path))?.is_none() {
            return Ok(None);
        }
        self.ensure_graph()?;
        Ok(self.ask(|state| state.manifest(reference))?.flatten())
    }

    /// The bytes of a manifest.
    pub(super) fn read_manifest(self: &Arc<Self>, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let Some(manifest) = self.manifest(&Reference::Digest(digest.clone()))? else {
            return Ok(None);
        };
        let Some(bytes) = self.read_manifest_file(digest)? else {
            return Ok(None);
        };
        if bytes.len() as u64 != manifest.size {
            let reason = format!("{} bytes, where {} are recorded", bytes.len(), manifest.size);
            return Err(self.corrupt(&self.paths.blob(digest), reason));
        }
        Ok(Some(bytes))
    }

    /// Stores a manifest with its tags. `true`: it is the repository's first.
    pub(super) fn put_manifest(self: &Arc<Self>, new: &NewManifest) -> Result<bool> {
        self.load()?;
        self.require(&new.required)?;
        let condition = || Condition {
            required: new.required.clone(),
            create_only: new.create_only,
        };
        for _ in 0..ATTEMPTS {
            self.create()?;
            self.write_manifest(new)?;
            let found = self.find_in(&new.digest, &new.manifest.media_type, &new.bytes)?;
            let change = Change::Put {
                digest: new.digest.clone(),
                media_type: new.manifest.media_type.clone(),
                size: new.bytes.len() as u64,
                tags: new.tags.clone(),
            };
            match self.commit(change, condition(), Some(found))? {
                Outcome::Made { first } => return Ok(first),
                Outcome::Absent | Outcome::Vanished => {}
            }
        }
        Err(StorageError::Io {
            context: format!("store manifest {} in {}", new.digest, self.name),
            source: std::io::Error::other("it was removed each time before it could be listed"),
        })
    }

    /// Writes the bytes of a manifest, unless they are there and known to be on disk.
    fn write_manifest(self: &Arc<Self>, new: &NewManifest) -> Result<()> {
        let listed = |state: &State| state.manifests.get(&new.digest).is_some_and(|record| record.listed);
        if self.ask(listed)? == Some(true) && self.read_manifest_file(&new.digest)?.as_deref() == Some(&new.bytes) {
            return Ok(());
        }
        let path = self.paths.blob(&new.digest);
        self.create_folder(&self.paths.blobs(new.digest.algorithm()))?;
        self.create_folder(&self.paths.private())?;
        self.context
            .durability
            .replace(&path, &self.paths.temporary(), &new.bytes)
            .map_err(failed("write", &path))
    }

    /// Removes a tag. `false`: it was not there.
    pub(super) fn delete_tag(self: &Arc<Self>, tag: &Tag) -> Result<bool> {
        if !self.load()? {
            return Ok(false);
        }
        let outcome = self.commit(Change::Untag { tag: tag.clone() }, Condition::default(), None)?;
        Ok(outcome != Outcome::Absent)
    }

    /// Removes a manifest and its tags. `false`: it was not there.
    pub(super) fn delete_manifest(self: &Arc<Self>, digest: &Digest) -> Result<bool> {
        if self.manifest(&Reference::Digest(digest.clone()))?.is_none() || !self.ensure_graph()? {
            return Ok(false);
        }
        let outcome = self.commit(Change::Delete { digest: digest.clone() }, Condition::default(), None)?;
        if outcome == Outcome::Absent {
            return Ok(false);
        }
        self.release(digest);
        Ok(true)
    }
}
