//! [`FileStore`]: the [`Store`] on a file system, which hands each operation to the repository that it concerns.

use std::{fmt, io, ops::Range, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    config,
    hooks::EventSink,
    oci::{Algorithm, Digest, Reference, RepositoryName, Tag},
    storage::{
        BlobContent, Chunk, GarbageReport, IndexEntry, Listing, NewManifest, Page, Referrer, Result, StorageError,
        Store, StoredManifest, UploadId, UploadReader, UploadStatus,
    },
};

use super::{
    blobs::Existing,
    catalogue::Catalogue,
    durability::{Durability, failed},
    flusher::Flusher,
    handles::{CAPACITY, Handles},
    repository::{Context, Repository},
    root::Root,
    state::State,
    sweeper::Sweeper,
    uploads::{self, Sessions},
};

/// The longest time by which a blob's noted time of use may lag behind the true one.
const LONGEST_SLACK: Duration = Duration::from_mins(1);

/// So many repositories at most are asked for a blob that is to be mounted from anywhere and is not in the pool.
const SEARCHED: usize = 64;

/// A store on a file system.
///
/// It holds the root directory from [`Self::open`] until it is dropped. Dropping it loses nothing that was acknowledged,
/// but `index.json` may be left behind the journal; [`Store::flush`] brings it up to date.
#[derive(Clone)]
pub struct FileStore {
    inner: Arc<Inner>,
}

struct Inner {
    // The order matters: the threads end before the root is let go.
    _sweeper: Sweeper,
    _flusher: Flusher,
    handles: Arc<Handles>,
    sessions: Arc<Sessions>,
    context: Arc<Context>,
}

impl fmt::Debug for FileStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FileStore")
            .field("root", &self.inner.context.root.path())
            .finish_non_exhaustive()
    }
}

impl FileStore {
    /// Opens the store, and makes its root directory if need be. Nothing is read yet.
    ///
    /// Fails if another process uses the root directory.
    pub fn open(config: &config::Storage, events: EventSink) -> Result<Self> {
        let root = Root::open(&config.root_directory)?;
        let (wake, start) = Flusher::new();
        let flusher = start().map_err(failed("start the index writer of", root.path()))?;
        let context = Arc::new(Context {
            life: UploadId::new(),
            label: root.path().display().to_string(),
            root,
            durability: Durability { commit: config.commit },
            events,
            dedupe: config.dedupe,
            slack: LONGEST_SLACK.min(config.gc_delay / 10),
            catalogue: Catalogue::default(),
            wake,
            tree: std::sync::RwLock::default(),
        });
        let handles = Arc::new(Handles::new(CAPACITY));
        let sessions = Arc::new(Sessions::new(config.uploads));
        let sweeper = Sweeper::start(
            config,
            Arc::clone(&context),
            Arc::clone(&handles),
            Arc::clone(&sessions),
        )
        .map_err(failed("start the upload sweeper of", context.root.path()))?;
        Ok(Self {
            inner: Arc::new(Inner {
                _sweeper: sweeper,
                _flusher: flusher,
                handles,
                sessions,
                context,
            }),
        })
    }

    fn repository(&self, name: &RepositoryName) -> Arc<Repository> {
        self.inner.handles.get(name, &self.inner.context)
    }

    /// Does something with a repository where waiting for the disk holds no one up.
    async fn with<T: Send + 'static>(
        &self,
        name: &RepositoryName,
        work: impl FnOnce(&Arc<Repository>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let repository = self.repository(name);
        // The store must outlive its work: with it goes the hold on the root.
        let store = self.clone();
        blocking(move || {
            let result = work(&repository);
            drop(repository);
            drop(store);
            result
        })
        .await
    }

    async fn close_upload(
        &self,
        repository: &RepositoryName,
        upload: &UploadId,
        digest: &Digest,
        existing: Existing,
    ) -> Result<u64> {
        let sessions = Arc::clone(&self.inner.sessions);
        let session = sessions.claim(&self.repository(repository), upload).await?;
        let (upload, digest) = (upload.clone(), digest.clone());
        self.with(repository, move |repository| {
            sessions.finish(repository, &upload, session, &digest, existing)
        })
        .await
    }

    /// Where a blob of some repository may be found, whichever that is.
    fn places(&self, digest: &Digest) -> Vec<PathBuf> {
        let context = &self.inner.context;
        let pooled = context.place_in_pool(digest);
        let repositories = self.inner.handles.all();
        let loaded = repositories.iter().filter(|repository| repository.is_loaded());
        let blobs = loaded.map(|repository| repository.paths.blob(digest));
        pooled.into_iter().chain(blobs.take(SEARCHED)).collect()
    }

    /// Asks a repository's state: at once if it is in memory, else where loading it holds no one up.
    async fn ask<T: Send + 'static>(
        &self,
        name: &RepositoryName,
        question: impl Fn(&State) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        match self.repository(name).try_ask(&question) {
            Some(answer) => Ok(Some(answer)),
            None => self.with(name, move |repository| repository.ask(question)).await,
        }
    }
}

/// Runs `work` on a thread that may wait for the disk.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(StorageError::Io {
                context: "wait for the disk".into(),
                source: io::Error::other(error),
            }),
        },
    }
}

#[async_trait]
impl Store for FileStore {
    async fn repositories(&self, page: Page<String>) -> Result<Listing<RepositoryName>> {
        if let Some(listing) = self.inner.context.catalogue.known(&page) {
            return Ok(listing);
        }
        let store = self.clone();
        blocking(move || {
            let context = &store.inner.context;
            context.catalogue.page(&context.root, &page)
        })
        .await
    }

    async fn repository_exists(&self, repository: &RepositoryName) -> Result<bool> {
        Ok(self.ask(repository, |_| ()).await?.is_some())
    }

    async fn usage(&self, repository: &RepositoryName) -> Result<u64> {
        self.with(repository, Repository::usage).await
    }

    async fn blob_size(&self, repository: &RepositoryName, digest: &Digest) -> Result<Option<u64>> {
        let digest = digest.clone();
        self.with(repository, move |repository| repository.blob_size(&digest))
            .await
    }

    async fn read_blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        range: Option<Range<u64>>,
    ) -> Result<Option<BlobContent>> {
        let digest = digest.clone();
        self.with(repository, move |repository| repository.read_blob(&digest, range))
            .await
    }

    async fn mount_blob(
        &self,
        from: Option<&RepositoryName>,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<bool> {
        let digest = digest.clone();
        let from = from.map(|from| self.repository(from));
        let store = self.clone();
        self.with(repository, move |repository| {
            let sources = match from {
                Some(from) if from.load()? => vec![from.paths.blob(&digest)],
                Some(_) => return Ok(false),
                None => store.places(&digest),
            };
            for source in sources {
                if repository.mount(&source, &digest)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await
    }

    async fn delete_blob(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
        let digest = digest.clone();
        self.with(repository, move |repository| repository.delete_blob(&digest))
            .await
    }

    async fn begin_upload(&self, repository: &RepositoryName, algorithm: Algorithm) -> Result<UploadId> {
        let sessions = Arc::clone(&self.inner.sessions);
        self.with(repository, move |repository| sessions.begin(repository, algorithm))
            .await
    }

    async fn upload_status(&self, repository: &RepositoryName, upload: &UploadId) -> Result<UploadStatus> {
        let repository = self.repository(repository);
        self.inner.sessions.status(&repository, upload).await
    }

    async fn append_upload(
        &self,
        repository: &RepositoryName,
        upload: &UploadId,
        chunk: Chunk,
    ) -> Result<UploadStatus> {
        let repository = self.repository(repository);
        let session = self.inner.sessions.claim(&repository, upload).await?;
        uploads::append(session, chunk).await
    }

    async fn finish_upload(&self, repository: &RepositoryName, upload: &UploadId, digest: &Digest) -> Result<u64> {
        self.close_upload(repository, upload, digest, Existing::Kept).await
    }

    async fn replace_blob(&self, repository: &RepositoryName, upload: &UploadId, digest: &Digest) -> Result<u64> {
        self.close_upload(repository, upload, digest, Existing::Replaced).await
    }

    async fn read_upload(&self, repository: &RepositoryName, upload: &UploadId) -> Result<Box<dyn UploadReader>> {
        let sessions = Arc::clone(&self.inner.sessions);
        let upload = upload.clone();
        self.with(repository, move |repository| sessions.read(repository, &upload))
            .await
    }

    async fn cancel_upload(&self, repository: &RepositoryName, upload: &UploadId) -> Result<()> {
        let sessions = Arc::clone(&self.inner.sessions);
        let mut session = sessions.claim(&self.repository(repository), upload).await?;
        let upload = upload.clone();
        self.with(repository, move |repository| {
            sessions.close(repository, &upload, &mut session)
        })
        .await
    }

    async fn put_manifest(&self, repository: &RepositoryName, manifest: NewManifest) -> Result<bool> {
        self.with(repository, move |repository| repository.put_manifest(&manifest))
            .await
    }

    async fn manifest(&self, repository: &RepositoryName, reference: &Reference) -> Result<Option<StoredManifest>> {
        let reference = reference.clone();
        let known = self
            .repository(repository)
            .try_ask(|state| state.manifest(&reference))
            .flatten();
        if known.is_some() {
            return Ok(known);
        }
        self.with(repository, move |repository| repository.manifest(&reference))
            .await
    }

    async fn read_manifest(&self, repository: &RepositoryName, digest: &Digest) -> Result<Option<Bytes>> {
        let digest = digest.clone();
        let bytes = self.with(repository, move |repository| repository.read_manifest(&digest));
        Ok(bytes.await?.map(Bytes::from))
    }

    async fn delete_tag(&self, repository: &RepositoryName, tag: &Tag) -> Result<bool> {
        let tag = tag.clone();
        self.with(repository, move |repository| repository.delete_tag(&tag))
            .await
    }

    async fn delete_manifest(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
        let digest = digest.clone();
        self.with(repository, move |repository| repository.delete_manifest(&digest))
            .await
    }

    async fn tags(&self, repository: &RepositoryName, page: Page<String>) -> Result<Option<Listing<Tag>>> {
        self.ask(repository, move |state| state.tags(&page)).await
    }

    async fn referrers(
        &self,
        repository: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: Page<Digest>,
    ) -> Result<Listing<Referrer>> {
        let (subject, artifact_type) = (subject.clone(), artifact_type.map(str::to_owned));
        self.with(repository, move |repository| {
            repository.ensure_graph()?;
            let listing = repository.ask(|state| state.referrers(&subject, artifact_type.as_deref(), &page))?;
            Ok(listing.unwrap_or(Listing {
                items: Vec::new(),
                more: false,
            }))
        })
        .await
    }

    async fn index(&self, repository: &RepositoryName) -> Result<Vec<IndexEntry>> {
        Ok(self.ask(repository, State::index).await?.unwrap_or_default())
    }

    async fn blobs(&self, repository: &RepositoryName, page: Page<Digest>) -> Result<Listing<Digest>> {
        self.with(repository, move |repository| repository.blobs(&page)).await
    }

    async fn collect_garbage(&self, repository: &RepositoryName, delay: Duration) -> Result<GarbageReport> {
        let sessions = Arc::clone(&self.inner.sessions);
        self.with(repository, move |repository| {
            repository.collect_garbage(&sessions, delay)
        })
        .await
    }

    async fn flush(&self) -> Result<()> {
        let store = self.clone();
        blocking(move || {
            let mut first = Ok(());
            for repository in store.inner.handles.all() {
                // One that fails must not keep the others from being written.
                let written = repository.write_index();
                first = first.and(written);
            }
            first
        })
        .await
    }
}
