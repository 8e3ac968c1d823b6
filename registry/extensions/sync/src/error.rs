//! What can go wrong while content is fetched from another registry.

use std::time::Duration;

use plimsoll_registry_core::{service::RegistryError, storage::StorageError, upstream::UpstreamError};

/// Why something was not fetched. It is cloned for everyone who waited for the same thing.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum SyncError {
    /// It is not there.
    #[error("not found")]
    NotFound,
    /// It may not be seen, which is also what many registries answer where there is nothing.
    #[error("the credentials do not open it")]
    Unauthorized,
    /// An image without a signature, where only signed ones are wanted.
    #[error("the image is not signed")]
    Unsigned,
    /// The registry does not take it, by its own policies.
    #[error("refused: {0}")]
    Refused(String),
    /// The other registry asks for patience.
    #[error("the registry answered {status}")]
    Busy {
        /// Its status.
        status: u16,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The other registry failed.
    #[error("the registry answered {0}")]
    Status(u16),
    /// The other registry cannot be reached, or fell silent.
    #[error("{0}")]
    Transport(String),
    /// The other registry says something that cannot be believed.
    #[error("{0}")]
    Invalid(String),
    /// The other registry leads to somewhere that it may not lead to.
    #[error("{0}")]
    Forbidden(String),
    /// The content could not be stored.
    #[error("{0}")]
    Storage(String),
    /// It took longer than it may.
    #[error("it took longer than {0:?}")]
    TimedOut(Duration),
}

impl SyncError {
    /// Whether it says, as far as one may know, that there is nothing to be had: the next registry's turn.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::NotFound | Self::Unauthorized | Self::Unsigned | Self::Refused(_)
        )
    }

    /// Whether it may go away by itself.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Transport(_) | Self::TimedOut(_) => true,
            Self::Status(status) => *status >= 500,
            _ => false,
        }
    }

    /// The one of two that says more about why something is not to be had: trouble before absence.
    pub(crate) fn worse(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if !other.is_absence() => other,
            Some(other) if self.is_absence() && !matches!(other, Self::NotFound) => other,
            _ => self,
        }
    }
}

impl From<StorageError> for SyncError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::DigestMismatch { .. } => Self::Invalid(error.to_string()),
            StorageError::Interrupted(source) => Self::Transport(source.to_string()),
            error => Self::Storage(error.to_string()),
        }
    }
}

impl From<RegistryError> for SyncError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Refused(_) | RegistryError::DockerManifest => Self::Refused(error.to_string()),
            RegistryError::Manifest(_) => Self::Invalid(error.to_string()),
            RegistryError::Storage(error) => error.into(),
            error => Self::Storage(error.to_string()),
        }
    }
}

impl From<SyncError> for UpstreamError {
    fn from(error: SyncError) -> Self {
        Self {
            reason: error.to_string(),
        }
    }
}
