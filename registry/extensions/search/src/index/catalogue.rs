//! Every repository as it was when it was last read, and how it is brought up to date.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use plimsoll_registry_core::{
    oci::RepositoryName,
    service::Registry,
    storage::{Page, StorageError},
};
use tokio::time::timeout;

use super::{Changes, RepositorySnapshot, reader::read_repository};
use crate::statistics::{Statistics, Writer};

/// How many repositories are listed at a time.
const PAGE: usize = 1_000;

/// How many are read at a time.
const PARALLEL: usize = 8;

/// How long a query waits for what it needs to be read. The reading goes on without it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Repositories by their names.
pub(crate) type Snapshot = BTreeMap<RepositoryName, Arc<RepositorySnapshot>>;

/// What the registry holds.
pub(crate) struct Catalogue {
    registry: Arc<Registry>,
    changes: Arc<Changes>,
    statistics: Arc<Statistics>,
    writer: Writer,
    current: RwLock<Arc<Snapshot>>,
    refreshing: Arc<tokio::sync::Mutex<()>>,
    /// The repositories that could not be read, and what was said of it.
    failed: Mutex<BTreeMap<RepositoryName, String>>,
}

/// Why a query cannot be answered now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IndexError {
    /// So much changed, or is there to begin with, that it takes longer than a client waits.
    #[error("the index is still being built, {read} repositories so far: try again in a while")]
    Building {
        /// How many repositories were read.
        read: usize,
    },
    /// The repositories cannot be listed.
    #[error("the repositories cannot be listed")]
    Storage(#[source] StorageError),
    /// A bug of ours.
    #[error("the index cannot be built")]
    Crashed,
}

impl Catalogue {
    pub(crate) fn new(
        registry: Arc<Registry>,
        changes: Arc<Changes>,
        statistics: Arc<Statistics>,
        writer: Writer,
    ) -> Self {
        Self {
            registry,
            changes,
            statistics,
            writer,
            current: RwLock::default(),
            refreshing: Arc::default(),
            failed: Mutex::default(),
        }
    }

    /// The registry that it is of.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// How often things were pulled.
    pub(crate) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    fn current(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the registry holds now: every change that was acknowledged before the call is in it.
    pub(crate) async fn snapshot(self: &Arc<Self>) -> Result<Arc<Snapshot>, IndexError> {
        if self.changes.is_clean() {
            return Ok(self.current());
        }
        let refresh = async {
            let turn = Arc::clone(&self.refreshing).lock_owned().await;
            if self.changes.is_clean() {
                return Ok(());
            }
            // A task of its own: what was begun is of use to the next query, though this one's client may be gone.
            let catalogue = Arc::clone(self);
            let work = async move {
                let refreshed = catalogue.refresh().await;
                drop(turn);
                refreshed
            };
            match tokio::spawn(work).await {
                Ok(refreshed) => refreshed.map_err(IndexError::Storage),
                Err(_) => Err(IndexError::Crashed),
            }
        };
        match timeout(PATIENCE, refresh).await {
            Ok(refreshed) => refreshed.map(|()| self.current()),
            Err(_) => Err(IndexError::Building {
                read: self.current().len(),
            }),
        }
    }

    async fn refresh(&self) -> Result<(), StorageError> {
        if !self.changes.is_listed() {
            self.list().await?;
        }
        let mut reads = stream::iter(self.changes.pending())
            .map(|(name, clock)| async move {
                let previous = self.current().get(&name).cloned();
                let read = read_repository(self.registry.store(), &name, previous.as_deref()).await;
                (name, clock, read)
            })
            .buffer_unordered(PARALLEL);
        while let Some((name, clock, read)) = reads.next().await {
            match read {
                Ok(repository) => self.install(&name, clock, repository),
                Err(error) => self.complain(name, &error),
            }
        }
        Ok(())
    }

    /// Notes every repository that lies there as one to read.
    async fn list(&self) -> Result<(), StorageError> {
        // So that the first answer has the numbers that the last one before a restart had.
        self.writer.loaded().await;
        let mut after = None;
        loop {
            let page = self.registry.store().repositories(Page { after, limit: PAGE }).await?;
            for repository in &page.items {
                self.changes.note(repository);
            }
            after = page.items.last().map(ToString::to_string);
            if !page.more || after.is_none() {
                self.changes.set_listed();
                return Ok(());
            }
        }
    }

    fn install(&self, name: &RepositoryName, clock: u64, repository: Option<RepositorySnapshot>) {
        let complete = repository.as_ref().is_none_or(RepositorySnapshot::is_complete);
        self.statistics.keep(name, repository.as_ref());
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // A copy only while a query has the one before.
        let snapshot = Arc::make_mut(&mut current);
        match repository {
            Some(repository) => snapshot.insert(name.clone(), Arc::new(repository)),
            None => snapshot.remove(name),
        };
        drop(current);
        // Only now that it can be seen.
        self.changes.settle(name, clock, complete);
    }

    /// A repository that cannot be read is left as it was, and tried again at the next query. It is complained of once.
    fn complain(&self, name: RepositoryName, error: &StorageError) {
        let said = error.to_string();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.get(&name) != Some(&said) {
            tracing::warn!(repository = %name, %error, component = "search", "failed to read a repository");
            failed.insert(name, said);
        }
    }
}
