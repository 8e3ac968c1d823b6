//! Manifests: what the registry has to know of them, and no more. The bytes themselves are stored as they came.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Digest, object::ObjectOnly};

/// The media types that this registry gives a meaning to.
pub mod media_type {
    /// An OCI image manifest.
    pub const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
    /// An OCI image index.
    pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// A Docker image manifest, version 2, schema 2.
    pub const DOCKER_IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// A Docker manifest list.
    pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
}

/// A descriptor, with the fields that a registry reads or writes (image-spec descriptor.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub struct Descriptor {
    /// The media type of the content.
    #[serde(default)]
    pub media_type: String,
    /// The digest of the content.
    pub digest: Digest,
    /// The size of the content in bytes.
    pub size: u64,
    /// Where else the content may be had. Content with `urls` need not be in the registry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The type of the artifact that the content is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The platform, as it stands in the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<serde_json::Value>,
}

impl<'de> Deserialize<'de> for Descriptor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(ObjectOnly(deserializer))
    }
}

impl Serialize for Descriptor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

/// What a manifest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestKind {
    /// It names a config and layers.
    Image,
    /// It names other manifests.
    Index,
    /// A media type that this registry stores and serves without looking inside, but for its subject.
    Other,
}

/// A manifest, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The media type that it is stored under, without parameters.
    pub media_type: String,
    /// What it is.
    pub kind: ManifestKind,
    /// Its config, of an image.
    pub config: Option<Descriptor>,
    /// Its layers, of an image.
    pub layers: Vec<Descriptor>,
    /// Its manifests, of an index.
    pub manifests: Vec<Descriptor>,
    /// The manifest that it refers to.
    pub subject: Option<Descriptor>,
    /// Its `artifactType` as it stands in the document. What the referrers list shows is [`Self::referrer_type`].
    pub artifact_type: Option<String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

/// Why bytes are not a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON, or fields of the wrong type.
    #[error("not a manifest: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Not UTF-8, which JSON is (RFC 8259, section 8.1). A field that nobody reads here may be read by others.
    #[error("not a manifest: {0}")]
    Encoding(#[from] std::str::Utf8Error),
    /// Neither the request nor the document says what it is.
    #[error("neither Content-Type nor mediaType says what kind of manifest this is")]
    NoMediaType,
    /// A media type that does not follow RFC 6838, and so could not stand in the header of an answer.
    #[error("'{0}' is not a media type")]
    MediaType(String),
    /// The request and the document disagree.
    #[error("Content-Type is {content_type} but mediaType is {media_type}")]
    MediaTypeMismatch {
        /// What the request said.
        content_type: String,
        /// What the document says.
        media_type: String,
    },
    /// A `schemaVersion` other than 2.
    #[error("schemaVersion must be 2")]
    SchemaVersion,
    /// An image with manifests, or an index with layers: what it is would depend on who reads it (CVE-2021-41190).
    #[error("an image has no manifests and an index has no config or layers")]
    Ambiguous,
    /// An image without a config.
    #[error("an image manifest has a config")]
    NoConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    schema_version: Option<u64>,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Option<Vec<Descriptor>>,
    #[serde(default)]
    manifests: Option<Vec<Descriptor>>,
    #[serde(default)]
    subject: Option<Descriptor>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OtherDocument {
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    subject: Option<Descriptor>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

impl Manifest {
    /// Parses a manifest that came with `content_type` (its parameters are ignored, spec.md#pushing-manifests), or that
    /// lies on disk under that type.
    pub fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Self, ManifestError> {
        let content_type = content_type
            .map(|value| value.split(';').next().unwrap_or_default().trim())
            .filter(|value| !value.is_empty());
        let text = std::str::from_utf8(bytes)?;
        let other: OtherDocument = serde_json::from_str(text)?;
        let media_type = match (content_type, other.media_type.as_deref()) {
            (Some(content_type), Some(media_type)) if content_type != media_type => {
                return Err(ManifestError::MediaTypeMismatch {
                    content_type: content_type.to_owned(),
                    media_type: media_type.to_owned(),
                });
            }
            (Some(media_type), _) | (None, Some(media_type)) => media_type.to_owned(),
            (None, None) => return Err(ManifestError::NoMediaType),
        };
        if !is_media_type(&media_type) {
            return Err(ManifestError::MediaType(media_type));
        }
        let kind = match media_type.as_str() {
            media_type::IMAGE | media_type::DOCKER_IMAGE => ManifestKind::Image,
            media_type::INDEX | media_type::DOCKER_LIST => ManifestKind::Index,
            _ => ManifestKind::Other,
        };
        if kind == ManifestKind::Other {
            return Ok(Self {
                media_type,
                kind,
                config: None,
                layers: Vec::new(),
                manifests: Vec::new(),
                subject: other.subject,
                artifact_type: other.artifact_type,
                annotations: other.annotations.unwrap_or_default(),
            });
        }
        let document: Document = serde_json::from_str(text)?;
        if document.schema_version != Some(2) {
            return Err(ManifestError::SchemaVersion);
        }
        let ambiguous = match kind {
            ManifestKind::Image => document.manifests.is_some(),
            _ => document.layers.is_some() || document.config.is_some(),
        };
        if ambiguous {
            return Err(ManifestError::Ambiguous);
        }
        if kind == ManifestKind::Image && document.config.is_none() {
            return Err(ManifestError::NoConfig);
        }
        debug_assert_eq!(document.media_type, other.media_type);
        Ok(Self {
            media_type,
            kind,
            config: document.config,
            layers: document.layers.unwrap_or_default(),
            manifests: document.manifests.unwrap_or_default(),
            subject: document.subject,
            artifact_type: document.artifact_type.filter(|value| !value.is_empty()),
            annotations: document.annotations.unwrap_or_default(),
        })
    }

    /// The artifact type that the referrers list shows: its own, else of an image the media type of its config
    /// (spec.md#listing-referrers).
    pub fn referrer_type(&self) -> Option<&str> {
        self.artifact_type.as_deref().or_else(|| {
            self.config
                .as_ref()
                .map(|config| config.media_type.as_str())
                .filter(|value| !value.is_empty())
        })
    }

    /// The content that has to be in the repository before an image can be pulled: its config, and its layers but those
    /// that are to be had elsewhere.
    pub fn required(&self) -> impl Iterator<Item = &Descriptor> {
        self.config
            .iter()
            .chain(self.layers.iter().filter(|layer| !layer.is_elsewhere()))
    }

    /// Everything that the manifest names and that garbage collection must therefore keep, but for the subject.
    pub fn names(&self) -> impl Iterator<Item = &Descriptor> {
        self.config.iter().chain(&self.layers).chain(&self.manifests)
    }
}

/// `<type>/<subtype>`, by the grammar of RFC 6838, section 4.2.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        let alphanumeric = |byte: u8| byte.is_ascii_alphanumeric();
        name.len() <= 127
            && name.bytes().next().is_some_and(alphanumeric)
            && name
                .bytes()
                .all(|byte| alphanumeric(byte) || b"!#$&-^_.+".contains(&byte))
    };
    text.split_once('/')
        .is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

impl Descriptor {
    /// Whether the content may be had from somewhere else: it has `urls`, or a non-distributable media type.
    pub fn is_elsewhere(&self) -> bool {
        !self.urls.is_empty() || self.media_type.contains(".nondistributable.") || self.media_type.contains(".foreign.")
    }
}
