//! Images.
#![expect(clippy::unused_async, reason = "a resolver has to be async, whether it waits or not")]

use std::sync::Arc;

use async_graphql::{Context, Object, Result};

use super::{
    context::QueryContext,
    cve::ImageVulnerabilitySummary,
    manifest::{ManifestSummary, SignatureSummary, count, referrers, signatures},
    referrer::Referrer,
    time::Time,
};
use crate::{
    content::{ManifestFacts, Metadata},
    index::Image,
    statistics::ManifestStatistics,
};

/// An image: a tag, and what it names. Nothing, where the caller may not see it.
pub(crate) struct ImageSummary(Option<Image>);

impl From<Image> for ImageSummary {
    fn from(image: Image) -> Self {
        Self(Some(image))
    }
}

impl ImageSummary {
    /// One of which the caller may see nothing.
    pub(super) const fn hidden() -> Self {
        Self(None)
    }

    fn facts(&self) -> Option<&Arc<ManifestFacts>> {
        self.0.as_ref()?.facts()
    }

    /// What it says about itself. What nobody said is empty, as zot has it.
    fn text(&self, select: impl FnOnce(&Metadata) -> Option<&str>) -> Option<String> {
        let image = self.0.as_ref()?;
        let metadata = image.repository().metadata_of(image.facts()?);
        Some(select(&metadata).unwrap_or_default().to_owned())
    }

    fn statistics(&self, context: &Context<'_>) -> Option<ManifestStatistics> {
        let image = self.0.as_ref()?;
        let statistics = context.data_unchecked::<QueryContext>().catalogue().statistics();
        Some(statistics.of(image.name(), image.digest()))
    }
}

/// An image: a tag, and the manifest or index that it names.
#[Object(rename_fields = "PascalCase")]
impl ImageSummary {
    /// The repository.
    async fn repo_name(&self) -> Option<String> {
        Some(self.0.as_ref()?.name().to_string())
    }

    /// The tag.
    async fn tag(&self) -> Option<String> {
        Some(self.0.as_ref()?.tag().to_string())
    }

    /// The digest of what the tag names.
    async fn digest(&self) -> Option<String> {
        Some(self.0.as_ref()?.digest().to_string())
    }

    /// The media type of what the tag names.
    async fn media_type(&self) -> Option<String> {
        Some(self.facts()?.media_type.to_string())
    }

    /// The manifests of its images: one, or those that an index names.
    async fn manifests(&self, context: &Context<'_>) -> Result<Option<Vec<Option<ManifestSummary>>>> {
        let (Some(image), Some(facts)) = (&self.0, self.facts()) else {
            return Ok(None);
        };
        let manifests = ManifestSummary::of(image.repository(), facts);
        context.data_unchecked::<QueryContext>().charge(manifests.len())?;
        Ok(Some(manifests))
    }

    /// The bytes of its manifests, configs and layers, which may be more than an Int can hold.
    async fn size(&self) -> Option<String> {
        let size = self.0.as_ref()?.repository().size_of(self.facts()?);
        Some(size.to_string())
    }

    /// How often it was pulled.
    async fn download_count(&self, context: &Context<'_>) -> Option<i32> {
        Some(count(self.statistics(context)?.downloads))
    }

    /// When it was pulled last.
    async fn last_pull_timestamp(&self, context: &Context<'_>) -> Option<Time> {
        self.statistics(context)?.pulled.map(Time)
    }

    /// When it was pushed first. Not known of what was pushed while search was off.
    async fn push_timestamp(&self, context: &Context<'_>) -> Option<Time> {
        self.statistics(context)?.pushed.map(Time)
    }

    /// Who pushed it first.
    async fn pushed_by(&self, context: &Context<'_>) -> Option<String> {
        Some(self.statistics(context)?.pushed_by.unwrap_or_default().into())
    }

    /// When the tag came to name it.
    async fn tagged_timestamp(&self, context: &Context<'_>) -> Option<Time> {
        let image = self.0.as_ref()?;
        let statistics = context.data_unchecked::<QueryContext>().catalogue().statistics();
        statistics.tagged(image.name(), image.tag(), image.digest()).map(Time)
    }

    /// When the image was made.
    async fn last_updated(&self) -> Option<Time> {
        self.0.as_ref()?.created().map(Time)
    }

    /// What it is.
    async fn description(&self) -> Option<String> {
        self.text(|metadata| metadata.description.as_deref())
    }

    /// Whether there is a signature of it.
    async fn is_signed(&self) -> Option<bool> {
        Some(self.0.as_ref()?.is_signed())
    }

    /// Its signatures.
    async fn signature_info(&self) -> Option<Vec<Option<SignatureSummary>>> {
        let image = self.0.as_ref()?;
        Some(signatures(image.repository(), image.digest()))
    }

    /// Under which licenses it comes.
    async fn licenses(&self) -> Option<String> {
        self.text(|metadata| metadata.licenses.as_deref())
    }

    /// Its labels.
    async fn labels(&self) -> Option<String> {
        self.text(|metadata| metadata.labels.as_deref())
    }

    /// Its title.
    async fn title(&self) -> Option<String> {
        self.text(|metadata| metadata.title.as_deref())
    }

    /// Where its source is.
    async fn source(&self) -> Option<String> {
        self.text(|metadata| metadata.source.as_deref())
    }

    /// Where its documentation is.
    async fn documentation(&self) -> Option<String> {
        self.text(|metadata| metadata.documentation.as_deref())
    }

    /// Who sells it.
    async fn vendor(&self) -> Option<String> {
        self.text(|metadata| metadata.vendor.as_deref())
    }

    /// Who made it.
    async fn authors(&self) -> Option<String> {
        self.text(|metadata| metadata.authors.as_deref())
    }

    /// Its vulnerabilities. Nothing looks for any: null.
    async fn vulnerabilities(&self) -> Option<ImageVulnerabilitySummary> {
        None
    }

    /// The manifests that refer to it.
    async fn referrers(&self, context: &Context<'_>) -> Result<Option<Vec<Option<Referrer>>>> {
        let Some(image) = &self.0 else { return Ok(None) };
        let context = context.data_unchecked::<QueryContext>();
        referrers(context, image.repository(), image.digest(), |_| true).map(Some)
    }

    /// Whether the caller may delete it.
    async fn is_deletable(&self, context: &Context<'_>) -> Option<bool> {
        let name = self.0.as_ref()?.name();
        Some(context.data_unchecked::<QueryContext>().may_delete(name))
    }

    /// The type of the artifact that it is.
    async fn artifact_type(&self) -> Option<String> {
        Some(self.facts()?.artifact_type.as_deref().unwrap_or_default().to_owned())
    }
}
