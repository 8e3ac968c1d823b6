//! The repositories in memory: those used last, and those that someone uses now.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::oci::RepositoryName;

use super::repository::{Context, Repository, lock};

/// So many are kept.
pub(super) const CAPACITY: usize = 1024;

/// The table of repositories in memory.
#[derive(Debug)]
pub(super) struct Handles {
    table: Mutex<HashMap<RepositoryName, Arc<Repository>>>,
    clock: AtomicU64,
    capacity: usize,
}

impl Handles {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            table: Mutex::default(),
            clock: AtomicU64::default(),
            capacity,
        }
    }

    /// The one handle of a repository.
    pub(super) fn get(&self, name: &RepositoryName, context: &Arc<Context>) -> Arc<Repository> {
        let mut table = lock(&self.table);
        let handle = if let Some(handle) = table.get(name) {
            Arc::clone(handle)
        } else {
            if table.len() >= self.capacity {
                evict(&mut table, self.capacity / 8 + 1);
            }
            let handle = Arc::new(Repository::new(name.clone(), Arc::clone(context)));
            table.insert(name.clone(), Arc::clone(&handle));
            handle
        };
        handle
            .used
            .store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        handle
    }

    /// All that are in memory.
    pub(super) fn all(&self) -> Vec<Arc<Repository>> {
        lock(&self.table).values().cloned().collect()
    }
}

/// Removes the `count` that were used longest ago, but for those in use: a request has them, or the index writer, as
/// their `index.json` is behind.
fn evict(table: &mut HashMap<RepositoryName, Arc<Repository>>, count: usize) {
    let mut idle: Vec<_> = table
        .iter()
        .filter(|(_, handle)| Arc::strong_count(handle) == 1)
        .map(|(name, handle)| (handle.used.load(Ordering::Relaxed), name.clone()))
        .collect();
    idle.sort_unstable();
    for (_, name) in idle.into_iter().take(count) {
        table.remove(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::filesystem::commit::tests::context;

    #[test]
    fn those_used_longest_ago_go_first_and_those_in_use_stay() {
        let folder = tempfile::tempdir().unwrap();
        let context = Arc::new(context(folder.path()));
        let handles = Handles::new(8);
        let name = |number: usize| format!("r{number}").parse::<RepositoryName>().unwrap();
        let held = handles.get(&name(0), &context);
        for number in 1..100 {
            handles.get(&name(number), &context);
        }
        let table = lock(&handles.table);
        assert!(table.len() <= 8);
        assert!(table.contains_key(&name(99)) && table.contains_key(&name(98)));
        drop(table);
        assert!(
            Arc::ptr_eq(&held, &handles.get(&name(0), &context)),
            "one repository has one handle"
        );
    }
}
