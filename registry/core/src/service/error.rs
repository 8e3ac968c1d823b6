//! Why the registry does not do what it was asked for.

use crate::{
    auth::{AuthError, Denied},
    hooks::Refusal,
    oci::ManifestError,
    storage::StorageError,
    upstream::UpstreamError,
};

/// Why there is no registry.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot be opened.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The gate cannot be built.
    #[error(transparent)]
    Auth(#[from] AuthError),
}

/// Why an operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The gate stays shut.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Nothing was ever pushed to the repository.
    #[error("no such repository")]
    RepositoryUnknown,
    /// The repository has no such manifest.
    #[error("no such manifest in the repository")]
    ManifestUnknown,
    /// The repository has no such blob.
    #[error("no such blob in the repository")]
    BlobUnknown,
    /// The bytes are no manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A Docker manifest, where only OCI's are taken.
    #[error("Docker manifests are refused unless http.compat has \"docker2s2\"")]
    DockerManifest,
    /// The blob is longer than may be.
    #[error("a blob has at most {0} bytes")]
    BlobTooLarge(u64),
    /// Several tags point at the manifest, and the caller shall not remove them all at once.
    #[error("several tags point at the manifest; delete the tags")]
    Collision,
    /// A policy refuses the push.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// Content that is not here, and the registry that may have it cannot be asked.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The store did not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
