//! What may stand between the harness and a server.

use std::{fmt, io};

/// Something that listens where a server would, and passes on what it likes.
pub trait Interpose: fmt::Debug + Send + Sync {
    /// Begins to listen for the server at `upstream`. Must be called within an async runtime.
    ///
    /// # Errors
    /// There is no port.
    fn stand_before(&self, upstream: &str) -> io::Result<Box<dyn Front>>;
}

/// What stands before a server that runs. It ends when it is dropped.
pub trait Front: fmt::Debug + Send + Sync {
    /// Where it listens, as `host:port`.
    fn authority(&self) -> &str;
}
