//! Rounds that copy everything that is configured.

use std::{sync::Arc, time::Duration};

use plimsoll_registry_core::{
    hooks::{Event, Priority},
    oci::{Digest, Reference, RepositoryName, Tag},
};
use tokio::time::Instant;

use crate::{
    error::SyncError,
    image::Copier,
    mirror::Inner,
    referrers,
    service::{Place, Service, Source},
    signature::is_signed,
    tags::{TagFilter, companion_of},
};

/// What a round is called in logs and metrics.
const TASK: &str = "SyncTask";
/// The wait after a list of repositories that could not be had, which doubles each time.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// Whether a registry is to be copied periodically.
pub(crate) fn is_wanted(service: &Service) -> bool {
    !service.config.poll_interval.is_zero() && !service.mapping.is_empty()
}

/// Copies, again and again.
pub(crate) async fn rounds(inner: Arc<Inner>, service: Arc<Service>) {
    let interval = service.config.poll_interval;
    let events = inner.intake().events().clone();
    events.emit(&Event::TaskRegistered {
        name: TASK,
        priority: Priority::Medium,
    });
    let mut failed = 0_u32;
    loop {
        let began = Instant::now();
        let round = |active| Event::TaskRound {
            name: TASK,
            priority: Priority::Medium,
            active,
        };
        events.emit(&round(true));
        let outcome = one_round(&inner, &service).await;
        events.emit(&round(false));
        let wait = match outcome {
            Ok(()) => {
                failed = 0;
                interval
            }
            Err(error) => {
                tracing::error!(component = "sync", %error, "failed to get the list of repositories to sync");
                let wait = FIRST_WAIT.saturating_mul(1 << failed.min(20));
                failed += 1;
                wait.min(interval)
            }
        };
        tracing::debug!(component = "sync", "resetting catalog");
        tokio::time::sleep_until(began + wait).await;
    }
}

/// One round, at the first URL that lists its repositories.
async fn one_round(inner: &Arc<Inner>, service: &Arc<Service>) -> Result<(), SyncError> {
    let via = inner.own_via();
    let mut worst = None;
    for remote in &service.remotes {
        let listed = service.retry.run(|| remote.repositories(&via)).await;
        let repositories = match listed {
            Ok(repositories) => repositories,
            Err(error) => {
                worst = Some(error.worse(worst));
                continue;
            }
        };
        for there in repositories {
            let Some((here, filter)) = service.mapping.local(&there) else {
                continue;
            };
            let began = Instant::now();
            tracing::info!(component = "sync", repository = %there, "sync: syncing repo");
            match copy_repository(inner, service, &there, &here, filter).await {
                Ok(()) => tracing::info!(component = "sync", repository = %there, "sync: finished syncing repo"),
                Err(error) => {
                    tracing::error!(component = "sync", repository = %there, %error, "failed to sync repo");
                }
            }
            inner.intake().events().emit(&Event::TaskFinished {
                name: TASK,
                duration: began.elapsed(),
            });
        }
        tracing::info!(component = "sync", "finished generating tasks to sync repositories");
        return Ok(());
    }
    Err(worst.unwrap_or(SyncError::NotFound))
}

async fn copy_repository(
    inner: &Arc<Inner>,
    service: &Arc<Service>,
    there: &RepositoryName,
    here: &RepositoryName,
    filter: &TagFilter,
) -> Result<(), SyncError> {
    let via = inner.own_via();
    let places = service.places(there);
    let mut listed = Err(SyncError::NotFound);
    for place in &places {
        listed = service.retry.run(|| place.remote().tags(there, &via)).await;
        if listed.is_ok() {
            break;
        }
    }
    let tags = listed?;
    let (companions, images): (Vec<_>, Vec<_>) = tags.into_iter().partition(|tag| companion_of(tag).is_some());
    let wanted: Vec<_> = images.into_iter().filter(|tag| filter.admits(tag)).collect();
    tracing::info!(component = "sync", repository = %there, "sync: syncing tags {wanted:?}");
    let source = Source { places, via };
    let round = Round {
        inner,
        service,
        here,
        source: &source,
    };
    // Companions of whatever is there, or of the images that were chosen.
    let mut copied = Vec::new();
    for tag in wanted {
        copied.extend(round.image(&tag).await);
    }
    if service.config.sync_legacy_cosign_tags {
        for tag in companions {
            let belongs = companion_of(&tag).is_some_and(|subject| copied.contains(&subject));
            if belongs || filter.is_everything() && !service.config.only_signed {
                round.image(&tag).await;
            }
        }
    }
    Ok(())
}

/// What the images of one repository share.
struct Round<'a> {
    inner: &'a Arc<Inner>,
    service: &'a Arc<Service>,
    here: &'a RepositoryName,
    source: &'a Source,
}

impl Round<'_> {
    /// Copies one image with what refers to it, and returns its digest and those of its parts. What fails is logged.
    async fn image(&self, tag: &Tag) -> Vec<Digest> {
        let limit = self.service.config.sync_timeout;
        let copied = self.service.retry.run(|| async {
            tokio::time::timeout(limit, self.copy(tag))
                .await
                .unwrap_or(Err(SyncError::TimedOut(limit)))
        });
        match copied.await {
            Ok(digests) => digests,
            Err(SyncError::Unsigned) => {
                tracing::info!(
                    component = "sync",
                    repository = %self.here,
                    reference = %tag,
                    "skipping image without mandatory signature"
                );
                Vec::new()
            }
            Err(error) => {
                tracing::error!(component = "sync", repository = %self.here, reference = %tag, %error, "failed to sync image");
                Vec::new()
            }
        }
    }

    async fn copy(&self, tag: &Tag) -> Result<Vec<Digest>, SyncError> {
        let mut worst = None;
        for place in &self.source.places {
            match self.copy_from(place, tag).await {
                Ok(digests) => return Ok(digests),
                Err(error) => worst = Some(error.worse(worst)),
            }
        }
        Err(worst.unwrap_or(SyncError::NotFound))
    }

    async fn copy_from(&self, place: &Place, tag: &Tag) -> Result<Vec<Digest>, SyncError> {
        let reference = Reference::Tag(tag.clone());
        let (remote, via) = (place.remote(), &self.source.via);
        let source = self.source.preferring(place);
        let copier = Copier {
            fetches: &self.inner.fetches,
            repository: self.here,
            source: &source,
        };
        let store = self.inner.intake().store();
        let stored = store.manifest(self.here, &reference).await?;
        let newest = remote.manifest_digest(&place.repository, &reference, via).await?;
        let mut parts = Vec::new();
        if let Some(stored) = stored.filter(|stored| Some(&stored.digest) == newest.as_ref()) {
            tracing::info!(
                component = "sync",
                repository = %self.here,
                reference = %tag,
                "skipping image because it's already synced"
            );
            if let Some(bytes) = store.read_manifest(self.here, &stored.digest).await? {
                let parsed = plimsoll_registry_core::oci::Manifest::parse(&bytes, Some(&stored.media_type));
                let manifests = parsed.map(|manifest| manifest.manifests).unwrap_or_default();
                parts.extend(manifests.into_iter().map(|part| part.digest));
            }
            parts.push(stored.digest);
        } else {
            tracing::info!(component = "sync", repository = %self.here, reference = %tag, "sync: syncing image");
            let raw = remote.manifest(&place.repository, &reference, via).await?;
            let must_be_signed = self.service.config.only_signed && companion_of(tag).is_none();
            if must_be_signed && !is_signed(place, &raw.digest, via).await? {
                return Err(SyncError::Unsigned);
            }
            copier.copy(&raw, || Some(tag.clone())).await?;
            tracing::info!(
                component = "sync",
                repository = %self.here,
                reference = %tag,
                "successfully synced image"
            );
            parts.extend(raw.manifest.manifests.iter().map(|part| part.digest.clone()));
            parts.push(raw.digest);
        }
        referrers::copy_all(self.inner, self.here, &source, place, parts.clone()).await?;
        Ok(parts)
    }
}
