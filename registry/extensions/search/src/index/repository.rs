//! One repository as it was when it was last read.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;
use plimsoll_registry_core::{
    oci::{Algorithm, Digest, RepositoryName, SignatureTool, Tag},
    storage::IndexEntry,
};

use crate::content::{ManifestFacts, Metadata, Platform};

/// A repository as it was when it was last read.
#[derive(Debug)]
pub(crate) struct RepositorySnapshot {
    pub(crate) name: RepositoryName,
    /// The images, in the order of their tags.
    pub(super) images: Vec<TaggedImage>,
    /// The bytes of all content that its manifests name, each blob once.
    pub(crate) size: u64,
    /// What its images run on, each once.
    pub(crate) platforms: Vec<Platform>,
    /// Who made its images, each once.
    pub(crate) vendors: Vec<Box<str>>,
    /// Which image was made last.
    pub(super) newest: Option<usize>,
    manifests: HashMap<Digest, Arc<ManifestFacts>>,
    referrers: HashMap<Digest, BTreeSet<Digest>>,
    signatures: HashMap<Digest, BTreeSet<SignatureTool>>,
    lacking: HashSet<Digest>,
}

/// A tag that names an image.
#[derive(Debug)]
pub(super) struct TaggedImage {
    pub(super) tag: Tag,
    pub(super) digest: Digest,
    pub(super) created: Option<Timestamp>,
}

impl RepositorySnapshot {
    /// Puts together what was read. `lacking`: the manifests whose configs were not there.
    pub(super) fn new(
        name: RepositoryName,
        entries: &[IndexEntry],
        manifests: HashMap<Digest, Arc<ManifestFacts>>,
        lacking: HashSet<Digest>,
    ) -> Self {
        let mut repository = Self {
            name,
            images: Vec::new(),
            size: 0,
            platforms: Vec::new(),
            vendors: Vec::new(),
            newest: None,
            manifests,
            referrers: HashMap::new(),
            signatures: HashMap::new(),
            lacking,
        };
        repository.find_references(entries);
        repository.find_images(entries);
        repository.sum_up();
        repository
    }

    fn find_references(&mut self, entries: &[IndexEntry]) {
        for entry in entries {
            let Some(facts) = self.manifests.get(&entry.manifest.digest) else {
                continue;
            };
            if let Some(subject) = &facts.subject {
                let referrers = self.referrers.entry(subject.clone()).or_default();
                referrers.insert(facts.digest.clone());
            }
            if let Some(tool) = facts.signature {
                let by_tag = entry.tag.as_ref().and_then(signed_by_tag);
                for signed in facts.subject.clone().into_iter().chain(by_tag) {
                    self.signatures.entry(signed).or_default().insert(tool);
                }
            }
        }
    }

    fn find_images(&mut self, entries: &[IndexEntry]) {
        for entry in entries {
            let Some(tag) = &entry.tag else { continue };
            let Some(facts) = self.manifests.get(&entry.manifest.digest) else {
                continue;
            };
            // A signature is no image, and neither is the list of referrers that clients keep under such a tag.
            let lists_referrers = || digest_of_tag(tag.as_str()).is_some() && facts.image().is_none();
            if facts.signature.is_some() || lists_referrers() {
                continue;
            }
            self.images.push(TaggedImage {
                tag: tag.clone(),
                digest: facts.digest.clone(),
                created: self.created(facts),
            });
        }
        self.images.sort_by(|left, right| left.tag.cmp(&right.tag));
    }

    fn sum_up(&mut self) {
        let mut blobs: BTreeMap<&Digest, u64> = BTreeMap::new();
        for facts in self.manifests.values() {
            blobs.insert(&facts.digest, facts.size);
            if let Some(image) = facts.image() {
                let parts = image.layers.iter().chain([&image.config]);
                blobs.extend(parts.map(|part| (&part.digest, part.size)));
            }
        }
        self.size = blobs.values().copied().fold(0, u64::saturating_add);
        let mut platforms = BTreeSet::new();
        let mut vendors = BTreeSet::new();
        for image in &self.images {
            let Some(facts) = self.manifests.get(&image.digest) else {
                continue;
            };
            platforms.extend(self.platforms_of(facts));
            vendors.extend(self.metadata_of(facts).vendor.clone());
        }
        self.platforms = platforms.into_iter().collect();
        self.vendors = vendors.into_iter().collect();
        let images = self.images.iter().enumerate();
        self.newest = images
            .max_by_key(|(position, image)| (image.created, *position))
            .map(|(position, _)| position);
    }

    /// What is known of a manifest, also of one that only an index names.
    pub(crate) fn manifest(&self, digest: &Digest) -> Option<&Arc<ManifestFacts>> {
        self.manifests.get(digest)
    }

    /// What need not be read again, as it is known and whole.
    pub(super) fn reusable(&self, digest: &Digest, media_type: &str) -> Option<&Arc<ManifestFacts>> {
        let facts = self.manifests.get(digest)?;
        (*facts.media_type == *media_type && !self.lacking.contains(digest)).then_some(facts)
    }

    /// Whether everything was there that had to be read.
    pub(super) fn is_complete(&self) -> bool {
        self.lacking.is_empty()
    }

    /// The manifests whose subject this is, in the order of their digests.
    pub(crate) fn referrers(&self, subject: &Digest) -> impl Iterator<Item = &Arc<ManifestFacts>> {
        let digests = self.referrers.get(subject).into_iter().flatten();
        digests.filter_map(|digest| self.manifests.get(digest))
    }

    /// The tools whose signatures of this manifest there are.
    pub(crate) fn signatures(&self, digest: &Digest) -> impl Iterator<Item = SignatureTool> {
        self.signatures.get(digest).into_iter().flatten().copied()
    }

    /// The images that a manifest stands for: itself, or those that an index names, at whatever depth and each once, with
    /// the platform that is said to be theirs.
    pub(crate) fn images_of<'a>(
        &'a self,
        facts: &'a Arc<ManifestFacts>,
    ) -> Vec<(&'a Arc<ManifestFacts>, &'a Platform)> {
        let mut images = Vec::new();
        let mut seen = HashSet::from([&facts.digest]);
        let mut open = vec![(facts, None)];
        while let Some((facts, platform)) = open.pop() {
            if let Some(image) = facts.image() {
                let own = Some(&image.platform).filter(|platform| !platform.is_empty());
                images.push((facts, own.or(platform).unwrap_or(&image.platform)));
            }
            // The first is to be the next.
            for child in facts.children().iter().rev() {
                if let Some(below) = self.manifests.get(&child.digest)
                    && seen.insert(&child.digest)
                {
                    open.push((below, Some(&child.platform)));
                }
            }
        }
        images
    }

    /// What the images that a manifest stands for run on.
    pub(crate) fn platforms_of(&self, facts: &Arc<ManifestFacts>) -> Vec<Platform> {
        let platforms = self.images_of(facts).into_iter().map(|(_, platform)| platform);
        platforms.filter(|platform| !platform.is_empty()).cloned().collect()
    }

    /// What a manifest says about itself; of what an index does not say, what its first image says.
    pub(crate) fn metadata_of<'a>(&self, facts: &'a Arc<ManifestFacts>) -> Cow<'a, Metadata> {
        if facts.children().is_empty() {
            return Cow::Borrowed(&facts.metadata);
        }
        match self.images_of(facts).first() {
            Some((first, _)) => Cow::Owned(facts.metadata.or(&first.metadata)),
            None => Cow::Borrowed(&facts.metadata),
        }
    }

    /// When the image was made; of an index that does not say, when the last of its images was.
    pub(crate) fn created(&self, facts: &Arc<ManifestFacts>) -> Option<Timestamp> {
        facts.metadata.created.or_else(|| {
            let images = self.images_of(facts);
            images.into_iter().filter_map(|(image, _)| image.metadata.created).max()
        })
    }

    /// The bytes of what a manifest stands for, blobs counted once for each manifest that names them.
    pub(crate) fn size_of(&self, facts: &Arc<ManifestFacts>) -> u64 {
        if facts.children().is_empty() {
            return facts.total_size();
        }
        let sizes = self.images_of(facts).into_iter().map(|(image, _)| image.total_size());
        sizes.fold(0, u64::saturating_add)
    }
}

/// The digest that a tag spells out as `<algorithm>-<hex>`.
fn digest_of_tag(tag: &str) -> Option<Digest> {
    let (algorithm, hex) = tag.split_once('-')?;
    let algorithm: Algorithm = algorithm.parse().ok()?;
    format!("{algorithm}:{hex}").parse().ok()
}

/// What cosign signed where it keeps the signature under a tag.
fn signed_by_tag(tag: &Tag) -> Option<Digest> {
    digest_of_tag(tag.as_str().strip_suffix(".sig")?)
}
