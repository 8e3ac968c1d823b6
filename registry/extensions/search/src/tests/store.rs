//! A store that counts what is read.

use std::{
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use plimsoll_registry_core::{
    oci::{Algorithm, Digest, Reference, RepositoryName, Tag},
    storage::{
        BlobContent, Chunk, FileStore, GarbageReport, IndexEntry, Listing, NewManifest, Page, Referrer, Result, Store,
        StoredManifest, UploadId, UploadReader, UploadStatus,
    },
};

/// What was asked of a store, for what a query could need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reads {
    /// Lists of repositories.
    pub(super) lists: usize,
    /// Indexes of repositories.
    pub(super) indexes: usize,
    /// Manifests.
    pub(super) manifests: usize,
    /// Blobs.
    pub(super) blobs: usize,
}

/// A store that counts what is read.
pub(super) struct CountingStore {
    inner: FileStore,
    lists: AtomicUsize,
    indexes: AtomicUsize,
    manifests: AtomicUsize,
    blobs: AtomicUsize,
}

impl CountingStore {
    pub(super) fn new(inner: FileStore) -> Self {
        Self {
            inner,
            lists: AtomicUsize::new(0),
            indexes: AtomicUsize::new(0),
            manifests: AtomicUsize::new(0),
            blobs: AtomicUsize::new(0),
        }
    }

    /// What was read since this was last asked.
    pub(super) fn take(&self) -> Reads {
        let take = |count: &AtomicUsize| count.swap(0, Ordering::SeqCst);
        Reads {
            lists: take(&self.lists),
            indexes: take(&self.indexes),
            manifests: take(&self.manifests),
            blobs: take(&self.blobs),
        }
    }
}

fn count(counter: &AtomicUsize) {
    counter.fetch_add(1, Ordering::SeqCst);
}

#[async_trait]
impl Store for CountingStore {
    async fn repositories(&self, page: Page<String>) -> Result<Listing<RepositoryName>> {
        count(&self.lists);
        self.inner.repositories(page).await
    }

    async fn repository_exists(&self, repository: &RepositoryName) -> Result<bool> {
        self.inner.repository_exists(repository).await
    }

    async fn usage(&self, repository: &RepositoryName) -> Result<u64> {
        self.inner.usage(repository).await
    }

    async fn blob_size(&self, repository: &RepositoryName, digest: &Digest) -> Result<Option<u64>> {
        self.inner.blob_size(repository, digest).await
    }

    async fn read_blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        range: Option<Range<u64>>,
    ) -> Result<Option<BlobContent>> {
        count(&self.blobs);
        self.inner.read_blob(repository, digest, range).await
    }

    async fn mount_blob(
        &self,
        from: Option<&RepositoryName>,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<bool> {
        self.inner.mount_blob(from, repository, digest).await
    }

    async fn delete_blob(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
        self.inner.delete_blob(repository, digest).await
    }

    async fn begin_upload(&self, repository: &RepositoryName, algorithm: Algorithm) -> Result<UploadId> {
        self.inner.begin_upload(repository, algorithm).await
    }

    async fn upload_status(&self, repository: &RepositoryName, upload: &UploadId) -> Result<UploadStatus> {
        self.inner.upload_status(repository, upload).await
    }

    async fn append_upload(
        &self,
        repository: &RepositoryName,
        upload: &UploadId,
        chunk: Chunk,
    ) -> Result<UploadStatus> {
        self.inner.append_upload(repository, upload, chunk).await
    }

    async fn finish_upload(&self, repository: &RepositoryName, upload: &UploadId, digest: &Digest) -> Result<u64> {
        self.inner.finish_upload(repository, upload, digest).await
    }

    async fn replace_blob(&self, repository: &RepositoryName, upload: &UploadId, digest: &Digest) -> Result<u64> {
        self.inner.replace_blob(repository, upload, digest).await
    }

    async fn read_upload(&self, repository: &RepositoryName, upload: &UploadId) -> Result<Box<dyn UploadReader>> {
        self.inner.read_upload(repository, upload).await
    }

    async fn cancel_upload(&self, repository: &RepositoryName, upload: &UploadId) -> Result<()> {
        self.inner.cancel_upload(repository, upload).await
    }

    async fn put_manifest(&self, repository: &RepositoryName, manifest: NewManifest) -> Result<bool> {
        self.inner.put_manifest(repository, manifest).await
    }

    async fn manifest(&self, repository: &RepositoryName, reference: &Reference) -> Result<Option<StoredManifest>> {
        self.inner.manifest(repository, reference).await
    }

    async fn read_manifest(&self, repository: &RepositoryName, digest: &Digest) -> Result<Option<Bytes>> {
        count(&self.manifests);
        self.inner.read_manifest(repository, digest).await
    }

    async fn delete_tag(&self, repository: &RepositoryName, tag: &Tag) -> Result<bool> {
        self.inner.delete_tag(repository, tag).await
    }

    async fn delete_manifest(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
        self.inner.delete_manifest(repository, digest).await
    }

    async fn tags(&self, repository: &RepositoryName, page: Page<String>) -> Result<Option<Listing<Tag>>> {
        self.inner.tags(repository, page).await
    }

    async fn referrers(
        &self,
        repository: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: Page<Digest>,
    ) -> Result<Listing<Referrer>> {
        self.inner.referrers(repository, subject, artifact_type, page).await
    }

    async fn index(&self, repository: &RepositoryName) -> Result<Vec<IndexEntry>> {
        count(&self.indexes);
        self.inner.index(repository).await
    }

    async fn blobs(&self, repository: &RepositoryName, page: Page<Digest>) -> Result<Listing<Digest>> {
        self.inner.blobs(repository, page).await
    }

    async fn collect_garbage(&self, repository: &RepositoryName, delay: Duration) -> Result<GarbageReport> {
        self.inner.collect_garbage(repository, delay).await
    }

    async fn flush(&self) -> Result<()> {
        self.inner.flush().await
    }
}
