//! What goes into a store and comes out of it.

use std::{fmt, io, pin::Pin, str::FromStr};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;

use crate::oci::{Descriptor, Digest, Tag};

/// Bytes on their way.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Which part of a list is wanted.
#[derive(Clone, Debug)]
pub struct Page<K> {
    /// The list continues after this key, which need not exist.
    pub after: Option<K>,
    /// At most this many items.
    pub limit: usize,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// Whether more follow.
    pub more: bool,
}

/// The content of a blob, or part of it.
pub struct BlobContent {
    /// The size of the whole blob in bytes.
    pub size: u64,
    /// The bytes asked for.
    pub body: ByteStream,
}

impl fmt::Debug for BlobContent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BlobContent")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// A piece of an upload.
pub struct Chunk {
    /// Where it begins, if the client said so. Anything but the end of what is stored is
    /// [`StorageError::OutOfOrder`](super::StorageError::OutOfOrder).
    pub begin: Option<u64>,
    /// How many bytes it has, if the client said so.
    pub length: Option<u64>,
    /// The bytes.
    pub body: ByteStream,
}

impl fmt::Debug for Chunk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Chunk")
            .field("begin", &self.begin)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// The id of an upload session: a version 4 UUID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadId(uuid::Uuid);

impl UploadId {
    /// A fresh id.
    #[expect(clippy::new_without_default, reason = "each one is different")]
    pub fn new() -> Self {
        Self(uuid::Uuid::new_v4())
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(formatter)
    }
}

impl FromStr for UploadId {
    type Err = uuid::Error;

    /// Only the hyphenated lower-case form: one session has one name.
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        let id = Self(uuid::Uuid::try_parse(text)?);
        if id.to_string() == text {
            Ok(id)
        } else {
            uuid::Uuid::try_parse("").map(Self)
        }
    }
}

/// How far an upload has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadStatus {
    /// The bytes stored so far.
    pub stored: u64,
}

/// The bytes of an upload session, for those who read along while they arrive.
#[async_trait]
pub trait UploadReader: Send + Sync {
    /// At most `length` bytes from `offset` on, as far as they have arrived; none where they have not. It goes on to work
    /// when the session was closed.
    async fn read(&self, offset: u64, length: usize) -> io::Result<Bytes>;
}

/// A manifest to be stored.
#[derive(Clone, Debug)]
pub struct NewManifest {
    /// The digest of `bytes`.
    pub digest: Digest,
    /// The manifest as it came.
    pub bytes: Bytes,
    /// Parsed from `bytes`.
    pub manifest: crate::oci::Manifest,
    /// The blobs that have to be in the repository at that moment, each once.
    pub required: Vec<Digest>,
    /// The tags that shall point at it.
    pub tags: Vec<Tag>,
    /// Whether none of the tags may point at another manifest at that moment.
    pub create_only: bool,
}

/// A manifest that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredManifest {
    /// Its digest.
    pub digest: Digest,
    /// The media type that it was pushed under.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A row of the referrers list.
pub type Referrer = Descriptor;

/// A row of a repository's `index.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// The manifest.
    pub manifest: StoredManifest,
    /// The tag that points at it.
    pub tag: Option<Tag>,
}

/// What garbage collection removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GarbageReport {
    /// Blobs.
    pub blobs: u64,
    /// Bytes of those blobs.
    pub bytes: u64,
    /// Abandoned upload sessions.
    pub uploads: u64,
    /// Whether the repository was empty and is gone.
    pub repository_removed: bool,
}
