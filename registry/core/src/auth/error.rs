//! Why callers cannot be authenticated, or one of them is not.

use std::{io, path::PathBuf, time::Duration};

use crate::storage::StorageError;

/// What is wrong with a file that authentication needs.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It says something that means nothing. What it says is not repeated: it may be a secret.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The API keys cannot be read.
    #[error(transparent)]
    ApiKeys(#[from] StorageError),
    /// The access control cannot be made sense of.
    #[error(transparent)]
    Rules(#[from] globset::Error),
}

/// Why a caller is not who it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The password or the token is wrong, or it means nothing.
    #[error("authentication required")]
    Refused,
    /// Too many passwords are being verified.
    #[error("too many passwords are being verified; try again")]
    Busy,
}

impl Rejected {
    /// How long a caller should wait before it tries again.
    pub const RETRY_AFTER: Duration = Duration::from_secs(1);
}
