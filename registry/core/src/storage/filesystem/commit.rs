//! Group commit: changes of one repository that come together share one fsync.
//!
//! Each writer queues its change and then waits for the journal. Whoever gets it makes all the changes that are queued by
//! then, so that most writers find theirs made when their turn comes. Readers see a change only once it is on disk.

use std::{
    io, mem,
    sync::{Arc, Mutex},
    time::Instant,
};

use crate::{
    oci::{Digest, Tag},
    storage::{Result, StorageError},
};

use super::{
    disk::{remove_file, stat_regular},
    durability::failed,
    graph::Found,
    journal::Journal,
    repository::{Repository, lock, write},
    state::{Change, State},
};

/// What has to hold at the moment of a change.
#[derive(Debug, Default)]
pub(super) struct Condition {
    /// What has to be in the repository.
    pub(super) required: Vec<Digest>,
    /// Whether no tag may be moved to another manifest.
    pub(super) create_only: bool,
}

/// A change that is to be made.
#[derive(Debug)]
pub(super) struct Request {
    change: Change,
    condition: Condition,
    found: Mutex<Option<Found>>,
    outcome: Mutex<Option<Result<Outcome>>>,
}

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is made. `first`: the repository had no manifest before.
    Made { first: bool },
    /// There was nothing to remove.
    Absent,
    /// The repository or the manifest's bytes were removed between their writing and this change. Write them again.
    Vanished,
}

impl Request {
    fn new(change: Change, condition: Condition, found: Option<Found>) -> Self {
        Self {
            change,
            condition,
            found: Mutex::new(found),
            outcome: Mutex::default(),
        }
    }

    fn answer(&self, outcome: Result<Outcome>) {
        *lock(&self.outcome) = Some(outcome);
    }
}

impl Repository {
    /// Makes a change, durably.
    pub(super) fn commit(
        self: &Arc<Self>,
        change: Change,
        condition: Condition,
        found: Option<Found>,
    ) -> Result<Outcome> {
        let request = Arc::new(Request::new(change, condition, found));
        lock(&self.queue).push(Arc::clone(&request));
        let began = Instant::now();
        let mut journal = lock(&self.journal);
        self.report_wait(true, began.elapsed());
        let made = lock(&request.outcome).take();
        if let Some(outcome) = made {
            return outcome;
        }
        let batch = mem::take(&mut *lock(&self.queue));
        self.make_all(&mut journal, batch);
        drop(journal);
        let outcome = lock(&request.outcome).take();
        outcome.expect("a request without an outcome is in the queue, and all that are in the queue were made")
    }

    fn make_all(self: &Arc<Self>, journal: &mut Journal, batch: Vec<Arc<Request>>) {
        let mut puts = Vec::new();
        for request in batch {
            if matches!(request.change, Change::Put { .. }) {
                puts.push(request);
            } else {
                // Whether there is something to remove depends on what was put before.
                self.make_puts(journal, mem::take(&mut puts));
                let outcome = self.make_removal(journal, &request);
                request.answer(outcome);
            }
        }
        self.make_puts(journal, puts);
    }

    fn make_puts(self: &Arc<Self>, journal: &mut Journal, puts: Vec<Arc<Request>>) {
        let mut accepted: Vec<Arc<Request>> = Vec::new();
        for request in puts {
            match self.check_put(&request, &accepted) {
                Ok(true) => accepted.push(request),
                Ok(false) => request.answer(Ok(Outcome::Vanished)),
                Err(error) => request.answer(Err(error)),
            }
        }
        if accepted.is_empty() {
            return;
        }
        if let Err(error) = journal.append(accepted.iter().map(|request| &request.change)) {
            // What is left of it and could not be cut off must not come back with the next start: the next index.json takes
            // its place.
            self.mark_dirty();
            for request in accepted {
                request.answer(Err(failed("append to the journal in", &self.paths.private())(copy(
                    &error,
                ))));
            }
            return;
        }
        self.change(|state| {
            for request in &accepted {
                let first = state.manifests.is_empty();
                state.apply(&request.change, lock(&request.found).take());
                request.answer(Ok(Outcome::Made { first }));
            }
        });
        self.mark_dirty();
        self.report_change();
    }

    /// `false`: the repository or the manifest's bytes are gone. `before`: what is made before it, and cannot be seen yet.
    fn check_put(&self, request: &Request, before: &[Arc<Request>]) -> Result<bool> {
        let Change::Put { digest, tags, .. } = &request.change else {
            return Ok(true);
        };
        let path = self.paths.blob(digest);
        let there = stat_regular(&path).map_err(failed("look at", &path))?.is_some();
        if !there || !self.is_loaded() {
            return Ok(false);
        }
        self.require(&request.condition.required)?;
        if request.condition.create_only {
            for tag in tags {
                if self.target(tag, before).is_some_and(|target| target != *digest) {
                    return Err(StorageError::TagTaken(tag.clone()));
                }
            }
        }
        Ok(true)
    }

    /// Where a tag will point once all of `before` is made.
    fn target(&self, tag: &Tag, before: &[Arc<Request>]) -> Option<Digest> {
        let put = before.iter().rev().find_map(|request| match &request.change {
            Change::Put { digest, tags, .. } => tags.contains(tag).then(|| digest.clone()),
            Change::Untag { .. } | Change::Delete { .. } => None,
        });
        put.or_else(|| self.change(|state| state.tags.get(tag).cloned()).flatten())
    }

    /// Fails unless all of these are in the repository.
    pub(super) fn require(&self, required: &[Digest]) -> Result<()> {
        let mut missing = Vec::new();
        for digest in required {
            let path = self.paths.blob(digest);
            if stat_regular(&path).map_err(failed("look at", &path))?.is_none() {
                missing.push(digest.clone());
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(StorageError::MissingContent { missing })
        }
    }

    fn make_removal(self: &Arc<Self>, journal: &mut Journal, request: &Request) -> Result<Outcome> {
        let is_there = |state: &mut State| match &request.change {
            Change::Untag { tag } => state.tags.contains_key(tag),
            Change::Delete { digest } => state.manifests.contains_key(digest),
            Change::Put { .. } => true,
        };
        if self.change(is_there) != Some(true) {
            return Ok(Outcome::Absent);
        }
        journal
            .append(std::iter::once(&request.change))
            .inspect_err(|_| self.mark_dirty())
            .map_err(failed("append to the journal in", &self.paths.private()))?;
        let needed = self.change(|state| {
            state.apply(&request.change, None);
            match (&request.change, &state.graph) {
                (Change::Delete { digest }, Some(graph)) => graph.is_content(digest),
                _ => true,
            }
        });
        self.mark_dirty();
        self.report_change();
        if let (Change::Delete { digest }, Some(false)) = (&request.change, needed) {
            // While the journal is held, no one can have pushed it anew.
            let _presence = write(&self.presence);
            if let Err(error) = remove_file(&self.paths.blob(digest)) {
                // It is deleted all the same: garbage collection takes what nothing names.
                tracing::warn!(repository = %self.name, %digest, %error, "the bytes of a deleted manifest stay for now");
            }
        }
        Ok(Outcome::Made { first: false })
    }
}

/// One error for each of those that it concerns.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::{fs, path::Path, time::Duration};

    use super::*;
    use crate::{
        hooks::EventSink,
        oci::Algorithm,
        storage::UploadId,
        storage::filesystem::{
            catalogue::Catalogue, durability::Durability, flusher::Flusher, repository::Context, root::Root,
        },
    };

    /// A repository whose `index.json` no one writes.
    pub(in super::super) fn repository(root: &Path) -> Arc<Repository> {
        let repository = Arc::new(Repository::new("a".parse().unwrap(), Arc::new(context(root))));
        repository.create().unwrap();
        repository
    }

    pub(in super::super) fn context(root: &Path) -> Context {
        let (wake, _never_started) = Flusher::new();
        Context {
            life: UploadId::new(),
            root: Root::open(root).unwrap(),
            label: String::new(),
            durability: Durability { commit: false },
            events: EventSink::default(),
            dedupe: false,
            slack: Duration::ZERO,
            catalogue: Catalogue::default(),
            wake,
            tree: std::sync::RwLock::default(),
        }
    }

    fn put(digest: &Digest, tag: &str) -> Change {
        Change::Put {
            digest: digest.clone(),
            media_type: "m".into(),
            size: 0,
            tags: vec![tag.parse::<Tag>().unwrap()],
        }
    }

    #[test]
    fn the_ten_thousandth_tag_writes_as_much_as_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let repository = repository(folder.path());
        let digest = Algorithm::Sha256.digest(b"");
        fs::write(repository.paths.blob(&digest), b"").unwrap();
        let journal = repository.paths.private().join("journal.1");
        let index = fs::read(repository.paths.index()).unwrap();
        let mut before = 0;
        for number in 0..10_000 {
            let outcome = repository.commit(put(&digest, &format!("t{number:05}")), Condition::default(), None);
            let first = number == 0;
            assert_eq!(outcome.unwrap(), Outcome::Made { first });
            if number % 1_000 == 0 || number == 9_999 {
                let length = fs::metadata(&journal).unwrap().len();
                assert_eq!(length % (number + 1), 0);
                let each = length / (number + 1);
                assert!(
                    first || each == before,
                    "{each} bytes, where the first tag took {before}"
                );
                before = each;
            }
        }
        let files: Vec<_> = fs::read_dir(repository.paths.private()).unwrap().collect();
        assert_eq!(files.len(), 2, "nothing but the journal and the seal is there");
        assert_eq!(fs::read(repository.paths.index()).unwrap(), index);
    }

    #[test]
    fn a_change_that_cannot_be_written_is_not_seen_and_the_next_one_can() {
        let folder = tempfile::tempdir().unwrap();
        let repository = repository(folder.path());
        let digest = Algorithm::Sha256.digest(b"");
        fs::write(repository.paths.blob(&digest), b"").unwrap();
        // A file where the journal's folder should be.
        fs::remove_dir_all(repository.paths.private()).unwrap();
        fs::write(repository.paths.private(), b"").unwrap();
        assert!(
            repository
                .commit(put(&digest, "t"), Condition::default(), None)
                .is_err()
        );
        assert_eq!(repository.ask(|state| state.tags.len()).unwrap(), Some(0));
        fs::remove_file(repository.paths.private()).unwrap();
        repository
            .commit(put(&digest, "t"), Condition::default(), None)
            .unwrap();
        assert_eq!(repository.ask(|state| state.tags.len()).unwrap(), Some(1));
    }

    #[test]
    fn content_that_vanished_before_the_change_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let repository = repository(folder.path());
        let digest = Algorithm::Sha256.digest(b"");
        let outcome = repository
            .commit(put(&digest, "t"), Condition::default(), None)
            .unwrap();
        assert_eq!(outcome, Outcome::Vanished);
        fs::write(repository.paths.blob(&digest), b"").unwrap();
        let missing = Algorithm::Sha256.digest(b"missing");
        let condition = Condition {
            required: vec![missing],
            ..Condition::default()
        };
        let refused = repository.commit(put(&digest, "t"), condition, None);
        assert!(matches!(refused, Err(StorageError::MissingContent { .. })));
    }

    #[test]
    fn of_those_who_may_only_create_a_tag_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let repository = repository(folder.path());
        let [first, other] = [b"first", b"other"].map(|bytes| {
            let digest = Algorithm::Sha256.digest(bytes);
            fs::write(repository.paths.blob(&digest), bytes).unwrap();
            digest
        });
        let create = |digest: &Digest| {
            let condition = Condition {
                create_only: true,
                ..Condition::default()
            };
            Arc::new(Request::new(put(digest, "t"), condition, None))
        };
        let made = |digests: &[&Digest]| {
            let batch: Vec<_> = digests.iter().map(|digest| create(digest)).collect();
            repository.make_all(&mut lock(&repository.journal), batch.clone());
            let outcomes = batch.iter().map(|request| lock(&request.outcome).take().unwrap());
            outcomes
                .map(|outcome| match outcome {
                    Ok(Outcome::Made { .. }) => true,
                    Err(StorageError::TagTaken(_)) => false,
                    other => panic!("{other:?}"),
                })
                .collect::<Vec<_>>()
        };
        // Those who come together, and one who comes later.
        assert_eq!(made(&[&first, &other, &first]), [true, false, true]);
        assert_eq!(made(&[&other]), [false]);
        let target = repository.ask(|state| state.tags.values().cloned().collect::<Vec<_>>());
        assert_eq!(target.unwrap(), Some(vec![first]));
    }
}
