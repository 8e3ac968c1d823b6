//! The numbers in memory.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use plimsoll_registry_core::{
    hooks::{Event, Observer},
    oci::{Digest, Reference, RepositoryName, Tag},
};

use super::file::Record;
use crate::index::RepositorySnapshot;

/// The numbers of every repository.
#[derive(Debug, Default)]
pub(crate) struct Statistics(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    repositories: HashMap<RepositoryName, Repository>,
    /// What was not written yet.
    unwritten: HashSet<(RepositoryName, Reference)>,
}

#[derive(Debug, Default)]
struct Repository {
    manifests: HashMap<Digest, ManifestStatistics>,
    tags: HashMap<Tag, TagStatistics>,
}

/// The numbers of one manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ManifestStatistics {
    /// How often it was pulled.
    pub(crate) downloads: u64,
    /// When it was pulled last.
    pub(crate) pulled: Option<Timestamp>,
    /// When it was pushed first.
    pub(crate) pushed: Option<Timestamp>,
    /// Who pushed it first. `None`: nobody who gave a name.
    pub(crate) pushed_by: Option<Box<str>>,
    /// Whether something happened to it since the start.
    fresh: bool,
}

#[derive(Clone, Debug)]
struct TagStatistics {
    digest: Digest,
    tagged: Timestamp,
    fresh: bool,
}

impl Statistics {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers of a manifest.
    pub(crate) fn of(&self, repository: &RepositoryName, digest: &Digest) -> ManifestStatistics {
        let table = self.lock();
        let found = table
            .repositories
            .get(repository)
            .and_then(|found| found.manifests.get(digest));
        found.cloned().unwrap_or_default()
    }

    /// How often these manifests were pulled, one after the other.
    pub(crate) fn downloads<'a>(&self, wanted: impl Iterator<Item = (&'a RepositoryName, &'a Digest)>) -> Vec<u64> {
        let table = self.lock();
        let downloads = |(repository, digest): (&RepositoryName, &Digest)| {
            let manifests = &table.repositories.get(repository)?.manifests;
            Some(manifests.get(digest)?.downloads)
        };
        wanted.map(|wanted| downloads(wanted).unwrap_or_default()).collect()
    }

    /// When the tag was last pointed at this manifest.
    pub(crate) fn tagged(&self, repository: &RepositoryName, tag: &Tag, digest: &Digest) -> Option<Timestamp> {
        let table = self.lock();
        let found = table.repositories.get(repository)?.tags.get(tag)?;
        (found.digest == *digest).then_some(found.tagged)
    }

    /// Forgets what was written of things that went while the registry was down. `snapshot`: what the repository holds.
    pub(crate) fn keep(&self, repository: &RepositoryName, snapshot: Option<&RepositorySnapshot>) {
        let mut table = self.lock();
        let Some(numbers) = table.repositories.get_mut(repository) else {
            return;
        };
        let holds = |digest: &Digest| snapshot.is_some_and(|snapshot| snapshot.manifest(digest).is_some());
        numbers
            .manifests
            .retain(|digest, numbers| numbers.fresh || holds(digest));
        numbers
            .tags
            .retain(|_, numbers| numbers.fresh || holds(&numbers.digest));
        if numbers.manifests.is_empty() && numbers.tags.is_empty() {
            table.repositories.remove(repository);
        }
    }

    /// What was not written yet. It counts as written from now on.
    pub(super) fn take_unwritten(&self) -> Vec<Record> {
        let mut table = self.lock();
        let unwritten = std::mem::take(&mut table.unwritten);
        let records = unwritten.into_iter();
        records
            .filter_map(|(repository, reference)| table.record(&repository, &reference))
            .collect()
    }

    /// Everything.
    pub(super) fn all(&self) -> Vec<Record> {
        let mut table = self.lock();
        table.unwritten.clear();
        let mut records = Vec::new();
        for (name, repository) in &table.repositories {
            let digests = repository.manifests.keys().cloned().map(Reference::Digest);
            let references = digests.chain(repository.tags.keys().cloned().map(Reference::Tag));
            records.extend(references.filter_map(|reference| table.record(name, &reference)));
        }
        records
    }

    /// How many records [`Self::all`] has.
    pub(super) fn count(&self) -> usize {
        let table = self.lock();
        let counts = table.repositories.values();
        counts
            .map(|repository| repository.manifests.len() + repository.tags.len())
            .sum()
    }

    /// Has these records written once more, as their writing failed.
    pub(super) fn put_back(&self, records: &[Record]) {
        let mut table = self.lock();
        table.unwritten.extend(records.iter().map(Record::key));
    }

    /// Adds what an earlier process wrote to what was counted since the start.
    pub(super) fn add(&self, record: Record) {
        let mut table = self.lock();
        let (name, reference) = record.key();
        let repository = table.repositories.entry(name.clone()).or_default();
        match record {
            Record::Manifest {
                digest,
                downloads,
                pulled,
                pushed,
                pushed_by,
                ..
            } => {
                let numbers = repository.manifests.entry(digest).or_default();
                numbers.downloads += downloads;
                numbers.pulled = numbers.pulled.max(pulled);
                if pushed.is_some() {
                    numbers.pushed = pushed;
                    numbers.pushed_by = pushed_by;
                }
                if numbers.fresh {
                    table.unwritten.insert((name, reference));
                }
            }
            Record::Tag {
                tag, digest, tagged, ..
            } => {
                repository.tags.entry(tag).or_insert(TagStatistics {
                    digest,
                    tagged,
                    fresh: false,
                });
            }
        }
    }
}

impl Table {
    fn record(&self, name: &RepositoryName, reference: &Reference) -> Option<Record> {
        let repository = self.repositories.get(name)?;
        Some(match reference {
            Reference::Digest(digest) => {
                let numbers = repository.manifests.get(digest)?;
                Record::Manifest {
                    repository: name.clone(),
                    digest: digest.clone(),
                    downloads: numbers.downloads,
                    pulled: numbers.pulled,
                    pushed: numbers.pushed,
                    pushed_by: numbers.pushed_by.clone(),
                }
            }
            Reference::Tag(tag) => {
                let numbers = repository.tags.get(tag)?;
                Record::Tag {
                    repository: name.clone(),
                    tag: tag.clone(),
                    digest: numbers.digest.clone(),
                    tagged: numbers.tagged,
                }
            }
        })
    }

    fn manifest(&mut self, name: &RepositoryName, digest: &Digest) -> &mut ManifestStatistics {
        self.unwritten.insert((name.clone(), Reference::Digest(digest.clone())));
        let repository = self.repositories.entry(name.clone()).or_default();
        let numbers = repository.manifests.entry(digest.clone()).or_default();
        numbers.fresh = true;
        numbers
    }

    fn tag(&mut self, name: &RepositoryName, tag: &Tag, digest: &Digest, now: Timestamp) {
        let repository = self.repositories.entry(name.clone()).or_default();
        if repository.tags.get(tag).is_some_and(|known| known.digest == *digest) {
            return;
        }
        let numbers = TagStatistics {
            digest: digest.clone(),
            tagged: now,
            fresh: true,
        };
        repository.tags.insert(tag.clone(), numbers);
        self.unwritten.insert((name.clone(), Reference::Tag(tag.clone())));
    }

    fn forget(&mut self, name: &RepositoryName, reference: &Reference) {
        let Some(repository) = self.repositories.get_mut(name) else {
            return;
        };
        match reference {
            Reference::Tag(tag) => {
                repository.tags.remove(tag);
            }
            Reference::Digest(digest) => {
                repository.manifests.remove(digest);
                repository.tags.retain(|_, tag| tag.digest != *digest);
            }
        }
    }
}

impl Observer for Statistics {
    fn observe(&self, event: &Event<'_>) {
        match *event {
            Event::ManifestPulled { repository, digest } => {
                let mut table = self.lock();
                let numbers = table.manifest(repository, digest);
                numbers.downloads += 1;
                numbers.pulled = Some(Timestamp::now());
            }
            Event::ManifestPushed {
                repository,
                digest,
                tags,
                caller,
                ..
            } => {
                let now = Timestamp::now();
                let mut table = self.lock();
                let numbers = table.manifest(repository, digest);
                if numbers.pushed.is_none() {
                    numbers.pushed = Some(now);
                    numbers.pushed_by = caller.name().map(Box::from);
                }
                for tag in tags {
                    table.tag(repository, tag, digest, now);
                }
            }
            Event::ManifestDeleted { repository, reference } => self.lock().forget(repository, reference),
            Event::GarbageCollected {
                repository,
                outcome: Some(report),
                ..
            } if report.repository_removed => {
                self.lock().repositories.remove(repository);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_registry_core::{auth::Caller, oci::Algorithm};

    use super::*;

    fn push(statistics: &Statistics, name: &RepositoryName, digest: &Digest, tag: &str) {
        statistics.observe(&Event::ManifestPushed {
            repository: name,
            reference: &Reference::Digest(digest.clone()),
            digest,
            media_type: "",
            tags: &[tag.parse().unwrap()],
            caller: &Caller::default(),
        });
    }

    #[test]
    fn pulls_are_counted_and_the_first_push_is_remembered() {
        let statistics = Statistics::default();
        let name: RepositoryName = "a".parse().unwrap();
        let (digest, other) = (Algorithm::Sha256.digest(b"1"), Algorithm::Sha256.digest(b"2"));
        push(&statistics, &name, &digest, "t");
        let first = statistics.of(&name, &digest);
        let tagged = statistics.tagged(&name, &"t".parse().unwrap(), &digest);
        assert!(tagged.is_some());
        push(&statistics, &name, &digest, "t");
        assert_eq!(statistics.of(&name, &digest), first);
        assert!(first.pushed.is_some());
        for _ in 0..2 {
            statistics.observe(&Event::ManifestPulled {
                repository: &name,
                digest: &digest,
            });
        }
        assert_eq!(statistics.of(&name, &digest).downloads, 2);
        push(&statistics, &name, &other, "t");
        assert_eq!(statistics.tagged(&name, &"t".parse().unwrap(), &digest), None);
        statistics.observe(&Event::ManifestDeleted {
            repository: &name,
            reference: &Reference::Digest(digest.clone()),
        });
        assert_eq!(statistics.of(&name, &digest), ManifestStatistics::default());
        assert_eq!(statistics.count(), 2, "the other manifest and its tag");
    }

    #[test]
    fn what_was_written_adds_to_what_was_counted_since() {
        let statistics = Statistics::default();
        let name: RepositoryName = "a".parse().unwrap();
        let digest = Algorithm::Sha256.digest(b"1");
        let pulled = Event::ManifestPulled {
            repository: &name,
            digest: &digest,
        };
        statistics.observe(&pulled);
        let written = statistics.take_unwritten();
        assert_eq!(written.len(), 1);
        assert!(statistics.take_unwritten().is_empty());

        let next = Statistics::default();
        next.observe(&pulled);
        next.take_unwritten();
        for record in written {
            next.add(record);
        }
        assert_eq!(next.of(&name, &digest).downloads, 2);
        assert_eq!(next.take_unwritten().len(), 1, "the sum has to be written");
        next.keep(&name, None);
        assert_eq!(next.count(), 1, "something happened to it since the start");

        let last = Statistics::default();
        next.all().into_iter().for_each(|record| last.add(record));
        last.keep(&name, None);
        assert_eq!(last.count(), 0, "it went while the registry was down");
    }
}
