//! The receiving end of one fetch: from whichever place has the blob, into the store.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use plimsoll_registry_core::{
    hooks::Event,
    storage::{Chunk, UploadId, UploadReader},
};
use tokio::sync::watch;

use crate::{
    client::Download,
    error::SyncError,
    fetch::{Fetches, Order, Progress, stopping},
};

/// So many bytes are gathered before they are written.
const BATCH: usize = 512 << 10;
/// What has been gathered is written after this long, so that a slow registry's readers are not kept waiting.
const GATHERING: Duration = Duration::from_millis(50);
/// How often a fetch that has begun is gone on with after the connection broke, beside the retries of the configuration.
const RESUMPTIONS: u64 = 2;

/// What becomes of a blob that is here already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is what was wanted.
    Kept,
    /// It is broken, and goes.
    Replaced,
}

/// One fetch.
pub(crate) struct Reception<'a> {
    fetches: &'a Fetches,
    order: &'a Order,
    existing: Existing,
    progress: &'a watch::Sender<Progress>,
    session: Option<Session>,
    size: Option<u64>,
}

/// Where the bytes go.
struct Session {
    upload: UploadId,
    reader: Arc<dyn UploadReader>,
    written: u64,
}

impl<'a> Reception<'a> {
    pub(crate) fn new(
        fetches: &'a Fetches,
        order: &'a Order,
        existing: Existing,
        progress: &'a watch::Sender<Progress>,
    ) -> Self {
        Self {
            fetches,
            order,
            existing,
            progress,
            session: None,
            size: order.size,
        }
    }

    /// Fetches, verifies and stores. What there is of a fetch that fails is removed.
    pub(crate) async fn run(mut self) -> Result<Progress, SyncError> {
        let Order { repository, digest, .. } = self.order;
        let store = self.fetches.intake.store();
        if self.existing == Existing::Kept
            && let Some(size) = store.blob_size(repository, digest).await?
        {
            return Ok(Progress::Done { reader: None, size });
        }
        let stop = self.fetches.stop.clone();
        let received = stop.run_until_cancelled(self.receive()).await;
        let session = match (received.unwrap_or_else(|| Err(stopping())), self.session.take()) {
            (Ok(()), Some(session)) => session,
            (Ok(()), None) => return Err(SyncError::NotFound),
            (Err(error), session) => {
                if let Some(session) = session
                    && let Err(error) = store.cancel_upload(repository, &session.upload).await
                {
                    tracing::debug!(component = "sync", %error, "a failed fetch stays until it expires");
                }
                return Err(error);
            }
        };
        let size = match self.existing {
            Existing::Kept => store.finish_upload(repository, &session.upload, digest).await?,
            Existing::Replaced => store.replace_blob(repository, &session.upload, digest).await?,
        };
        self.fetches
            .intake
            .events()
            .emit(&Event::BlobStored { repository, digest });
        Ok(Progress::Done {
            reader: Some(session.reader),
            size,
        })
    }

    /// Asks one place after the other, and goes on where the one before left off.
    async fn receive(&mut self) -> Result<(), SyncError> {
        let retry = self.order.source.places.first().map(|place| place.service.retry);
        let most = RESUMPTIONS + retry.map_or(0, |retry| retry.times);
        let mut failed = 0;
        loop {
            let before = self.written();
            let mut worst = None;
            for place in self.order.source.places.clone() {
                let remote = place.remote();
                let _turn = remote.limits().blob(self.order.background).await;
                let offset = self.written();
                let attempt = match remote
                    .blob(&place.repository, &self.order.digest, offset, &self.order.source.via)
                    .await
                {
                    Ok(download) => self.take(download).await,
                    Err(error) => Err(error),
                };
                match attempt {
                    Ok(()) => return Ok(()),
                    Err(error @ SyncError::Storage(_)) => return Err(error),
                    Err(error) => worst = Some(error.worse(worst)),
                }
            }
            let error = worst.unwrap_or(SyncError::NotFound);
            // What never began is for someone else to try again: a client may be waiting for the answer's head.
            if self.session.is_none() || failed >= most || (self.written() == before && !error.is_passing()) {
                return Err(error);
            }
            failed += 1;
            if let Some(retry) = retry {
                tokio::time::sleep(retry.delay(failed, &error)).await;
            }
        }
    }

    /// How many bytes have been written.
    fn written(&self) -> u64 {
        self.session.as_ref().map_or(0, |session| session.written)
    }

    async fn take(&mut self, mut download: Download<'_>) -> Result<(), SyncError> {
        match (self.size, download.size) {
            (Some(expected), Some(actual)) if expected != actual => {
                return Err(SyncError::Invalid(format!(
                    "a blob has {actual} bytes, and not the {expected} that it should have"
                )));
            }
            (None, size) => self.size = size,
            _ => {}
        }
        if self.session.is_none() {
            self.begin().await?;
        }
        let mut batch = BytesMut::new();
        loop {
            let next = if batch.is_empty() {
                download.next().await
            } else {
                let Ok(next) = tokio::time::timeout(GATHERING, download.next()).await else {
                    self.write(batch.split().freeze()).await?;
                    continue;
                };
                next
            };
            match next {
                Ok(Some(piece)) => batch.extend_from_slice(&piece),
                Ok(None) => {
                    self.write(batch.freeze()).await?;
                    let written = self.written();
                    return match self.size {
                        Some(size) if size != written => Err(SyncError::Transport(format!(
                            "a blob ended after {written} of {size} bytes"
                        ))),
                        _ => Ok(()),
                    };
                }
                Err(error) => {
                    self.write(batch.freeze()).await?;
                    return Err(error);
                }
            }
            if self.size.is_some_and(|size| self.written() + batch.len() as u64 > size) {
                return Err(SyncError::Invalid("a blob is larger than it should be".into()));
            }
            if batch.len() >= BATCH {
                self.write(batch.split().freeze()).await?;
            }
        }
    }

    /// Opens a session, now that there is something to write: names that nobody has must leave no folders.
    async fn begin(&mut self) -> Result<(), SyncError> {
        let store = self.fetches.intake.store();
        let repository = &self.order.repository;
        let upload = store.begin_upload(repository, self.order.digest.algorithm()).await?;
        let reader = store.read_upload(repository, &upload).await?.into();
        self.session = Some(Session {
            upload,
            reader,
            written: 0,
        });
        self.publish();
        Ok(())
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), SyncError> {
        let Some(session) = self.session.as_mut().filter(|_| !bytes.is_empty()) else {
            return Ok(());
        };
        let chunk = Chunk {
            begin: Some(session.written),
            length: Some(bytes.len() as u64),
            body: Box::pin(stream::iter([Ok(bytes)])),
        };
        let store = self.fetches.intake.store();
        let status = store
            .append_upload(&self.order.repository, &session.upload, chunk)
            .await;
        session.written = status.map_err(|error| SyncError::Storage(error.to_string()))?.stored;
        self.publish();
        Ok(())
    }

    fn publish(&self) {
        if let (Some(session), Some(size)) = (&self.session, self.size) {
            self.progress.send_replace(Progress::Running {
                reader: Arc::clone(&session.reader),
                size,
                written: session.written,
            });
        }
    }
}
