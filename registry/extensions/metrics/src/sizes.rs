//! The sizes of the repositories. A change only notes which repository it was; a scrape finds out.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use plimsoll_registry_core::{
    oci::RepositoryName,
    storage::{Page, StorageError, Store},
};

use crate::table::{Table, repo};

/// How many repositories are listed at a time.
const PAGE: usize = 1_000;

/// Which repositories changed since their size was last found out.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    changed: Mutex<HashSet<RepositoryName>>,
    /// Whether those that lay on disk before the start were listed. Held by the scrape that is at work.
    listed: tokio::sync::Mutex<bool>,
}

impl Sizes {
    /// Notes a change.
    pub(crate) fn changed(&self, repository: &RepositoryName) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if !changed.contains(repository) {
            changed.insert(repository.clone());
        }
    }

    /// Brings the gauges up to date. What cannot be found out is tried again at the next scrape.
    pub(crate) async fn refresh(&self, table: &Table, store: &dyn Store) {
        let mut listed = self.listed.lock().await;
        if !*listed {
            match self.list(store).await {
                Ok(()) => *listed = true,
                Err(error) => tracing::warn!(%error, component = "metrics", "failed to list the repositories"),
            }
        }
        let changed = std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner));
        for repository in changed {
            if let Err(error) = measure(table, store, &repository).await {
                tracing::warn!(%error, %repository, component = "metrics", "failed to find out the size of a repository");
                self.changed(&repository);
            }
        }
    }

    async fn list(&self, store: &dyn Store) -> Result<(), StorageError> {
        let mut after = None;
        loop {
            let page = store.repositories(Page { after, limit: PAGE }).await?;
            for repository in &page.items {
                self.changed(repository);
            }
            after = page.items.last().map(ToString::to_string);
            if !page.more || after.is_none() {
                return Ok(());
            }
        }
    }
}

async fn measure(table: &Table, store: &dyn Store, repository: &RepositoryName) -> Result<(), StorageError> {
    if store.repository_exists(repository).await? {
        let bytes = store.usage(repository).await?;
        table
            .repo_storage
            .get_or_create(&repo(repository))
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
    } else {
        table.forget(repository);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use plimsoll_registry_core::{config::Config, hooks::EventSink, storage::FileStore};

    use super::*;
    use crate::Build;

    fn write(root: &std::path::Path, name: &str) {
        let folder = root.join(name);
        fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
        fs::write(folder.join("index.json"), r#"{"schemaVersion":2,"manifests":[]}"#).unwrap();
        fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    }

    fn size(table: &Table, name: &str) -> Option<i64> {
        table
            .repo_storage
            .get(&repo(&name.parse().unwrap()))
            .map(|gauge| gauge.get())
    }

    #[tokio::test]
    async fn sizes_are_those_on_disk_and_only_changes_are_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, "a");
        write(root, "team/b");
        let mut config = Config::default().storage;
        config.root_directory = root.to_owned();
        let store = FileStore::open(&config, EventSink::default()).unwrap();
        let table = Table::new(&Build {
            commit: String::new(),
            binary_type: String::new(),
        });
        let sizes = Sizes::default();
        sizes.refresh(&table, &store).await;
        let before = size(&table, "a").unwrap();
        assert!(before > 0 && size(&table, "team/b").is_some());

        fs::write(root.join("a/blobs/sha256").join("0".repeat(64)), [0; 1000]).unwrap();
        sizes.refresh(&table, &store).await;
        assert_eq!(size(&table, "a"), Some(before), "nothing was said of a change");
        sizes.changed(&"a".parse().unwrap());
        sizes.refresh(&table, &store).await;
        assert_eq!(size(&table, "a"), Some(before + 1000));

        sizes.changed(&"gone".parse().unwrap());
        table.repo_uploads.get_or_create(&repo(&"gone".parse().unwrap())).inc();
        sizes.refresh(&table, &store).await;
        assert_eq!(size(&table, "gone"), None);
        assert!(
            table.repo_uploads.get(&repo(&"gone".parse().unwrap())).is_none(),
            "a repository that is gone has no labels"
        );
    }
}
