//! Repositories.
#![expect(clippy::unused_async, reason = "a resolver has to be async, whether it waits or not")]

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::{Context, Object, Result};

use super::{
    context::QueryContext,
    image::ImageSummary,
    manifest::{Platform, count},
    time::Time,
};
use crate::{
    index::{Image, RepositorySnapshot},
    statistics::Statistics,
};

/// A repository, and how well it fits what was searched for.
pub(crate) struct RepoSummary {
    pub(super) repository: Arc<RepositorySnapshot>,
    pub(super) rank: u32,
}

impl RepoSummary {
    pub(super) fn new(repository: &Arc<RepositorySnapshot>, rank: u32) -> Self {
        Self {
            repository: Arc::clone(repository),
            rank,
        }
    }

    /// How often its images were pulled, each counted once though several tags may name it.
    pub(super) fn downloads(&self, statistics: &Statistics) -> u64 {
        let images: Vec<Image> = self.repository.images().collect();
        let digests: BTreeSet<_> = images.iter().map(Image::digest).collect();
        let downloads = statistics.downloads(digests.into_iter().map(|digest| (&self.repository.name, digest)));
        downloads.into_iter().fold(0, u64::saturating_add)
    }
}

/// A repository.
#[Object(rename_fields = "PascalCase")]
impl RepoSummary {
    /// Its name.
    async fn name(&self) -> Option<String> {
        Some(self.repository.name.to_string())
    }

    /// When its newest image was made.
    async fn last_updated(&self) -> Option<Time> {
        self.repository.newest()?.created().map(Time)
    }

    /// The bytes of all that its manifests name, each blob once, which may be more than an Int can hold.
    async fn size(&self) -> Option<String> {
        Some(self.repository.size.to_string())
    }

    /// What its images run on.
    async fn platforms(&self, context: &Context<'_>) -> Result<Option<Vec<Option<Platform>>>> {
        let platforms = &self.repository.platforms;
        context.data_unchecked::<QueryContext>().charge(platforms.len())?;
        Ok(Some(platforms.iter().map(|platform| Some(platform.into())).collect()))
    }

    /// Who made its images.
    async fn vendors(&self, context: &Context<'_>) -> Result<Option<Vec<Option<String>>>> {
        let vendors = &self.repository.vendors;
        context.data_unchecked::<QueryContext>().charge(vendors.len())?;
        Ok(Some(vendors.iter().map(|vendor| Some(vendor.to_string())).collect()))
    }

    /// The image that was made last.
    async fn newest_image(&self) -> Option<ImageSummary> {
        self.repository.newest().map(ImageSummary::from)
    }

    /// How often its images were pulled.
    async fn download_count(&self, context: &Context<'_>) -> Option<i32> {
        let statistics = context.data_unchecked::<QueryContext>().catalogue().statistics();
        Some(count(self.downloads(statistics)))
    }

    /// How many have starred it. Nobody can, yet.
    async fn star_count(&self) -> Option<i32> {
        Some(0)
    }

    /// Whether the caller has bookmarked it. Nobody can, yet.
    async fn is_bookmarked(&self) -> Option<bool> {
        Some(false)
    }

    /// Whether the caller has starred it. Nobody can, yet.
    async fn is_starred(&self) -> Option<bool> {
        Some(false)
    }

    /// How well it fits what was searched for: 0 is best.
    async fn rank(&self) -> Option<i32> {
        Some(count(self.rank.into()))
    }
}
