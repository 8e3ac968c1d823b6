//! Upload sessions: bytes go straight to `.uploads/<uuid>` and are hashed on the way.
//!
//! What a session holds in memory is a running hash; its bytes are on disk, so that it goes on after a restart. One request
//! at a time has a session; the others wait a moment for it.

use std::{
    cell::Cell,
    collections::HashMap,
    fs::File,
    io::{self, IoSlice, Read, Seek, SeekFrom, Write},
    mem,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::{
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
    task::JoinHandle,
};

use crate::{
    oci::{Algorithm, Digest, Hasher, RepositoryName},
    storage::{Chunk, Result, StorageError, UploadId, UploadReader, UploadStatus},
};

use super::{
    blobs::Existing,
    disk::{Output, age, create_new, list_paths, open_regular, open_to_write, remove_file, set_len, stat_regular},
    durability::failed,
    repository::{Repository, lock, read},
    schedule,
    store::blocking,
};

/// So many bytes are gathered before they are written and hashed, while as many are gathered anew.
const BATCH: usize = 512 << 10;
/// So many pieces at most are gathered.
const MOST_PIECES: usize = 512;

/// How long a request waits for another that has the session.
const PATIENCE: Duration = Duration::from_secs(1);

type Key = (RepositoryName, UploadId);
type Shared = Arc<AsyncMutex<Session>>;

/// All sessions that were touched since the start.
#[derive(Debug)]
pub(super) struct Sessions {
    open: Mutex<HashMap<Key, Shared>>,
    /// How many may be open in one repository.
    most: usize,
}

/// One session, in the hands of one request.
#[derive(Debug)]
pub(super) struct Session {
    path: PathBuf,
    algorithm: Algorithm,
    /// `None`: the file was not read since the start.
    progress: Option<Progress>,
    closed: bool,
}

#[derive(Clone, Debug)]
struct Progress {
    stored: u64,
    hasher: Hasher,
}

impl Sessions {
    /// Sessions, of which each repository may have at most so many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            open: Mutex::default(),
            most,
        }
    }

    /// Opens a session.
    pub(super) fn begin(&self, repository: &Arc<Repository>, algorithm: Algorithm) -> Result<UploadId> {
        repository.load()?;
        // Counted on the disk, where those of before the start are as well.
        let folder = repository.paths.uploads();
        let there = list_paths(&folder).map_err(failed("list", &folder))?;
        if there.len() >= self.most {
            return Err(StorageError::TooManyUploads(self.most));
        }
        let id = UploadId::new();
        let path = repository.paths.upload(&id);
        let session = Arc::new(AsyncMutex::new(Session {
            path: path.clone(),
            algorithm,
            progress: Some(Progress {
                stored: 0,
                hasher: algorithm.hasher(),
            }),
            closed: false,
        }));
        // From before its file is there, so that garbage collection finds it in use and leaves it.
        let _in_use = session.try_lock();
        let key = (repository.name.clone(), id.clone());
        lock(&self.open).insert(key.clone(), Arc::clone(&session));
        // An empty repository is not removed, with its folders, while this is held.
        let _presence = read(&repository.presence);
        let created = repository
            .create_folder(&repository.paths.uploads())
            .and_then(|()| create_new(&path).map_err(failed("create", &path)));
        if let Err(error) = created {
            lock(&self.open).remove(&key);
            return Err(error);
        }
        Ok(id)
    }

    /// Finds a session, also one of before the start.
    fn find(&self, repository: &Repository, id: &UploadId) -> Result<Shared> {
        let key = (repository.name.clone(), id.clone());
        if let Some(session) = lock(&self.open).get(&key) {
            return Ok(Arc::clone(session));
        }
        repository.refuse_links()?;
        let path = repository.paths.upload(id);
        if stat_regular(&path).map_err(failed("look at", &path))?.is_none() {
            return Err(StorageError::UploadUnknown);
        }
        let session = Session {
            path,
            algorithm: Algorithm::Sha256,
            progress: None,
            closed: false,
        };
        let mut open = lock(&self.open);
        let session = open.entry(key).or_insert_with(|| Arc::new(AsyncMutex::new(session)));
        Ok(Arc::clone(session))
    }

    /// Takes a session for one request.
    pub(super) async fn claim(
        self: &Arc<Self>,
        repository: &Arc<Repository>,
        id: &UploadId,
    ) -> Result<OwnedMutexGuard<Session>> {
        let (sessions, repository, id) = (Arc::clone(self), Arc::clone(repository), id.clone());
        let session = blocking(move || sessions.find(&repository, &id)).await?;
        let guard = tokio::time::timeout(PATIENCE, session.lock_owned())
            .await
            .map_err(|_| StorageError::UploadBusy)?;
        if guard.closed {
            return Err(StorageError::UploadUnknown);
        }
        Ok(guard)
    }

    /// How far a session has come, also while another request appends to it.
    pub(super) async fn status(self: &Arc<Self>, repository: &Arc<Repository>, id: &UploadId) -> Result<UploadStatus> {
        let path = repository.paths.upload(id);
        match self.claim(repository, id).await {
            // What is in the file is what counts, as no one writes to it now.
            Ok(_) | Err(StorageError::UploadBusy) => {}
            Err(error) => return Err(error),
        }
        blocking(move || match stat_regular(&path).map_err(failed("look at", &path))? {
            Some(metadata) => Ok(UploadStatus { stored: metadata.len() }),
            None => Err(StorageError::UploadUnknown),
        })
        .await
    }

    /// Turns a session's bytes into a blob.
    pub(super) fn finish(
        &self,
        repository: &Arc<Repository>,
        id: &UploadId,
        mut session: OwnedMutexGuard<Session>,
        digest: &Digest,
        existing: Existing,
    ) -> Result<u64> {
        let progress = session.progress()?.clone();
        let actual = if progress.hasher.algorithm() == digest.algorithm() {
            progress.hasher.finish()
        } else {
            hash(&session.path, digest.algorithm())?.hasher.finish()
        };
        if actual != *digest {
            self.close(repository, id, &mut session)?;
            return Err(StorageError::DigestMismatch {
                expected: digest.clone(),
                actual,
            });
        }
        let (path, spoilt) = (session.path.clone(), Cell::new(false));
        let sync = |file: &File| {
            let synced = repository.context.durability.file(&path, file);
            synced.inspect_err(|_| spoilt.set(true))
        };
        let taken = repository.take_in(&path, digest, progress.stored, existing, sync);
        if spoilt.get() {
            // What the file holds is not known any more, and no later sync would complain: the client has to begin anew.
            session.closed = true;
            if let Err(error) = self.close(repository, id, &mut session) {
                tracing::warn!(path = %path.display(), %error, "the file of an upload stays until it is old");
            }
        }
        taken?;
        self.close(repository, id, &mut session)?;
        Ok(progress.stored)
    }

    /// Opens a session's file, whoever appends to it.
    pub(super) fn read(&self, repository: &Repository, id: &UploadId) -> Result<Box<dyn UploadReader>> {
        self.find(repository, id)?;
        let path = repository.paths.upload(id);
        let (file, _) = open_regular(&path)
            .map_err(failed("open", &path))?
            .ok_or(StorageError::UploadUnknown)?;
        Ok(Box::new(FileReader(Arc::new(file))))
    }

    /// Ends a session, with what is left of its file.
    pub(super) fn close(&self, repository: &Repository, id: &UploadId, session: &mut Session) -> Result<()> {
        remove_file(&session.path).map_err(failed("remove", &session.path))?;
        session.closed = true;
        lock(&self.open).remove(&(repository.name.clone(), id.clone()));
        Ok(())
    }

    /// Ends the session with this file, unless it was used within `delay` or is in use.
    pub(super) fn expire(&self, repository: &Arc<Repository>, path: &Path, delay: Duration) -> Result<bool> {
        let id = path.file_name().and_then(|name| name.to_str());
        let Some(id) = id.and_then(|text| text.parse::<UploadId>().ok()) else {
            // Not a session of ours; another tool keeps its own files here.
            return Ok(false);
        };
        let session = match self.find(repository, &id) {
            Err(StorageError::UploadUnknown) => return Ok(false),
            result => result?,
        };
        let Ok(mut session) = session.try_lock() else {
            return Ok(false);
        };
        let metadata = stat_regular(path).map_err(failed("look at", path))?;
        if metadata.is_none_or(|metadata| age(&metadata) < delay) {
            return Ok(false);
        }
        self.close(repository, &id, &mut session)?;
        Ok(true)
    }
}

/// A session's file, which stays open when it gets another name or none.
struct FileReader(Arc<File>);

#[async_trait]
impl UploadReader for FileReader {
    async fn read(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let file = Arc::clone(&self.0);
        let read = tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; length];
            let mut filled = 0;
            while filled < length {
                match file.read_at(&mut buffer[filled..], offset + filled as u64) {
                    Ok(0) => break,
                    Ok(count) => filled += count,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            buffer.truncate(filled);
            Ok(Bytes::from(buffer))
        });
        read.await.map_err(io::Error::other)?
    }
}

impl Session {
    /// How far it has come, reading the file again if that is not known.
    fn progress(&mut self) -> Result<&mut Progress> {
        if self.progress.is_none() {
            self.progress = Some(hash(&self.path, self.algorithm)?);
        }
        self.progress.as_mut().ok_or(StorageError::UploadUnknown)
    }
}

fn hash(path: &Path, algorithm: Algorithm) -> Result<Progress> {
    let (mut file, _) = open_regular(path)
        .map_err(failed("open", path))?
        .ok_or(StorageError::UploadUnknown)?;
    let mut progress = Progress {
        stored: 0,
        hasher: algorithm.hasher(),
    };
    let mut buffer = vec![0; BATCH];
    loop {
        schedule::strike(path).map_err(failed("read", path))?;
        let count = match file.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result.map_err(failed("read", path))?,
        };
        if count == 0 {
            return Ok(progress);
        }
        progress.hasher.update(&buffer[..count]);
        progress.stored += count as u64;
    }
}

/// Appends a chunk. It goes on to the body's end even if the caller gives up, so that what arrived is kept.
pub(super) async fn append(session: OwnedMutexGuard<Session>, chunk: Chunk) -> Result<UploadStatus> {
    match tokio::spawn(receive(session, chunk)).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(StorageError::Interrupted(io::Error::other(error))),
        },
    }
}

async fn receive(session: OwnedMutexGuard<Session>, chunk: Chunk) -> Result<UploadStatus> {
    let writer = blocking(move || Writer::open(session)).await?;
    let stored = writer.before.stored;
    if let Some(begin) = chunk.begin.filter(|begin| *begin != stored) {
        return Err(StorageError::OutOfOrder { begin, stored });
    }
    let mut pipe = Pipe::Idle(writer);
    let mut body = chunk.body;
    let mut batch = Batch::default();
    let mut received = 0_u64;
    let mut interrupted = None;
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => {
                received += piece.len() as u64;
                if chunk.length.is_some_and(|length| received > length) {
                    break;
                }
                batch.add(piece);
            }
            Err(error) => {
                interrupted = Some(error);
                break;
            }
        }
        if batch.is_full() {
            pipe = pipe.write(mem::take(&mut batch)).await?;
        }
    }
    let mut writer = pipe.write(batch).await?.writer().await?;
    if let Some(error) = interrupted {
        return Err(StorageError::Interrupted(error));
    }
    if let Some(declared) = chunk.length.filter(|length| *length != received) {
        blocking(move || writer.rewind()).await?;
        return Err(StorageError::LengthMismatch { declared });
    }
    Ok(UploadStatus {
        stored: writer.session.progress()?.stored,
    })
}

/// Pieces as they came from the connection, which are written together without being copied together.
#[derive(Debug, Default)]
struct Batch {
    pieces: Vec<Bytes>,
    length: usize,
}

impl Batch {
    fn add(&mut self, piece: Bytes) {
        self.length += piece.len();
        self.pieces.push(piece);
    }

    /// Whether it is to be written: a client may also send very small pieces, of which each takes some memory.
    fn is_full(&self) -> bool {
        self.length >= BATCH || self.pieces.len() >= MOST_PIECES
    }

    fn write_to(&self, mut output: Output<'_>) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = self.pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut slices = &mut slices[..];
        // Empty ones at the beginning would look like a disk that takes nothing.
        IoSlice::advance_slices(&mut slices, 0);
        while !slices.is_empty() {
            match output.write_vectored(slices) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => IoSlice::advance_slices(&mut slices, count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A writer that is idle, or at work on another thread while the next bytes arrive.
enum Pipe {
    Idle(Writer),
    Busy(JoinHandle<Result<Writer>>),
}

impl Pipe {
    async fn writer(self) -> Result<Writer> {
        match self {
            Self::Idle(writer) => Ok(writer),
            Self::Busy(task) => match task.await {
                Ok(result) => result,
                Err(error) => Err(StorageError::Interrupted(io::Error::other(error))),
            },
        }
    }

    async fn write(self, batch: Batch) -> Result<Self> {
        let mut writer = self.writer().await?;
        if batch.pieces.is_empty() {
            return Ok(Self::Idle(writer));
        }
        Ok(Self::Busy(tokio::task::spawn_blocking(move || {
            writer.write(&batch)?;
            Ok(writer)
        })))
    }
}

/// The session's file, open. Dropping it lets the session go, with all that was written counted.
struct Writer {
    session: OwnedMutexGuard<Session>,
    file: File,
    /// How far it had come when it was opened.
    before: Box<Progress>,
}

impl Writer {
    fn open(mut session: OwnedMutexGuard<Session>) -> Result<Self> {
        let before = Box::new(session.progress()?.clone());
        let stored = before.stored;
        let path = &session.path;
        let mut file = open_to_write(path)
            .map_err(failed("open", path))?
            .ok_or(StorageError::UploadUnknown)?;
        set_len(path, &file, stored)
            .and_then(|()| file.seek(SeekFrom::Start(stored)))
            .map_err(failed("write", path))?;
        Ok(Self { session, file, before })
    }

    fn write(&mut self, batch: &Batch) -> Result<()> {
        let path = self.session.path.clone();
        let written = batch.write_to(Output {
            path: &path,
            file: &self.file,
        });
        match written {
            Ok(()) => {
                let progress = self.session.progress()?;
                for piece in &batch.pieces {
                    progress.hasher.update(piece);
                    progress.stored += piece.len() as u64;
                }
                Ok(())
            }
            Err(error) => {
                // Nothing of the chunk stays, so that the same request is right again. Should that fail as well, the file
                // itself says how much there is.
                if let Err(error) = self.rewind() {
                    tracing::warn!(%error, "part of a chunk stays in an upload");
                }
                Err(failed("write", &path)(error))
            }
        }
    }

    /// Goes back to what was stored before.
    fn rewind(&mut self) -> Result<()> {
        self.session.progress = None;
        let path = &self.session.path;
        set_len(path, &self.file, self.before.stored).map_err(failed("write", path))?;
        self.session.progress = Some(Progress::clone(&self.before));
        Ok(())
    }
}
