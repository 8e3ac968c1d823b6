//! Blobs that were handed out are read once more and hashed, so that the log names those that are not what their digest says.
//!
//! A client compares digests itself, and hashing on the way would slow down its pull. So it is done when the client has its
//! bytes, which are in memory then, one blob after another; and once for each, unless it is broken.

use std::{
    collections::{HashSet, VecDeque},
    io, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::{runtime::Handle, task::spawn_blocking};

use crate::{
    oci::{Digest, RepositoryName},
    storage::{BlobContent, Store},
};

/// So many blobs wait at most. Those beyond are left to their next pull.
const WAITING: usize = 256;
/// So many blobs are known to be right at most. Then all are forgotten.
const KNOWN: usize = 16 << 10;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Blob {
    repository: RepositoryName,
    digest: Digest,
}

/// Looks at what was handed out.
pub(super) struct Inspector {
    store: Arc<dyn Store>,
    work: Mutex<Work>,
}

#[derive(Default)]
struct Work {
    /// Those that wait or were found right.
    known: HashSet<Blob>,
    waiting: VecDeque<Blob>,
    /// Whether someone looks at those that wait.
    busy: bool,
}

impl Inspector {
    pub(super) fn new(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            store,
            work: Mutex::default(),
        })
    }

    /// The same content. Once all of it is handed out, the blob is looked at.
    pub(super) fn watch(
        self: &Arc<Self>,
        repository: &RepositoryName,
        digest: &Digest,
        content: BlobContent,
    ) -> BlobContent {
        let blob = Blob {
            repository: repository.clone(),
            digest: digest.clone(),
        };
        if self.work().known.contains(&blob) {
            return content;
        }
        let BlobContent { size, body } = content;
        let mut pull = Pull {
            inspector: Arc::clone(self),
            blob,
            left: size,
        };
        let body = body.inspect(move |piece| pull.hand_out(piece.as_ref().map_or(0, Bytes::len)));
        BlobContent {
            size,
            body: Box::pin(body),
        }
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_at(self: &Arc<Self>, blob: &Blob) {
        let Ok(runtime) = Handle::try_current() else {
            // The server has ended.
            return;
        };
        let mut work = self.work();
        if work.waiting.len() >= WAITING || work.known.contains(blob) {
            return;
        }
        if work.known.len() >= KNOWN {
            work.known.clear();
        }
        work.known.insert(blob.clone());
        work.waiting.push_back(blob.clone());
        if !mem::replace(&mut work.busy, true) {
            runtime.spawn(Arc::clone(self).run());
        }
    }

    fn next(&self) -> Option<Blob> {
        let mut work = self.work();
        let blob = work.waiting.pop_front();
        work.busy = blob.is_some();
        blob
    }

    async fn run(self: Arc<Self>) {
        while let Some(blob) = self.next() {
            let Blob { repository, digest } = &blob;
            let hashed = self.hash(&blob).await;
            if hashed.as_ref().is_ok_and(|actual| actual.as_ref() == Some(digest)) {
                continue;
            }
            // Whoever reads the log and pulls it again is told again.
            self.work().known.remove(&blob);
            match hashed {
                Ok(None) => {}
                Ok(Some(actual)) => tracing::error!(
                    %repository, %digest, %actual,
                    "a blob that was pulled is not what its digest says"
                ),
                Err(error) => tracing::error!(%repository, %digest, %error, "a blob that was pulled cannot be read"),
            }
        }
    }

    /// The digest of what the store has, or `None` if that is nothing any more.
    async fn hash(&self, blob: &Blob) -> io::Result<Option<Digest>> {
        let content = self.store.read_blob(&blob.repository, &blob.digest, None).await;
        let Some(mut content) = content.map_err(io::Error::other)? else {
            return Ok(None);
        };
        let mut hasher = blob.digest.algorithm().hasher();
        while let Some(piece) = content.body.next().await {
            let piece = piece?;
            let adding = spawn_blocking(move || {
                hasher.update(&piece);
                hasher
            });
            hasher = adding.await?;
        }
        Ok(Some(hasher.finish()))
    }
}

/// A blob that is being handed out. It ends when it is dropped, as whoever sends the bytes need not ask for more than there are.
struct Pull {
    inspector: Arc<Inspector>,
    blob: Blob,
    /// So many bytes are still to be handed out.
    left: u64,
}

impl Pull {
    const fn hand_out(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes as u64);
    }
}

impl Drop for Pull {
    fn drop(&mut self) {
        if self.left == 0 {
            self.inspector.look_at(&self.blob);
        }
    }
}
