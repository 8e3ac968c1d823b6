//! One repository: how it comes into memory, into being, and out to `index.json`.

use std::{
    collections::{BTreeSet, HashMap},
    fmt, io,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    hooks::{Event, EventSink},
    oci::{Algorithm, Digest, RepositoryName},
    storage::{Result, StorageError, UploadId},
};

use super::{
    catalogue::Catalogue,
    commit::Request,
    disk::{open_regular, read_rest, stat_regular},
    durability::{Durability, failed},
    flusher::{Wake, Written},
    graph::{Facts, Found, Graph},
    index_draft::{self, Draft, Revision},
    index_file,
    journal::{self, Journal},
    root::{Paths, Root},
    schedule, seal,
    state::State,
};

/// Nothing larger is read as a manifest: it would be a layer that an index wrongly names.
const LARGEST_MANIFEST: u64 = 32 << 20;

/// The entries of so many manifests are rendered while nobody can push: they take less time than a push.
const SLICE: usize = 100;

/// What all repositories of a store share.
pub(super) struct Context {
    pub(super) root: Root,
    /// Tells this process from those that used the root before.
    pub(super) life: UploadId,
    /// The root as text, for events.
    pub(super) label: String,
    pub(super) durability: Durability,
    pub(super) events: EventSink,
    /// Whether equal blobs share their bytes.
    pub(super) dedupe: bool,
    /// A blob's time of use on disk may be so much older than the true one.
    pub(super) slack: Duration,
    pub(super) catalogue: Catalogue,
    pub(super) wake: Wake,
    /// Held to read while folders above repositories are made, to write while empty ones are removed.
    pub(super) tree: RwLock<()>,
}

/// One repository, which need not exist.
pub(super) struct Repository {
    pub(super) name: RepositoryName,
    pub(super) paths: Paths,
    pub(super) context: Arc<Context>,
    /// `None`: not loaded, or it does not exist.
    state: RwLock<Option<State>>,
    /// Held by whoever changes manifests and tags.
    pub(super) journal: Mutex<Journal>,
    pub(super) queue: Mutex<Vec<Arc<Request>>>,
    /// Held to read while a blob is promised to someone, to write while one is removed.
    pub(super) presence: RwLock<()>,
    /// Held by whoever writes `index.json`.
    pub(super) writing: Mutex<()>,
    /// When the thread that does so behind the journal did it last.
    pub(super) written: Mutex<Option<Written>>,
    graphing: Mutex<()>,
    dirty: AtomicBool,
    /// When it was asked for last, by the clock of the table of repositories.
    pub(super) used: AtomicU64,
}

impl fmt::Debug for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Repository")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Locks, also after a panic elsewhere: what these locks guard is changed in one step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    schedule::wait_for(|| !matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As [`lock`], shared.
pub(super) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    schedule::wait_for(|| !matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// As [`lock`], exclusive.
pub(super) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    schedule::wait_for(|| !matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl Repository {
    pub(super) fn new(name: RepositoryName, context: Arc<Context>) -> Self {
        let paths = context.root.repository(&name);
        Self {
            journal: Mutex::new(Journal::new(paths.private(), context.durability)),
            name,
            paths,
            context,
            state: RwLock::default(),
            queue: Mutex::default(),
            presence: RwLock::default(),
            writing: Mutex::default(),
            written: Mutex::default(),
            graphing: Mutex::default(),
            dirty: AtomicBool::default(),
            used: AtomicU64::default(),
        }
    }

    /// Asks the state, if it is in memory and no one changes it at this moment.
    pub(super) fn try_ask<T>(&self, question: impl FnOnce(&State) -> T) -> Option<T> {
        let state = match self.state.try_read() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let answer = state.as_ref().map(question);
        if answer.is_some() {
            self.report_wait(false, Duration::ZERO);
        }
        answer
    }

    /// Asks the state. `None`: the repository does not exist.
    pub(super) fn ask<T>(self: &Arc<Self>, question: impl FnOnce(&State) -> T) -> Result<Option<T>> {
        self.load()?;
        let began = Instant::now();
        let state = read(&self.state);
        self.report_wait(false, began.elapsed());
        Ok(state.as_ref().map(question))
    }

    /// Changes the state, if the repository exists. What it holds changes only for the holder of the journal.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> Option<T> {
        write(&self.state).as_mut().map(change)
    }

    /// Drops the state: the repository does not exist any more.
    pub(super) fn forget(&self) {
        *write(&self.state) = None;
    }

    pub(super) fn is_loaded(&self) -> bool {
        read(&self.state).is_some()
    }

    pub(super) fn report_wait(&self, exclusive: bool, latency: Duration) {
        self.context.events.emit(&Event::LockWaited {
            storage: &self.context.label,
            exclusive,
            latency,
        });
    }

    /// Tells the observers that what the repository holds is not what it was.
    pub(super) fn report_change(&self) {
        let repository = &self.name;
        self.context.events.emit(&Event::RepositoryChanged { repository });
    }

    /// Brings the repository into memory. `false`: it does not exist.
    pub(super) fn load(self: &Arc<Self>) -> Result<bool> {
        if self.is_loaded() {
            return Ok(true);
        }
        self.load_with(&mut lock(&self.journal))
    }

    fn load_with(self: &Arc<Self>, journal: &mut Journal) -> Result<bool> {
        if self.is_loaded() {
            return Ok(true);
        }
        self.refuse_links()?;
        let layout_path = self.paths.layout();
        let index_path = self.paths.index();
        let index = self.read_index()?;
        let Some(layout) = read_whole(&layout_path)? else {
            // An empty index alone is a repository whose creation was cut short.
            return match index.map(|bytes| index_file::parse(&bytes)) {
                None => Ok(false),
                Some(Ok(state)) if state.manifests.is_empty() && state.opaque.is_empty() => Ok(false),
                Some(_) => Err(self.missing(&layout_path)),
            };
        };
        index_file::check_layout(&layout).map_err(|reason| self.corrupt(&layout_path, reason))?;
        let index = index.ok_or_else(|| self.missing(&index_path))?;
        let mut state = index_file::parse(&index).map_err(|reason| self.corrupt(&index_path, reason))?;
        let changes = journal
            .replay()
            .map_err(failed("read the journal in", &self.paths.private()))?;
        for change in &changes {
            state.apply(change, None);
        }
        *write(&self.state) = Some(state);
        if self.context.catalogue.insert(&self.name) {
            // Another tool wrote it while we serve.
            self.report_change();
        }
        if !changes.is_empty() {
            self.mark_dirty();
        }
        Ok(true)
    }

    /// Brings the repository into being, if it is not there.
    pub(super) fn create(self: &Arc<Self>) -> Result<()> {
        if self.is_loaded() {
            return Ok(());
        }
        let mut journal = lock(&self.journal);
        if self.load_with(&mut journal)? {
            return Ok(());
        }
        let state = State::new();
        let durability = self.context.durability;
        self.create_folder(&self.paths.private())?;
        self.create_folder(&self.paths.blobs(Algorithm::Sha256))?;
        // What an earlier life of the repository left counts for nothing.
        journal
            .replay()
            .and_then(|_| journal::remove_before(&self.paths.private(), journal.rotate(), durability))
            .map_err(failed("clear the journal in", &self.paths.private()))?;
        // The repository exists once `oci-layout` does, so that comes last.
        self.replace_index(&index_draft::render(&state))
            .map_err(failed("write", &self.paths.index()))?;
        let layout = self.paths.layout();
        durability
            .replace(&layout, &self.paths.temporary(), index_file::LAYOUT)
            .map_err(failed("write", &layout))?;
        *write(&self.state) = Some(state);
        self.context.catalogue.insert(&self.name);
        self.report_change();
        Ok(())
    }

    /// Makes a folder of the repository, and those above it.
    pub(super) fn create_folder(&self, path: &Path) -> Result<()> {
        let _tree = read(&self.context.tree);
        self.context
            .durability
            .create_directories(self.context.root.path(), path)
            .map_err(failed("create", path))
    }

    /// A symbolic link on the way to content would lead out of the root.
    pub(super) fn refuse_links(&self) -> Result<()> {
        let root = self.context.root.path();
        let inside = [self.paths.all_blobs(), self.paths.uploads(), self.paths.private()]
            .into_iter()
            .chain(Algorithm::ALL.map(|algorithm| self.paths.blobs(algorithm)));
        let above = self.paths.directory.ancestors().take_while(|path| *path != root);
        for path in above.map(Path::to_owned).chain(inside) {
            if path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
                return Err(failed("open", &path)(io::Error::other(
                    "a symbolic link, which is never followed",
                )));
            }
        }
        Ok(())
    }

    /// A file is missing. Where something else is in its place, the file may come back.
    fn missing(&self, path: &Path) -> StorageError {
        if path.symlink_metadata().is_ok() {
            failed("open", path)(io::Error::other("not a regular file, and nothing else is opened"))
        } else {
            self.corrupt(path, "missing")
        }
    }

    pub(super) fn corrupt(&self, path: &Path, reason: impl Into<String>) -> StorageError {
        let path = path.strip_prefix(self.context.root.path()).unwrap_or(path);
        StorageError::Corrupt {
            path: path.display().to_string(),
            reason: reason.into(),
        }
    }

    /// Has `index.json` written in a moment.
    pub(super) fn mark_dirty(self: &Arc<Self>) {
        if !self.dirty.swap(true, Ordering::AcqRel) {
            self.context.wake.dirty(Arc::clone(self));
        }
    }

    /// Writes `index.json` if it is behind, and removes the journal that it makes redundant.
    pub(super) fn write_index(self: &Arc<Self>) -> Result<()> {
        let _writing = lock(&self.writing);
        let mut journal = lock(&self.journal);
        if !self.dirty.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let generation = journal.rotate();
        drop(journal);
        // The state may be ahead of that generation by now: replaying the rest over it changes nothing.
        let Some(bytes) = self.render_index() else {
            return Ok(());
        };
        let written = self
            .replace_index(&bytes)
            .and_then(|()| journal::remove_before(&self.paths.private(), generation, self.context.durability))
            .map_err(failed("write", &self.paths.index()));
        if written.is_err() {
            self.mark_dirty();
        }
        written
    }

    /// `index.json` as it is when this ends. For those who hold `writing`; whoever changes the state waits for one slice.
    fn render_index(&self) -> Option<Vec<u8>> {
        self.change(|state| state.changed = Some(BTreeSet::new()))?;
        let mut draft = Draft::default();
        while draft.advance(read(&self.state).as_ref()?, SLICE) {}
        let revision = self.change(|state| {
            let changed = state.changed.take().unwrap_or_default();
            Revision::new(state, changed)
        })?;
        Some(draft.revised(revision))
    }

    /// Gives `index.json` this content, sealed.
    pub(super) fn replace_index(&self, bytes: &[u8]) -> io::Result<()> {
        let temporary = || self.paths.temporary();
        seal::write(
            &self.paths.index(),
            &self.paths.seal(),
            temporary,
            bytes,
            self.context.durability,
        )
    }

    /// The content of `index.json`. Fails if it is not what was sealed.
    fn read_index(&self) -> Result<Option<Vec<u8>>> {
        let path = self.paths.index();
        let Some((file, metadata)) = open_regular(&path).map_err(failed("open", &path))? else {
            return Ok(None);
        };
        let bytes = read_rest(&path, &file).map_err(failed("read", &path))?;
        let seal = self.paths.seal();
        if seal::is_broken(&seal, &metadata, &bytes).map_err(failed("read", &seal))? {
            return Err(self.corrupt(&path, "bytes that are not those that were written"));
        }
        Ok(Some(bytes))
    }

    /// Sees to it that the state knows what names what. `false`: the repository does not exist.
    pub(super) fn ensure_graph(self: &Arc<Self>) -> Result<bool> {
        let has_graph = |state: &State| state.graph.is_some();
        if let Some(true) = self.ask(has_graph)? {
            return Ok(true);
        }
        let _graphing = lock(&self.graphing);
        let mut known: HashMap<Digest, Found> = HashMap::new();
        loop {
            let unread = |state: &State| -> Vec<(Digest, String)> {
                let unread = state
                    .manifests
                    .iter()
                    .filter(|(digest, _)| !known.contains_key(*digest));
                unread
                    .map(|(digest, record)| (digest.clone(), record.media_type.clone()))
                    .collect()
            };
            let Some(unread) = self.ask(unread)? else {
                return Ok(false);
            };
            for (digest, media_type) in unread {
                let found = self.find(&digest, &media_type)?;
                known.insert(digest, found);
            }
            let installed = self.change(|state| {
                if state.graph.is_some() {
                    return true;
                }
                if state.manifests.keys().any(|digest| !known.contains_key(digest)) {
                    // Something was pushed meanwhile.
                    return false;
                }
                state.graph = Some(Graph::default());
                for (digest, found) in known.drain() {
                    if state.manifests.contains_key(&digest) {
                        state.learn(&digest, found);
                    }
                }
                true
            });
            match installed {
                None => return Ok(false),
                Some(true) => return Ok(true),
                Some(false) => {}
            }
        }
    }

    fn find(self: &Arc<Self>, digest: &Digest, media_type: &str) -> Result<Found> {
        match self.read_manifest_file(digest)? {
            Some(bytes) => self.find_in(digest, media_type, &bytes),
            None => Ok(Found::default()),
        }
    }

    /// What a manifest says, and the manifests below it that lie in the repository without being listed.
    pub(super) fn find_in(self: &Arc<Self>, digest: &Digest, media_type: &str, bytes: &[u8]) -> Result<Found> {
        let facts = Facts::read(digest, media_type, bytes);
        let mut below = Vec::new();
        let mut seen = vec![digest.clone()];
        let mut next = facts.as_ref().map(|facts| facts.children.clone()).unwrap_or_default();
        while let Some(child) = next.pop() {
            let listed = |state: &State| state.manifests.contains_key(&child.digest);
            if seen.contains(&child.digest) || self.ask(listed)? == Some(true) {
                continue;
            }
            seen.push(child.digest.clone());
            if let Some(bytes) = self.read_manifest_file(&child.digest)? {
                let facts = Facts::read(&child.digest, &child.media_type, &bytes);
                next.extend(facts.iter().flat_map(|facts| facts.children.clone()));
                below.push((child, facts));
            }
        }
        Ok(Found { facts, below })
    }

    /// The bytes of a manifest, or `None` if they are not there or far too many.
    pub(super) fn read_manifest_file(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let path = self.paths.blob(digest);
        let small = stat_regular(&path)
            .map_err(failed("read", &path))?
            .is_some_and(|metadata| metadata.len() <= LARGEST_MANIFEST);
        if small { read_whole(&path) } else { Ok(None) }
    }
}

fn read_whole(path: &Path) -> Result<Option<Vec<u8>>> {
    let Some((file, _)) = open_regular(path).map_err(failed("open", path))? else {
        return Ok(None);
    };
    read_rest(path, &file).map_err(failed("read", path)).map(Some)
}
