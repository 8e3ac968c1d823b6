//! Why there is no thin crate.

use std::{io, path::PathBuf};

use crate::extension::{ScaffoldError, list::Missing};

/// Why an extension cannot be built in that is not in the project.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The project's own thin crate is not as it has to be.
    #[error("the thin crate cannot be written: {0}")]
    Thin(#[from] ScaffoldError),
    /// A file cannot be read or written.
    #[error("cannot write the thin crate: {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Cargo does not find its package.
    #[error("the extension `{name}` cannot be found: {reason}")]
    NotFound {
        /// The extension.
        name: String,
        /// What cargo says.
        reason: String,
    },
}

impl From<Missing> for GuestError {
    fn from(missing: Missing) -> Self {
        Self::Thin(missing.into())
    }
}
