//! Manifests of images.
#![expect(clippy::unused_async, reason = "a resolver has to be async, whether it waits or not")]

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use plimsoll_registry_core::{
    oci::{Digest, SignatureTool},
    storage::StorageError,
};

use super::{
    context::QueryContext,
    cve::ImageVulnerabilitySummary,
    layer::{LayerHistory, LayerSummary},
    referrer::Referrer,
    time::Time,
};
use crate::{
    content::{self, ManifestFacts},
    index::{RepositorySnapshot, read_config},
};

/// What an image runs on.
#[derive(Clone, Debug, Default, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct Platform {
    /// The operating system.
    os: Option<String>,
    /// The architecture, and after a slash its variant.
    arch: Option<String>,
}

impl From<&content::Platform> for Platform {
    fn from(platform: &content::Platform) -> Self {
        Self {
            os: Some(platform.os.to_string()),
            arch: Some(platform.arch.to_string()),
        }
    }
}

/// A signature.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct SignatureSummary {
    /// The tool that made it: cosign or notation.
    tool: Option<String>,
    /// Whether it was verified. Nothing is, yet.
    is_trusted: Option<bool>,
    /// Who made it. Known only of what was verified.
    author: Option<String>,
}

impl From<SignatureTool> for SignatureSummary {
    fn from(tool: SignatureTool) -> Self {
        Self {
            tool: Some(tool.name().to_owned()),
            is_trusted: Some(false),
            author: Some(String::new()),
        }
    }
}

/// One image of an index, or the only one there is.
pub(crate) struct ManifestSummary {
    repository: Arc<RepositorySnapshot>,
    facts: Arc<ManifestFacts>,
    platform: content::Platform,
}

impl ManifestSummary {
    /// The images that a manifest stands for.
    pub(super) fn of(repository: &Arc<RepositorySnapshot>, facts: &Arc<ManifestFacts>) -> Vec<Option<Self>> {
        let images = repository.images_of(facts).into_iter();
        let summary = |(facts, platform): (&Arc<ManifestFacts>, &content::Platform)| {
            Some(Self {
                repository: Arc::clone(repository),
                facts: Arc::clone(facts),
                platform: platform.clone(),
            })
        };
        images.map(summary).collect()
    }
}

/// A config that the store cannot read. Why is not for the client to know.
#[derive(Debug, thiserror::Error)]
#[error("the image's config cannot be read")]
struct Unreadable;

impl From<StorageError> for Unreadable {
    fn from(error: StorageError) -> Self {
        tracing::warn!(%error, component = "search", "failed to read a config");
        Self
    }
}

/// The manifests that refer to this one.
pub(super) fn referrers(
    context: &QueryContext,
    repository: &RepositorySnapshot,
    subject: &Digest,
    mut wanted: impl FnMut(&ManifestFacts) -> bool,
) -> Result<Vec<Option<Referrer>>> {
    let found: Vec<_> = repository.referrers(subject).filter(|facts| wanted(facts)).collect();
    context.charge(found.iter().map(|facts| 1 + facts.annotations.len()).sum())?;
    Ok(found.into_iter().map(|facts| Some(Referrer::from(&**facts))).collect())
}

/// The signatures of this manifest.
pub(super) fn signatures(repository: &RepositorySnapshot, digest: &Digest) -> Vec<Option<SignatureSummary>> {
    repository.signatures(digest).map(|tool| Some(tool.into())).collect()
}

/// A count as GraphQL can have it.
pub(super) fn count(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The manifest of one image: of an index, one of those that it names.
#[Object(rename_fields = "PascalCase")]
impl ManifestSummary {
    /// Its digest.
    async fn digest(&self) -> Option<String> {
        Some(self.facts.digest.to_string())
    }

    /// The digest of its config.
    async fn config_digest(&self) -> Option<String> {
        Some(self.facts.image()?.config.digest.to_string())
    }

    /// When the image was made.
    async fn last_updated(&self) -> Option<Time> {
        self.facts.metadata.created.map(Time)
    }

    /// The bytes of manifest, config and layers, which may be more than an Int can hold.
    async fn size(&self) -> Option<String> {
        Some(self.facts.total_size().to_string())
    }

    /// Whether there is a signature of it.
    async fn is_signed(&self) -> Option<bool> {
        Some(self.repository.signatures(&self.facts.digest).next().is_some())
    }

    /// Its signatures.
    async fn signature_info(&self) -> Option<Vec<Option<SignatureSummary>>> {
        Some(signatures(&self.repository, &self.facts.digest))
    }

    /// What it runs on.
    async fn platform(&self) -> Option<Platform> {
        Some(Platform::from(&self.platform))
    }

    /// How often it was pulled.
    async fn download_count(&self, context: &Context<'_>) -> Option<i32> {
        let statistics = context.data_unchecked::<QueryContext>().catalogue().statistics();
        Some(count(
            statistics.of(&self.repository.name, &self.facts.digest).downloads,
        ))
    }

    /// Its layers, the lowest first.
    async fn layers(&self, context: &Context<'_>) -> Result<Option<Vec<Option<LayerSummary>>>> {
        let Some(image) = self.facts.image() else {
            return Ok(None);
        };
        context.data_unchecked::<QueryContext>().charge(image.layers.len())?;
        Ok(Some(image.layers.iter().map(|layer| Some(layer.into())).collect()))
    }

    /// How it was made, which is read from its config.
    async fn history(&self, context: &Context<'_>) -> Result<Option<Vec<Option<LayerHistory>>>> {
        let Some(image) = self.facts.image() else {
            return Ok(None);
        };
        let context = context.data_unchecked::<QueryContext>();
        let store = context.catalogue().registry().store();
        let config = read_config(store, &self.repository.name, &image.config.digest).await;
        let steps = config.map_err(Unreadable::from)?;
        let steps = steps.map(content::ImageConfig::into_history).unwrap_or_default();
        context.charge(steps.len().max(image.layers.len()))?;
        Ok(Some(
            LayerHistory::pair(&image.layers, steps).into_iter().map(Some).collect(),
        ))
    }

    /// Its vulnerabilities. Nothing looks for any: null.
    async fn vulnerabilities(&self) -> Option<ImageVulnerabilitySummary> {
        None
    }

    /// The manifests that refer to it.
    async fn referrers(&self, context: &Context<'_>) -> Result<Option<Vec<Option<Referrer>>>> {
        let context = context.data_unchecked::<QueryContext>();
        referrers(context, &self.repository, &self.facts.digest, |_| true).map(Some)
    }

    /// The type of the artifact that it is.
    async fn artifact_type(&self) -> Option<String> {
        Some(self.facts.artifact_type.as_deref().unwrap_or_default().to_owned())
    }
}
