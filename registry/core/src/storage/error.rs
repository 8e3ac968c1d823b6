//! What can go wrong with stored content.

use std::io;

use crate::oci::{Digest, Tag};

/// Why a storage operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// As many sessions are open in the repository as may be.
    #[error("{0} uploads are open in the repository, which is as many as may be; finish or cancel some")]
    TooManyUploads(usize),
    /// No such upload session in this repository.
    #[error("no such upload")]
    UploadUnknown,
    /// The session is in use by another request.
    #[error("the upload is in use by another request")]
    UploadBusy,
    /// A chunk that does not begin where the stored bytes end.
    #[error("the chunk begins at {begin} but {stored} bytes are stored")]
    OutOfOrder {
        /// Where it begins.
        begin: u64,
        /// How many bytes are stored.
        stored: u64,
    },
    /// A chunk with more or fewer bytes than it declared.
    #[error("{declared} bytes were declared")]
    LengthMismatch {
        /// What the client said.
        declared: u64,
    },
    /// The client stopped sending.
    #[error("the body ended early")]
    Interrupted(#[source] io::Error),
    /// Content that does not have the digest that was promised.
    #[error("the content's digest is {actual}, not {expected}")]
    DigestMismatch {
        /// What was promised.
        expected: Digest,
        /// What the bytes have.
        actual: Digest,
    },
    /// A manifest that names content which is not in the repository.
    #[error("{} of the named blobs are not in the repository", missing.len())]
    MissingContent {
        /// What is missing, in the manifest's order.
        missing: Vec<Digest>,
    },
    /// A tag that points at another manifest, and must not be moved.
    #[error("the tag {0} points at another manifest")]
    TagTaken(Tag),
    /// A blob that a manifest still names.
    #[error("a manifest names it")]
    StillNamed,
    /// A repository whose files cannot be understood.
    #[error("{path}: {reason}")]
    Corrupt {
        /// The file, below the root.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The disk is full, or a quota is.
    #[error("no space left")]
    NoSpace(#[source] io::Error),
    /// Anything else that the file system answers.
    #[error("{context}: {source}")]
    Io {
        /// What was being done.
        context: String,
        /// What came of it.
        source: io::Error,
    },
}
