//! What a file in `fixtures/images` says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// An image, an artifact or an index.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Description {
    /// `os/architecture` or `os/architecture/variant`; `linux/amd64` unless said.
    pub(super) platform: Option<String>,
    /// Added to the configuration's `config`: `Env`, `Cmd`, `Labels`.
    #[serde(default)]
    pub(super) config: Map<String, Value>,
    /// Makes it an artifact, with the empty configuration.
    pub(super) artifact_type: Option<String>,
    /// The layers, the lowest first.
    #[serde(default)]
    pub(super) layers: Vec<Layer>,
    /// Annotations of the manifest or the index.
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
    /// Makes it an index of these images.
    #[serde(default)]
    pub(super) index: Vec<Self>,
}

/// A layer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Layer {
    /// The media type: a tar archive unless said. What is said is not archived: it needs `text` or `random`.
    pub(super) media_type: Option<String>,
    /// Files with their text.
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
    /// A file, `random`, of so many random bytes; of an artifact, the blob itself.
    pub(super) random: Option<Value>,
    /// Of an artifact: the blob itself.
    pub(super) text: Option<String>,
    /// Annotations of the layer's descriptor.
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
}
