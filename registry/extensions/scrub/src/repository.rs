//! One repository's part of a pass.

use std::collections::{HashMap, HashSet, VecDeque};

use futures_util::StreamExt as _;
use plimsoll_registry_core::{
    oci::{Descriptor, Digest, Manifest, ManifestKind, Reference, RepositoryName},
    storage::{IndexEntry, Page, StorageError, Store},
};

use crate::{
    content::{verify_blob, verify_bytes},
    pace::Pace,
    result::{Damage, Fault, ScrubResult},
};

/// How many blobs are listed at a time.
const PAGE: usize = 1_000;
/// A config that is larger, in bytes, is none, and is only hashed.
const LARGEST_CONFIG: u64 = 4 * 1024 * 1024;

/// Verifies everything in `repository` and hands each result to `report`.
///
/// Memory grows with the number of blobs in the repository, some hundred bytes each, and not with their sizes.
pub(crate) async fn scrub_repository(
    store: &dyn Store,
    repository: &RepositoryName,
    pace: &Pace,
    report: &mut (dyn FnMut(ScrubResult) + Send),
) -> Result<(), StorageError> {
    let entries = store.index(repository).await?;
    scrub_entries(store, repository, pace, entries, report).await
}

/// The same for an index that was read a while ago.
pub(crate) async fn scrub_entries(
    store: &dyn Store,
    repository: &RepositoryName,
    pace: &Pace,
    entries: Vec<IndexEntry>,
    report: &mut (dyn FnMut(ScrubResult) + Send),
) -> Result<(), StorageError> {
    let mut scrub = Scrub {
        store,
        repository,
        pace,
        blobs: HashMap::new(),
        manifests: HashMap::new(),
    };
    for entry in entries {
        let damage = scrub.image(&entry).await?;
        // What is found wrong may have been deleted meanwhile; what is still listed is damaged.
        if damage.is_none() || scrub.is_listed(&entry).await? {
            report(ScrubResult::new(repository, entry.tag.as_ref(), damage.as_ref()));
        }
    }
    scrub.unnamed_blobs(report).await
}

struct Scrub<'a> {
    store: &'a dyn Store,
    repository: &'a RepositoryName,
    pace: &'a Pace,
    /// The blobs that were hashed in this pass.
    blobs: HashMap<Digest, Option<Fault>>,
    /// The manifests that were read in this pass.
    manifests: HashMap<Digest, Checked>,
}

/// A manifest without those that it names.
#[derive(Clone, Default)]
struct Checked {
    damage: Option<Damage>,
    /// The children and the subject.
    next: Vec<(Digest, String)>,
}

impl Scrub<'_> {
    /// The first damage of a manifest, of what it names, and of the manifests that it leads to. All of them are visited.
    async fn image(&mut self, entry: &IndexEntry) -> Result<Option<Damage>, StorageError> {
        let root = (entry.manifest.digest.clone(), entry.manifest.media_type.clone());
        let mut seen = HashSet::from([root.0.clone()]);
        let mut queue = VecDeque::from([root]);
        let mut first = None;
        while let Some((digest, media_type)) = queue.pop_front() {
            if !self.manifests.contains_key(&digest) {
                let checked = self.manifest(&digest, &media_type).await?;
                self.manifests.insert(digest.clone(), checked);
            }
            let checked = &self.manifests[&digest];
            first = first.or_else(|| checked.damage.clone());
            for next in &checked.next {
                if seen.insert(next.0.clone()) {
                    queue.push_back(next.clone());
                }
            }
        }
        Ok(first)
    }

    async fn is_listed(&self, entry: &IndexEntry) -> Result<bool, StorageError> {
        let digest = Reference::Digest(entry.manifest.digest.clone());
        let manifest = self.store.manifest(self.repository, &digest).await?;
        if manifest.is_some() {
            return Ok(true);
        }
        // A store may look for the file, too, which is just what can be missing.
        let index = self.store.index(self.repository).await?;
        Ok(index
            .iter()
            .any(|listed| listed.manifest.digest == entry.manifest.digest))
    }

    /// Checks one manifest, its config and its layers.
    async fn manifest(&mut self, digest: &Digest, media_type: &str) -> Result<Checked, StorageError> {
        let damaged = |digest: &Digest, fault| Checked {
            damage: Some(Damage {
                digest: digest.clone(),
                fault,
            }),
            next: Vec::new(),
        };
        let bytes = match self.store.read_manifest(self.repository, digest).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(damaged(digest, Fault::NotFound)),
            Err(StorageError::Corrupt { .. }) => return Ok(damaged(digest, Fault::BadDigest)),
            Err(error) => return Err(error),
        };
        self.pace.spend(bytes.len()).await;
        let fault = verify_bytes(bytes.clone(), digest).await;
        self.blobs.insert(digest.clone(), fault.clone());
        if let Some(fault) = fault {
            return Ok(damaged(digest, fault));
        }
        let media_type = Some(media_type).filter(|value| !value.is_empty());
        let Ok(manifest) = Manifest::parse(&bytes, media_type) else {
            return Ok(damaged(digest, Fault::BadManifest));
        };
        let mut damage = None;
        for descriptor in manifest.required() {
            let fault = self.blob(&descriptor.digest).await?;
            let is_config = manifest
                .config
                .as_ref()
                .is_some_and(|config| config.digest == descriptor.digest);
            let fault = match fault {
                None if is_config && manifest.kind == ManifestKind::Image => self.config(descriptor).await?,
                fault => fault,
            };
            damage = damage.or_else(|| {
                fault.map(|fault| Damage {
                    digest: descriptor.digest.clone(),
                    fault,
                })
            });
        }
        let next = manifest
            .manifests
            .iter()
            .chain(&manifest.subject)
            .map(|descriptor| (descriptor.digest.clone(), descriptor.media_type.clone()))
            .collect();
        Ok(Checked { damage, next })
    }

    async fn blob(&mut self, digest: &Digest) -> Result<Option<Fault>, StorageError> {
        if let Some(known) = self.blobs.get(digest) {
            return Ok(known.clone());
        }
        let fault = verify_blob(self.store, self.repository, digest, self.pace).await?;
        self.blobs.insert(digest.clone(), fault.clone());
        Ok(fault)
    }

    /// An image config is JSON, wherever its media type says so.
    async fn config(&self, config: &Descriptor) -> Result<Option<Fault>, StorageError> {
        if !config.media_type.ends_with("json") {
            return Ok(None);
        }
        let Some(mut content) = self.store.read_blob(self.repository, &config.digest, None).await? else {
            return Ok(Some(Fault::NotFound));
        };
        if content.size > LARGEST_CONFIG {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        while let Some(piece) = content.body.next().await {
            match piece {
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(error) => return Ok(Some(Fault::Unreadable(error.to_string()))),
            }
        }
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
        Ok((!is_json).then_some(Fault::BadConfig))
    }

    /// Verifies the blobs that no manifest led to: uploads whose manifest has not come, and what garbage collection has
    /// not removed yet.
    async fn unnamed_blobs(&mut self, report: &mut (dyn FnMut(ScrubResult) + Send)) -> Result<(), StorageError> {
        let mut after = None;
        loop {
            let page = self.store.blobs(self.repository, Page { after, limit: PAGE }).await?;
            for digest in &page.items {
                if self.blobs.contains_key(digest) {
                    continue;
                }
                // One that is gone by now was deleted.
                if let Some(fault) = self.blob(digest).await?.filter(|fault| *fault != Fault::NotFound) {
                    let digest = digest.clone();
                    report(ScrubResult::new(self.repository, None, Some(&Damage { digest, fault })));
                }
            }
            after = page.items.last().cloned();
            if !page.more || after.is_none() {
                return Ok(());
            }
        }
    }
}
