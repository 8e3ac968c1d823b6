//! The config of an image (image-spec config.md), as far as it is used.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A config that is larger, in bytes, is not read: no image has one.
pub(crate) const LARGEST_CONFIG: u64 = 4 * 1024 * 1024;

/// Whether a config of this media type is an image's. Artifacts have others, which say nothing that is known here.
pub(crate) fn is_image_config(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json"
    )
}

/// The config of an image.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ImageConfig {
    pub(crate) os: Option<String>,
    pub(crate) architecture: Option<String>,
    pub(crate) variant: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) created: Option<String>,
    config: Option<Execution>,
    history: Option<Vec<History>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Execution {
    #[serde(rename = "Labels")]
    labels: Option<BTreeMap<String, String>>,
}

/// One step of how an image was made.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct History {
    pub(crate) created: Option<String>,
    pub(crate) created_by: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) empty_layer: Option<bool>,
}

impl ImageConfig {
    /// The labels.
    pub(crate) fn labels(&self) -> Option<&BTreeMap<String, String>> {
        self.config.as_ref()?.labels.as_ref()
    }

    /// How it was made.
    pub(crate) fn history(&self) -> &[History] {
        self.history.as_deref().unwrap_or_default()
    }

    /// How it was made, for its owner.
    pub(crate) fn into_history(self) -> Vec<History> {
        self.history.unwrap_or_default()
    }
}
