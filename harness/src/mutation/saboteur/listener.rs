//! Listens where the registry would.

use std::{io, net::TcpListener as StdListener, sync::Arc};

use tokio::{
    net::TcpListener,
    task::{AbortHandle, JoinSet},
};

use super::{Meddler, connection};

/// A saboteur that stands before one registry. Dropping it ends every connection.
#[derive(Debug)]
pub(crate) struct Listener {
    authority: String,
    task: AbortHandle,
}

impl Listener {
    /// Listens on a free port, and passes on to the registry at `upstream` what `meddler` does not want.
    ///
    /// # Errors
    /// There is no port.
    pub(crate) fn before(upstream: &str, meddler: Arc<dyn Meddler>) -> io::Result<Self> {
        let listener = StdListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let authority = listener.local_addr()?.to_string();
        let listener = TcpListener::from_std(listener)?;
        let upstream: Arc<str> = upstream.into();
        let task = tokio::spawn(async move {
            // Ends with the task, and every connection with it.
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        // A client that is gone before it is accepted is nothing to us.
                        if let Ok((stream, _)) = accepted {
                            connections.spawn(connection::serve(stream, Arc::clone(&upstream), Arc::clone(&meddler)));
                        }
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self {
            authority,
            task: task.abort_handle(),
        })
    }

    /// Where it listens, as `host:port`.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}
