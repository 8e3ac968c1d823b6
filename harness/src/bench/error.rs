//! What ends a benchmark. That one subject cannot do one thing does not: it is told in the results.

use std::io;

use super::subject::NginxError;
use crate::target::ServerError;

/// What ends a benchmark.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A server does not start or end as servers do.
    #[error("{subject}: {source}")]
    Server {
        /// Which.
        subject: String,
        /// What is wrong.
        source: ServerError,
    },
    /// A server that was started does not answer.
    #[error("{subject}: {reason}")]
    Silent {
        /// Which.
        subject: String,
        /// What came instead.
        reason: String,
    },
    /// The machine does not do what is needed.
    #[error("cannot {what}: {source}")]
    Surroundings {
        /// What could not be done.
        what: String,
        /// Why.
        source: io::Error,
    },
    /// There is no nginx.
    #[error(transparent)]
    Nginx(#[from] NginxError),
}

impl BenchError {
    pub(super) fn surroundings(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Surroundings { what, source }
    }
}
