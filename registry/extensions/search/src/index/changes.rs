//! Which repositories changed since they were read.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use plimsoll_registry_core::{
    hooks::{Event, Observer},
    oci::RepositoryName,
};

/// Which repositories changed since they were read. A change stays noted until what was read after it can be seen, so that
/// nobody who asks meanwhile takes the old for the new.
#[derive(Debug, Default)]
pub(crate) struct Changes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Grows with each change.
    clock: u64,
    changed: HashMap<RepositoryName, u64>,
    /// Repositories of which something that their manifests name could not be read, such as a config that is not there.
    incomplete: HashSet<RepositoryName>,
    /// Whether the repositories that lay there before the start were noted.
    listed: bool,
}

impl Changes {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a change.
    pub(crate) fn note(&self, repository: &RepositoryName) {
        let mut state = self.lock();
        state.clock += 1;
        let clock = state.clock;
        if let Some(noted) = state.changed.get_mut(repository) {
            *noted = clock;
        } else {
            state.changed.insert(repository.clone(), clock);
        }
    }

    /// Whether everything was read since it changed.
    pub(crate) fn is_clean(&self) -> bool {
        let state = self.lock();
        state.listed && state.changed.is_empty()
    }

    /// Whether the repositories that lay there before the start were noted.
    pub(crate) fn is_listed(&self) -> bool {
        self.lock().listed
    }

    /// Says that the repositories that lay there before the start were noted.
    pub(crate) fn set_listed(&self) {
        self.lock().listed = true;
    }

    /// What changed, each with the time of its last change.
    pub(crate) fn pending(&self) -> Vec<(RepositoryName, u64)> {
        let state = self.lock();
        state
            .changed
            .iter()
            .map(|(name, clock)| (name.clone(), *clock))
            .collect()
    }

    /// Forgets a change that [`Self::pending`] told of, unless there was another one since. `complete`: nothing that the
    /// repository names was missing.
    pub(crate) fn settle(&self, repository: &RepositoryName, clock: u64, complete: bool) {
        let mut state = self.lock();
        if state.changed.get(repository) == Some(&clock) {
            state.changed.remove(repository);
        }
        if complete {
            state.incomplete.remove(repository);
        } else {
            state.incomplete.insert(repository.clone());
        }
    }
}

impl Observer for Changes {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::RepositoryChanged { repository } => self.note(repository),
            Event::BlobStored { repository, .. } if self.lock().incomplete.contains(*repository) => {
                self.note(repository);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_registry_core::oci::Algorithm;

    use super::*;

    #[test]
    fn a_change_during_the_reading_stays_noted() {
        let changes = Changes::default();
        let name: RepositoryName = "a".parse().unwrap();
        assert!(!changes.is_clean(), "nothing was listed yet");
        changes.set_listed();
        assert!(changes.is_clean());
        changes.note(&name);
        let [(_, first)] = changes.pending()[..] else {
            panic!("one change")
        };
        changes.note(&name);
        changes.settle(&name, first, true);
        assert!(!changes.is_clean());
        let [(_, second)] = changes.pending()[..] else {
            panic!("one change")
        };
        changes.settle(&name, second, true);
        assert!(changes.is_clean());
    }

    #[test]
    fn a_blob_is_a_change_only_where_something_was_missing() {
        let changes = Changes::default();
        let name: RepositoryName = "a".parse().unwrap();
        let digest = Algorithm::Sha256.digest(b"");
        changes.set_listed();
        let stored = Event::BlobStored {
            repository: &name,
            digest: &digest,
        };
        changes.observe(&stored);
        assert!(changes.is_clean());
        changes.settle(&name, 0, false);
        changes.observe(&stored);
        assert!(!changes.is_clean());
    }
}
