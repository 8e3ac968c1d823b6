//! The mirror: what on-demand and periodic copying share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use http::HeaderValue;
use plimsoll_registry_core::{
    oci::{Digest, Reference, RepositoryName, Tag},
    service::Intake,
    storage::{BlobContent, StoredManifest},
    upstream::{RemoteManifest, Upstream, UpstreamError, Via, Wanted},
};
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    error::SyncError,
    fetch::{Fetches, Order, stopping},
    flight::Flights,
    on_demand::Resolution,
    pending::Pending,
    periodic, referrers,
    service::{Service, Source},
};

/// How long a client waits for news of what is here already. Then it is served as it is.
const REVALIDATION: Duration = Duration::from_secs(10);
/// How long a client waits for what refers to a manifest. Then it is served what there is.
const REFERRERS: Duration = Duration::from_secs(30);
/// So many tags are remembered to have been looked for.
const MOST_CHECKED: usize = 100_000;

/// Everything that is mirrored.
#[derive(Debug)]
pub(crate) struct Mirror {
    pub(crate) inner: Arc<Inner>,
}

type Demand = (RepositoryName, Reference);

/// What the work that goes on without a client needs.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) services: Vec<Arc<Service>>,
    pub(crate) fetches: Arc<Fetches>,
    pub(crate) pending: Pending,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
    demands: Arc<Flights<Demand, Result<Option<RemoteManifest>, SyncError>>>,
    lists: Arc<Flights<(RepositoryName, Digest), Result<(), SyncError>>>,
    /// When a tag was last looked for.
    checked: Mutex<HashMap<(RepositoryName, Tag), Instant>>,
}

impl Mirror {
    pub(crate) fn new(services: Vec<Arc<Service>>, intake: Intake) -> Self {
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let fetches = Fetches::new(intake, tracker.clone(), stop.clone());
        Self {
            inner: Arc::new(Inner {
                services,
                fetches: Arc::new(fetches),
                pending: Pending::default(),
                tracker,
                stop,
                demands: Arc::default(),
                lists: Arc::default(),
                checked: Mutex::default(),
            }),
        }
    }
}

impl Inner {
    pub(crate) fn intake(&self) -> &Intake {
        &self.fetches.intake
    }

    /// What is said of a wish that begins here.
    pub(crate) fn own_via(&self) -> HeaderValue {
        Via::default().through(self.intake().id())
    }

    /// Where the content of a repository may be had, of the services that `admit` admits. `None`: nowhere.
    fn source(
        &self,
        repository: &RepositoryName,
        via: HeaderValue,
        admit: impl Fn(&Service) -> bool,
    ) -> Option<Source> {
        let services = self.services.iter().filter(|service| admit(service));
        let places: Vec<_> = services
            .filter_map(|service| Some(service.places(&service.mapping.remote(repository)?)))
            .flatten()
            .collect();
        (!places.is_empty()).then_some(Source { places, via })
    }

    fn on_demand(&self, wanted: Wanted<'_>) -> Option<Source> {
        let via = wanted.via.through(self.intake().id());
        let source = self.source(wanted.repository, via, |service| service.config.on_demand);
        if source.is_none() && self.services.iter().any(|service| service.config.on_demand) {
            tracing::debug!(
                component = "sync",
                repository = %wanted.repository,
                "will not sync image, filtered out by content"
            );
        }
        source
    }

    /// Notes that a tag was looked for.
    pub(crate) fn note_check(&self, repository: &RepositoryName, tag: &Tag) {
        let longest = self
            .services
            .iter()
            .map(|service| service.config.manifest_check_interval)
            .max();
        let Some(longest) = longest.filter(|longest| !longest.is_zero()) else {
            return;
        };
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.len() >= MOST_CHECKED {
            checked.retain(|_, at| at.elapsed() < longest);
        }
        if checked.len() < MOST_CHECKED {
            checked.insert((repository.clone(), tag.clone()), Instant::now());
        }
    }

    fn was_checked_within(&self, repository: &RepositoryName, tag: &Tag, interval: Duration) -> bool {
        let checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let at = checked.get(&(repository.clone(), tag.clone()));
        at.is_some_and(|at| at.elapsed() < interval)
    }

    /// How long the registries that may have a repository leave between two looks.
    fn check_interval(source: &Source) -> Duration {
        let intervals = source
            .places
            .iter()
            .map(|place| place.service.config.manifest_check_interval);
        intervals.min().unwrap_or_default()
    }

    fn log_joined(repository: &RepositoryName, reference: &dyn std::fmt::Display) {
        tracing::info!(
            component = "sync",
            repository = %repository,
            reference = %reference,
            "image already demanded, waiting on channel"
        );
    }
}

fn log_failure(repository: &RepositoryName, reference: &dyn std::fmt::Display, error: &SyncError) {
    tracing::error!(
        component = "sync",
        repository = %repository,
        reference = %reference,
        %error,
        "failed to sync image"
    );
}

#[async_trait]
impl Upstream for Mirror {
    async fn manifest(
        &self,
        wanted: Wanted<'_>,
        reference: &Reference,
        local: Option<&StoredManifest>,
    ) -> Result<Option<RemoteManifest>, UpstreamError> {
        let inner = &self.inner;
        let repository = wanted.repository;
        let Some(source) = inner.on_demand(wanted) else {
            return Ok(None);
        };
        match (reference, local) {
            (Reference::Digest(_), Some(_)) => return Ok(None),
            (Reference::Digest(_), None) => {
                if let Some(pending) = inner.pending.get(repository, reference) {
                    return Ok(Some(pending));
                }
            }
            (Reference::Tag(tag), Some(_)) => {
                if inner.was_checked_within(repository, tag, Inner::check_interval(&source)) {
                    tracing::info!(
                        component = "sync",
                        repository = %repository,
                        reference = %reference,
                        "manifest check interval has not elapsed, serving local manifest"
                    );
                    return Ok(None);
                }
                if source.places.iter().all(|place| place.service.is_resting()) {
                    return Err(SyncError::Transport("the registry did not answer a moment ago".into()).into());
                }
            }
            (Reference::Tag(_), None) => {}
        }
        tracing::info!(
            component = "sync",
            repository = %repository,
            reference = %reference,
            "trying to get updated image by syncing on demand"
        );
        let resolution = Resolution {
            inner: Arc::clone(inner),
            repository: repository.clone(),
            reference: reference.clone(),
            source: source.clone(),
        };
        let key = (repository.clone(), reference.clone());
        let joined = || Inner::log_joined(repository, reference);
        let outcome = inner.demands.run(&inner.tracker, key, joined, resolution.run());
        let outcome = if local.is_some() {
            tokio::time::timeout(REVALIDATION, outcome).await.unwrap_or_else(|_| {
                source.places.iter().for_each(|place| place.service.rest());
                Some(Err(SyncError::TimedOut(REVALIDATION)))
            })
        } else {
            outcome.await
        };
        let outcome = outcome.unwrap_or_else(|| Err(stopping()));
        if let Err(error) = &outcome {
            log_failure(repository, reference, error);
        }
        Ok(outcome?)
    }

    async fn blob_size(&self, wanted: Wanted<'_>, digest: &Digest) -> Result<Option<u64>, UpstreamError> {
        let inner = &self.inner;
        if let Some(size) = inner.fetches.size(wanted.repository, digest) {
            return Ok(Some(size));
        }
        let Some(source) = inner.on_demand(wanted) else {
            return Ok(None);
        };
        let mut worst = None;
        for place in &source.places {
            match place.remote().blob_size(&place.repository, digest, &source.via).await {
                Ok(size) => return Ok(Some(size)),
                Err(error) => worst = Some(error.worse(worst)),
            }
        }
        match worst {
            Some(error) if !error.is_absence() => Err(error.into()),
            _ => Ok(None),
        }
    }

    async fn blob(
        &self,
        wanted: Wanted<'_>,
        digest: &Digest,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<Option<BlobContent>, UpstreamError> {
        let Some(source) = self.inner.on_demand(wanted) else {
            return Ok(None);
        };
        let order = Order {
            repository: wanted.repository.clone(),
            digest: digest.clone(),
            size: self.inner.pending.size(wanted.repository, digest),
            source,
            background: false,
        };
        Ok(self.inner.fetches.read(order, range).await?)
    }

    async fn referrers(&self, wanted: Wanted<'_>, subject: &Digest) -> Result<(), UpstreamError> {
        let inner = &self.inner;
        let Some(source) = inner.on_demand(wanted) else {
            return Ok(());
        };
        if source.places.iter().all(|place| place.service.is_resting()) {
            return Err(SyncError::Transport("the registry did not answer a moment ago".into()).into());
        }
        let repository = wanted.repository;
        let work = {
            let (inner, repository, subject) = (Arc::clone(inner), repository.clone(), subject.clone());
            let source = source.clone();
            async move {
                let copied = referrers::copy_direct(&inner, &repository, &source, &subject);
                let stop = inner.stop.clone();
                stop.run_until_cancelled(copied)
                    .await
                    .unwrap_or_else(|| Err(stopping()))
            }
        };
        let key = (repository.clone(), subject.clone());
        let joined = || Inner::log_joined(repository, subject);
        let outcome = inner.lists.run(&inner.tracker, key, joined, work);
        let outcome = tokio::time::timeout(REFERRERS, outcome).await.unwrap_or_else(|_| {
            source.places.iter().for_each(|place| place.service.rest());
            Some(Err(SyncError::TimedOut(REFERRERS)))
        });
        match outcome.unwrap_or_else(|| Err(stopping())) {
            Err(error) if !error.is_absence() => {
                log_failure(repository, subject, &error);
                Err(error.into())
            }
            _ => Ok(()),
        }
    }

    async fn repair(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool, UpstreamError> {
        let inner = &self.inner;
        let Some(source) = inner.source(repository, inner.own_via(), |_| true) else {
            return Ok(false);
        };
        let is_manifest = inner
            .intake()
            .store()
            .index(repository)
            .await
            .map_err(SyncError::from)?
            .iter()
            .any(|entry| entry.manifest.digest == *digest);
        let order = Order {
            repository: repository.clone(),
            digest: digest.clone(),
            size: None,
            source,
            background: true,
        };
        let repaired = if is_manifest {
            crate::repair::manifest(&inner.fetches, &order).await
        } else {
            inner.fetches.replace(order).await
        };
        match repaired {
            Ok(()) => Ok(true),
            Err(error) if error.is_absence() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn run(self: Arc<Self>, stop: CancellationToken) {
        for service in &self.inner.services {
            if periodic::is_wanted(service) {
                let rounds = periodic::rounds(Arc::clone(&self.inner), Arc::clone(service));
                self.inner
                    .tracker
                    .spawn(self.inner.stop.clone().run_until_cancelled_owned(rounds));
            }
        }
        stop.cancelled().await;
        self.inner.stop.cancel();
        self.inner.tracker.close();
        self.inner.tracker.wait().await;
    }
}
