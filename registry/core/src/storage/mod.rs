//! Where content lies: the [`Store`] trait, and its implementation on a file system.
//!
//! The trait speaks of repositories, uploads, blobs, manifests and tags, and each of its operations is whole: it has
//! happened, durably, when it returns success, or not at all. Nothing above it may assume a file, a rename, or that this
//! process is the only one.

mod error;
mod filesystem;
mod types;

use std::time::Duration;

use async_trait::async_trait;

use crate::oci::{Algorithm, Digest, Reference, RepositoryName, Tag};

pub use error::StorageError;
pub use filesystem::FileStore;
pub(crate) use filesystem::{PrivateFile, PrivateFolder};
pub use types::{
    BlobContent, ByteStream, Chunk, GarbageReport, IndexEntry, Listing, NewManifest, Page, Referrer, StoredManifest,
    UploadId, UploadReader, UploadStatus,
};

/// What every operation returns.
pub type Result<T, E = StorageError> = std::result::Result<T, E>;

/// A place that holds repositories.
#[async_trait]
pub trait Store: Send + Sync {
    // Repositories.

    /// Repository names in ASCII order: those after `page.after`, which may be any text, at most `page.limit`.
    async fn repositories(&self, page: Page<String>) -> Result<Listing<RepositoryName>>;

    /// Whether the repository exists: something was pushed to it, and it was not removed since.
    async fn repository_exists(&self, repository: &RepositoryName) -> Result<bool>;

    /// The bytes that the repository takes, counting each file once even where it is shared with other repositories.
    async fn usage(&self, repository: &RepositoryName) -> Result<u64>;

    // Blobs.

    /// The size of a blob in bytes, or `None` if this repository does not have it. A blob that is asked for is kept from
    /// garbage collection for the delay that is configured, as its manifest may be about to come.
    async fn blob_size(&self, repository: &RepositoryName, digest: &Digest) -> Result<Option<u64>>;

    /// A blob's content, or the part of it in `range` (half-open, in bytes, within the size).
    async fn read_blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<Option<BlobContent>>;

    /// Makes a blob of `from` visible in `repository`, without a copy where the store can. With no `from`, any repository
    /// of this store will do. `false`: it is not there.
    async fn mount_blob(
        &self,
        from: Option<&RepositoryName>,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<bool>;

    /// Removes a blob from this repository alone. `false`: it was not there.
    /// Fails with [`StorageError::StillNamed`] while a manifest of the repository names it.
    async fn delete_blob(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool>;

    // Uploads. A session is known by its repository and id together, and outlives a restart.

    /// Opens a session. `algorithm` is what will be hashed on the way; the closing digest may still be of another, at the
    /// cost of a second read.
    async fn begin_upload(&self, repository: &RepositoryName, algorithm: Algorithm) -> Result<UploadId>;

    /// How much of a session has been stored.
    async fn upload_status(&self, repository: &RepositoryName, upload: &UploadId) -> Result<UploadStatus>;

    /// Appends to a session. Bytes that arrived before `chunk.body` failed stay, so that the client can resume after
    /// asking for the status; a chunk that breaks its own declaration ([`StorageError::LengthMismatch`]) leaves nothing, nor
    /// does one that the disk does not take.
    async fn append_upload(&self, repository: &RepositoryName, upload: &UploadId, chunk: Chunk)
    -> Result<UploadStatus>;

    /// Closes a session: its bytes become the blob `digest`. With [`StorageError::DigestMismatch`] the session is gone,
    /// and so are its bytes. Returns the blob's size.
    async fn finish_upload(&self, repository: &RepositoryName, upload: &UploadId, digest: &Digest) -> Result<u64>;

    /// As [`Self::finish_upload`], but in the place of a blob that is there and was found to be broken.
    async fn replace_blob(&self, repository: &RepositoryName, upload: &UploadId, digest: &Digest) -> Result<u64>;

    /// Opens a session's bytes, to read along while they are appended.
    async fn read_upload(&self, repository: &RepositoryName, upload: &UploadId) -> Result<Box<dyn UploadReader>>;

    /// Ends a session and forgets its bytes.
    async fn cancel_upload(&self, repository: &RepositoryName, upload: &UploadId) -> Result<()>;

    // Manifests and tags.

    /// Stores a manifest and points its tags at it, all or nothing. Fails with [`StorageError::MissingContent`] if any of
    /// `manifest.required` is not in the repository at that moment, and with [`StorageError::TagTaken`] if it is
    /// `manifest.create_only` and one of its tags points at another. `true`: it is the repository's first manifest.
    async fn put_manifest(&self, repository: &RepositoryName, manifest: NewManifest) -> Result<bool>;

    /// A manifest by tag or digest: what it is, without its bytes.
    async fn manifest(&self, repository: &RepositoryName, reference: &Reference) -> Result<Option<StoredManifest>>;

    /// The bytes of a manifest.
    async fn read_manifest(&self, repository: &RepositoryName, digest: &Digest) -> Result<Option<bytes::Bytes>>;

    /// Removes a tag, and nothing else. `false`: it was not there.
    async fn delete_tag(&self, repository: &RepositoryName, tag: &Tag) -> Result<bool>;

    /// Removes a manifest and every tag that points at it. `false`: it was not there.
    async fn delete_manifest(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool>;

    /// Tags in ASCII order: those after `page.after`, which may be any text. `None`: the repository does not exist.
    async fn tags(&self, repository: &RepositoryName, page: Page<String>) -> Result<Option<Listing<Tag>>>;

    /// The manifests whose subject is `subject`, in the order of their digests, which is also what a page continues
    /// after. With `artifact_type`, only those of that type. Empty for what does not exist.
    async fn referrers(
        &self,
        repository: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: Page<Digest>,
    ) -> Result<Listing<Referrer>>;

    // Maintenance.

    /// Every manifest that the repository's index lists, once for each of its tags and once without a tag if it has none.
    async fn index(&self, repository: &RepositoryName) -> Result<Vec<IndexEntry>>;

    /// Every blob in the repository, whether a manifest names it or not, in ASCII order.
    async fn blobs(&self, repository: &RepositoryName, page: Page<Digest>) -> Result<Listing<Digest>>;

    /// Removes what no manifest of the repository names and what no upload has touched for `delay`: blobs, abandoned
    /// sessions, and the repository itself once nothing is left in it.
    async fn collect_garbage(&self, repository: &RepositoryName, delay: Duration) -> Result<GarbageReport>;

    /// Writes out what is kept back for a moment (such as `index.json`). Called once, when the registry shuts down.
    async fn flush(&self) -> Result<()>;
}
