//! What stops a server.

use std::{io, net::SocketAddr};

use super::TlsError;
use crate::{auth::AuthError, service::OpenError, storage::StorageError};

/// Why the registry does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The store cannot be opened, or not be written out at the end.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Connections cannot be encrypted.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A file that authentication needs cannot be used.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// An extension cannot do what the configuration asks it for.
    #[error("{0}")]
    Extension(String),
}

impl From<OpenError> for ServerError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Storage(error) => error.into(),
            OpenError::Auth(error) => error.into(),
        }
    }
}
