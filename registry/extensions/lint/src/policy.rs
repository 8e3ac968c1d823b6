//! The rule itself.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use http::StatusCode;
use plimsoll_registry_core::{
    hooks::{ManifestPush, PushPolicy, Refusal},
    oci::{Descriptor, ErrorCode, SignatureTool, media_type},
    storage::StorageError,
};
use serde::Deserialize;
use serde_json::json;

/// A config is read into memory. One that is larger, in bytes, is refused.
const LARGEST_CONFIG: u64 = 4 * 1024 * 1024;

/// Every image has these keys.
pub(crate) struct MandatoryAnnotations {
    keys: Vec<String>,
}

impl MandatoryAnnotations {
    pub(crate) fn new(keys: Vec<String>) -> Self {
        Self { keys }
    }
}

#[async_trait]
impl PushPolicy for MandatoryAnnotations {
    async fn judge(&self, push: ManifestPush<'_>) -> Result<(), Refusal> {
        if push.manifest.media_type != media_type::IMAGE || SignatureTool::of(push.manifest).is_some() {
            return Ok(());
        }
        let mut missing: Vec<&str> = self
            .keys
            .iter()
            .map(String::as_str)
            .filter(|key| !push.manifest.annotations.contains_key(*key))
            .collect();
        // The config is read only where the annotations alone do not do.
        if let Some(config) = push.manifest.config.as_ref().filter(|_| !missing.is_empty()) {
            let labels = labels(&push, config)
                .await
                .map_err(|error| error.into_refusal(&push, config))?;
            missing.retain(|key| !labels.contains_key(*key));
        }
        if missing.is_empty() {
            return Ok(());
        }
        tracing::error!(
            component = "linter",
            repository = %push.repository,
            reference = %push.reference,
            digest = %push.digest,
            missing = missing.join(" "),
            "lint checks failed"
        );
        Err(refusal(&push, &missing))
    }
}

fn refusal(push: &ManifestPush<'_>, missing: &[&str]) -> Refusal {
    let config = push
        .manifest
        .config
        .as_ref()
        .map(|config| config.digest.to_string())
        .unwrap_or_default();
    let text = format!(
        "\nthe image with manifest {} and config {config} has no value for the mandatory annotations [{}]",
        push.digest,
        missing.join(" ")
    );
    let mut detail = serde_json::Map::new();
    detail.insert("reference".into(), json!(push.reference.to_string()));
    detail.insert("missingAnnotations".into(), json!(text));
    detail.insert("missingKeys".into(), json!(missing));
    detail.insert(
        "description".into(),
        json!(
            "this registry takes only images with certain annotations; add the missing ones to the manifest's annotations \
             or to the labels of the image, and push again"
        ),
    );
    Refusal {
        status: StatusCode::BAD_REQUEST,
        code: ErrorCode::ManifestInvalid,
        message: format!(
            "lint checks failed: the image lacks the annotations {}",
            missing.join(", ")
        ),
        detail,
    }
}

#[derive(Debug, thiserror::Error)]
enum LabelsError {
    #[error("the config is not in the repository")]
    Missing,
    #[error("the config is larger than 4 MiB")]
    TooLarge,
    #[error("the config is not an image config: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("the config cannot be read: {0}")]
    Storage(#[from] StorageError),
    #[error("the config cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

impl LabelsError {
    fn into_refusal(self, push: &ManifestPush<'_>, config: &Descriptor) -> Refusal {
        tracing::error!(
            component = "linter",
            repository = %push.repository,
            reference = %push.reference,
            error = %self,
            "failed to get config JSON {}",
            config.digest
        );
        let (status, code) = match self {
            Self::Missing => (StatusCode::NOT_FOUND, ErrorCode::ManifestBlobUnknown),
            Self::TooLarge | Self::Malformed(_) => (StatusCode::BAD_REQUEST, ErrorCode::ManifestInvalid),
            Self::Storage(StorageError::Io { .. }) | Self::Io(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable)
            }
            Self::Storage(_) => (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Unknown),
        };
        let mut detail = serde_json::Map::new();
        detail.insert("reference".into(), json!(push.reference.to_string()));
        detail.insert("config".into(), json!(config.digest.to_string()));
        detail.insert(
            "description".into(),
            json!("mandatory annotations that the manifest lacks are looked for in the labels of the config"),
        );
        // What the disk said is for the log alone.
        let message = match &self {
            Self::Storage(_) | Self::Io(_) => "lint checks failed: the config cannot be read".to_owned(),
            error => format!("lint checks failed: {error}"),
        };
        Refusal {
            status,
            code,
            message,
            detail,
        }
    }
}

#[derive(Default, Deserialize)]
struct ImageConfig {
    #[serde(default)]
    config: Option<Runtime>,
}

#[derive(Default, Deserialize)]
struct Runtime {
    #[serde(default, rename = "Labels")]
    labels: Option<BTreeMap<String, serde_json::Value>>,
}

async fn labels(
    push: &ManifestPush<'_>,
    config: &Descriptor,
) -> Result<BTreeMap<String, serde_json::Value>, LabelsError> {
    let mut content = push
        .store
        .read_blob(push.repository, &config.digest, None)
        .await?
        .ok_or(LabelsError::Missing)?;
    if content.size > LARGEST_CONFIG {
        return Err(LabelsError::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(part) = content.body.next().await {
        bytes.extend_from_slice(&part?);
    }
    let config: ImageConfig = serde_json::from_slice(&bytes)?;
    Ok(config.config.unwrap_or_default().labels.unwrap_or_default())
}
