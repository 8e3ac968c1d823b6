//! Binding, accepting and draining.

use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    ServerError,
    connection::{self, Patience},
};
use crate::{
    config::{Config, Http},
    hooks::{Hooks, RepositoryTask},
    http::Api,
    service::Registry,
    tasks::{GarbageTask, Scheduler},
};

/// How long requests in flight may take to end once the registry is told to stop.
const DRAIN: Duration = Duration::from_secs(20);
/// How long accepting rests where the system has no more descriptors: it would only fail again at once.
const EXHAUSTED: Duration = Duration::from_millis(100);

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
        mut hooks: Hooks,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServerError> {
        let registry = Arc::new(Registry::open(config, &mut hooks)?);
        let garbage = GarbageTask::new(&config.storage).map(|task| Arc::new(task) as Arc<dyn RepositoryTask>);
        let api = Arc::new(Api::new(config, Arc::clone(&registry), &mut hooks)?);
        let tasks = garbage.into_iter().chain(hooks.tasks).collect();
        let scheduler = Scheduler::start(&registry, tasks);

        accept(self.listener, &api, Patience::new(&config.http), shutdown).await;
        scheduler.stop().await;
        api.settle().await;
        registry.store().flush().await?;
        Ok(())
    }
}

/// Serves connections until `shutdown`, and then until the requests in flight are answered, or [`DRAIN`] has passed.
async fn accept(listener: TcpListener, api: &Arc<Api>, patience: Patience, shutdown: impl Future<Output = ()> + Send) {
    let connections = TaskTracker::new();
    let drain = CancellationToken::new();
    let abandon = CancellationToken::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = shutdown.as_mut() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                prepare(&stream);
                let serve = connection::serve(stream, Arc::clone(api), patience, drain.clone());
                connections.spawn(abandon.clone().run_until_cancelled_owned(serve));
            }
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "failed to accept a connection");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
    drop(listener);
    tracing::info!("shutting down");
    drain.cancel();
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests in flight are abandoned");
        abandon.cancel();
        connections.wait().await;
    }
}

/// Answers leave at once: they are written whole, so that there is nothing to wait for.
fn prepare(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
}

/// Whether it is the connection that failed, before it was accepted, and not the accepting.
fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
