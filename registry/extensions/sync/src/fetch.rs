//! Blobs on their way here: each is fetched once, to the disk, and everyone who wants it reads along.
//!
//! The bytes go to an upload session of the store and are hashed on the way. Readers follow as far as the bytes have
//! been written, but for the last few, which they get once the digest is known to be right: a client can never take a
//! wrong blob for a whole one. A fetch goes on when nobody reads along any more.

use std::{
    collections::HashMap,
    io,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::stream;
use plimsoll_registry_core::{
    oci::{Digest, RepositoryName},
    service::Intake,
    storage::{BlobContent, ByteStream, UploadReader},
};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    error::SyncError,
    receive::{Existing, Reception},
    service::Source,
};

/// So many bytes at the end are withheld until the digest is known to be right.
const WITHHELD: u64 = 4096;
/// So many bytes at most are in memory for a reader.
const PIECE: u64 = 128 << 10;

type Key = (RepositoryName, Digest);

/// How far a fetch has come.
#[derive(Clone)]
pub(crate) enum Progress {
    /// Nothing has arrived, or nobody knows how much it will be.
    Waiting,
    /// So many bytes of `size` have been written.
    Running {
        reader: Arc<dyn UploadReader>,
        size: u64,
        written: u64,
    },
    /// The blob is here. `reader`: also to be had from where it was written.
    Done {
        reader: Option<Arc<dyn UploadReader>>,
        size: u64,
    },
    /// It will not come.
    Failed(SyncError),
}

/// The blobs that are on their way.
pub(crate) struct Fetches {
    pub(crate) intake: Intake,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
    open: Mutex<HashMap<Key, watch::Receiver<Progress>>>,
}

impl std::fmt::Debug for Fetches {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Fetches")
    }
}

/// What is fetched, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) repository: RepositoryName,
    pub(crate) digest: Digest,
    /// The size in bytes, where a manifest says it.
    pub(crate) size: Option<u64>,
    pub(crate) source: Source,
    /// Whether no client waits for it.
    pub(crate) background: bool,
}

impl Fetches {
    pub(crate) fn new(intake: Intake, tracker: TaskTracker, stop: CancellationToken) -> Self {
        Self {
            intake,
            tracker,
            stop,
            open: Mutex::default(),
        }
    }

    /// The size of a blob that is on its way, if it is known.
    pub(crate) fn size(&self, repository: &RepositoryName, digest: &Digest) -> Option<u64> {
        let progress = self.lock().get(&(repository.clone(), digest.clone()))?.borrow().clone();
        match progress {
            Progress::Running { size, .. } | Progress::Done { size, .. } => Some(size),
            Progress::Waiting | Progress::Failed(_) => None,
        }
    }

    /// Brings a blob here.
    pub(crate) async fn bring(self: &Arc<Self>, order: Order) -> Result<(), SyncError> {
        let mut progress = self.join(order);
        let ended = progress
            .wait_for(|progress| matches!(progress, Progress::Done { .. } | Progress::Failed(_)))
            .await;
        match ended.map(|progress| progress.clone()) {
            Ok(Progress::Failed(error)) => Err(error),
            Ok(_) => Ok(()),
            Err(_) => Err(stopping()),
        }
    }

    /// The content of a blob, or the part of it in `range`, as it arrives. `None`: it is not to be had.
    pub(crate) async fn read(
        self: &Arc<Self>,
        order: Order,
        range: Option<Range<u64>>,
    ) -> Result<Option<BlobContent>, SyncError> {
        let (repository, digest) = (order.repository.clone(), order.digest.clone());
        let mut progress = self.join(order);
        let begun = progress
            .wait_for(|progress| !matches!(progress, Progress::Waiting))
            .await
            .map(|progress| progress.clone())
            .map_err(|_| stopping())?;
        match begun {
            Progress::Running { reader, size, .. }
            | Progress::Done {
                reader: Some(reader),
                size,
            } => Ok(Some(BlobContent {
                size,
                body: follow(progress, reader, range.unwrap_or(0..size), size),
            })),
            Progress::Done { reader: None, .. } => {
                Ok(self.intake.store().read_blob(&repository, &digest, range).await?)
            }
            Progress::Failed(error) if error.is_absence() => Ok(None),
            Progress::Failed(error) => Err(error),
            Progress::Waiting => Err(stopping()),
        }
    }

    /// Fetches content anew and puts it in the place of what is here.
    pub(crate) async fn replace(self: &Arc<Self>, order: Order) -> Result<(), SyncError> {
        let (sender, _) = watch::channel(Progress::Waiting);
        let reception = Reception::new(self, &order, Existing::Replaced, &sender);
        reception.run().await.map(|_| ())
    }

    /// Joins the fetch of a blob, or begins it.
    fn join(self: &Arc<Self>, order: Order) -> watch::Receiver<Progress> {
        let key = (order.repository.clone(), order.digest.clone());
        let mut open = self.lock();
        if let Some(progress) = open.get(&key) {
            return progress.clone();
        }
        let (sender, receiver) = watch::channel(Progress::Waiting);
        open.insert(key.clone(), receiver.clone());
        let landing = Landing {
            fetches: Arc::clone(self),
            key,
        };
        self.tracker.spawn(async move {
            let fetches = Arc::clone(&landing.fetches);
            let outcome = Reception::new(&fetches, &order, Existing::Kept, &sender).run().await;
            // Off the table first: who comes now finds it in the store, or begins anew.
            drop(landing);
            sender.send_replace(match outcome {
                Ok(progress) => progress,
                Err(error) => {
                    if !error.is_absence() {
                        tracing::warn!(
                            component = "sync",
                            repository = %order.repository,
                            digest = %order.digest,
                            %error,
                            "failed to copy blob"
                        );
                    }
                    Progress::Failed(error)
                }
            });
        });
        receiver
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, watch::Receiver<Progress>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a fetch off the table, also when it is dropped in the middle.
struct Landing {
    fetches: Arc<Fetches>,
    key: Key,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.fetches.lock().remove(&self.key);
    }
}

pub(crate) fn stopping() -> SyncError {
    SyncError::Transport("the registry is shutting down".into())
}

/// Where a reader is.
struct Follower {
    progress: watch::Receiver<Progress>,
    reader: Arc<dyn UploadReader>,
    next: u64,
    end: u64,
}

/// The bytes in `range`, each once it may be seen.
fn follow(
    progress: watch::Receiver<Progress>,
    reader: Arc<dyn UploadReader>,
    range: Range<u64>,
    size: u64,
) -> ByteStream {
    let follower = Follower {
        progress,
        reader,
        next: range.start.min(size),
        end: range.end.min(size),
    };
    Box::pin(stream::try_unfold(follower, |mut follower| async move {
        let piece = follower.piece().await?;
        Ok(piece.map(|piece| (piece, follower)))
    }))
}

impl Follower {
    async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        while self.next < self.end {
            let visible = match &*self.progress.borrow_and_update() {
                Progress::Running { size, written, .. } => (*written).min(size.saturating_sub(WITHHELD)),
                Progress::Done { size, .. } => *size,
                Progress::Failed(error) => return Err(io::Error::other(error.clone())),
                Progress::Waiting => 0,
            };
            let limit = visible.min(self.end);
            if self.next < limit {
                let length = usize::try_from((limit - self.next).min(PIECE)).map_err(io::Error::other)?;
                let piece = self.reader.read(self.next, length).await?;
                if piece.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                self.next += piece.len() as u64;
                return Ok(Some(piece));
            }
            self.progress.changed().await.map_err(io::Error::other)?;
        }
        Ok(None)
    }
}
