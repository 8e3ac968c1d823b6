//! What the resolvers of one query share.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use plimsoll_registry_core::{auth::Caller, oci::RepositoryName};
use tokio::sync::OnceCell;

use crate::index::{Catalogue, IndexError, RepositorySnapshot, Snapshot};

/// An answer has so many objects at most: images, repositories, layers and whatever else stands in its lists.
const LARGEST_ANSWER: usize = 100_000;

/// What the resolvers of one query share. All of them see the same snapshot, which is taken when the first one needs it.
pub(crate) struct QueryContext {
    catalogue: Arc<Catalogue>,
    caller: Caller,
    snapshot: OnceCell<Arc<Snapshot>>,
    objects: AtomicUsize,
}

/// An answer that would be too large.
#[derive(Debug, thiserror::Error)]
#[error("the answer would have more than {LARGEST_ANSWER} objects: ask for a part of it, with requestedPage")]
pub(crate) struct TooLarge;

/// What is known of a repository that a query names.
pub(crate) enum Named {
    /// It is there.
    Found(Arc<RepositorySnapshot>),
    /// There is no such repository.
    Unknown,
    /// Whether it is there is not for the caller to know.
    Hidden,
}

impl QueryContext {
    pub(crate) fn new(catalogue: Arc<Catalogue>, caller: Caller) -> Self {
        Self {
            catalogue,
            caller,
            snapshot: OnceCell::new(),
            objects: AtomicUsize::new(0),
        }
    }

    /// The registry, and the numbers.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    async fn snapshot(&self) -> Result<&Arc<Snapshot>, IndexError> {
        self.snapshot.get_or_try_init(|| self.catalogue.snapshot()).await
    }

    fn may_read(&self, repository: &RepositoryName) -> bool {
        self.catalogue.registry().reader(&self.caller, repository).is_ok()
    }

    /// Whether the caller may delete what is in a repository.
    pub(crate) fn may_delete(&self, repository: &RepositoryName) -> bool {
        self.catalogue.registry().deleter(&self.caller, repository).is_ok()
    }

    /// What `select` makes of the repositories that the caller may read and that have images.
    pub(crate) async fn select<T>(
        &self,
        mut select: impl FnMut(&Arc<RepositorySnapshot>) -> Option<T>,
    ) -> Result<Vec<T>, IndexError> {
        let snapshot = self.snapshot().await?;
        let with_images = snapshot.values().filter(|repository| repository.newest().is_some());
        // The gate is asked last: there may be far more repositories than are wanted.
        let selected = with_images.filter_map(|repository| Some((&repository.name, select(repository)?)));
        Ok(selected
            .filter(|(name, _)| self.may_read(name))
            .map(|(_, selected)| selected)
            .collect())
    }

    /// The repository of this name.
    pub(crate) async fn repository(&self, name: &str) -> Result<Named, IndexError> {
        let Ok(name) = name.parse::<RepositoryName>() else {
            return Ok(Named::Unknown);
        };
        // Before anything else, so that what is hidden looks the same whether it is there or not.
        if !self.may_read(&name) {
            return Ok(Named::Hidden);
        }
        let found = self.snapshot().await?.get(&name);
        Ok(found.map_or(Named::Unknown, |found| Named::Found(Arc::clone(found))))
    }

    /// Counts objects of the answer before they are made.
    pub(crate) fn charge(&self, objects: usize) -> Result<(), TooLarge> {
        let before = self.objects.fetch_add(objects, Ordering::Relaxed);
        if before.saturating_add(objects) > LARGEST_ANSWER {
            return Err(TooLarge);
        }
        Ok(())
    }
}
