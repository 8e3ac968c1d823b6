//! What is known of a manifest once it, and the config that it names, were read.

use std::collections::BTreeMap;

use plimsoll_registry_core::oci::{Descriptor, Digest, Manifest, ManifestKind, SignatureTool};

use super::{ImageConfig, Metadata};

/// What is known of a manifest.
#[derive(Debug)]
pub(crate) struct ManifestFacts {
    pub(crate) digest: Digest,
    pub(crate) media_type: Box<str>,
    /// The manifest's own size in bytes.
    pub(crate) size: u64,
    pub(crate) artifact_type: Option<Box<str>>,
    pub(crate) subject: Option<Digest>,
    /// Kept only of manifests with a subject, whose annotations are shown.
    pub(crate) annotations: BTreeMap<String, String>,
    /// Whose signature it is, if it is one.
    pub(crate) signature: Option<SignatureTool>,
    pub(crate) metadata: Metadata,
    pub(crate) content: Content,
}

/// What a manifest holds.
#[derive(Debug)]
pub(crate) enum Content {
    /// A config and layers.
    Image(ImageFacts),
    /// Other manifests.
    Index(Vec<Child>),
    /// Something that is not looked into.
    Other,
}

/// What is known of an image.
#[derive(Debug)]
pub(crate) struct ImageFacts {
    pub(crate) config: Part,
    pub(crate) layers: Vec<Part>,
    pub(crate) platform: Platform,
}

/// A blob that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) digest: Digest,
    /// In bytes.
    pub(crate) size: u64,
}

/// A manifest that an index names.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    pub(crate) digest: Digest,
    pub(crate) media_type: Box<str>,
    pub(crate) platform: Platform,
}

/// What an image runs on. Texts that nobody gave are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Platform {
    pub(crate) os: Box<str>,
    /// The architecture, and after a slash its variant.
    pub(crate) arch: Box<str>,
}

impl ManifestFacts {
    /// What is to be kept of a manifest that has `size` bytes. `config` is what its config says, if it could be read.
    pub(crate) fn new(digest: Digest, size: u64, manifest: Manifest, config: Option<&ImageConfig>) -> Self {
        let metadata = Metadata::read(&manifest.annotations, config);
        let signature = SignatureTool::of(&manifest);
        let artifact_type = manifest.referrer_type().map(Box::from);
        let content = match (manifest.kind, manifest.config) {
            (ManifestKind::Image, Some(config_part)) => Content::Image(ImageFacts {
                config: Part::of(&config_part),
                layers: manifest.layers.iter().map(Part::of).collect(),
                platform: config.map(Platform::of_config).unwrap_or_default(),
            }),
            (ManifestKind::Index, _) => Content::Index(manifest.manifests.iter().map(Child::of).collect()),
            _ => Content::Other,
        };
        let subject = manifest.subject.map(|subject| subject.digest);
        Self {
            digest,
            media_type: manifest.media_type.into(),
            size,
            artifact_type,
            annotations: if subject.is_some() {
                manifest.annotations
            } else {
                BTreeMap::new()
            },
            subject,
            signature,
            metadata,
            content,
        }
    }

    /// What the image holds, if it is one.
    pub(crate) fn image(&self) -> Option<&ImageFacts> {
        match &self.content {
            Content::Image(image) => Some(image),
            _ => None,
        }
    }

    /// The manifests that it names, if it is an index.
    pub(crate) fn children(&self) -> &[Child] {
        match &self.content {
            Content::Index(children) => children,
            _ => &[],
        }
    }

    /// The bytes of the manifest with its config and layers, but without those that an index names.
    pub(crate) fn total_size(&self) -> u64 {
        let parts = self.image().map_or(0, |image| {
            let layers: u64 = image.layers.iter().map(|layer| layer.size).fold(0, u64::saturating_add);
            image.config.size.saturating_add(layers)
        });
        self.size.saturating_add(parts)
    }
}

impl Part {
    fn of(descriptor: &Descriptor) -> Self {
        Self {
            digest: descriptor.digest.clone(),
            size: descriptor.size,
        }
    }
}

impl Child {
    fn of(descriptor: &Descriptor) -> Self {
        let text = |field: &str| descriptor.platform.as_ref()?.get(field)?.as_str();
        Self {
            digest: descriptor.digest.clone(),
            media_type: descriptor.media_type.as_str().into(),
            platform: Platform::new(text("os"), text("architecture"), text("variant")),
        }
    }
}

impl Platform {
    fn new(os: Option<&str>, architecture: Option<&str>, variant: Option<&str>) -> Self {
        let architecture = architecture.unwrap_or_default();
        Self {
            os: os.unwrap_or_default().into(),
            arch: match variant.filter(|variant| !variant.is_empty()) {
                Some(variant) => format!("{architecture}/{variant}").into(),
                None => architecture.into(),
            },
        }
    }

    fn of_config(config: &ImageConfig) -> Self {
        Self::new(
            config.os.as_deref(),
            config.architecture.as_deref(),
            config.variant.as_deref(),
        )
    }

    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.os.is_empty() && self.arch.is_empty()
    }
}
