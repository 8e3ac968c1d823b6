//! Binding, accepting and draining.

use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    ServerError,
    connection::{self, Patience, Shared},
    tls::Tls,
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
        if let Some(reason) = hooks.failures.pop() {
            return Err(ServerError::Extension(reason));
        }
        let registry = Arc::new(Registry::open(config, &mut hooks)?);
        let garbage = GarbageTask::new(&config.storage).map(|task| Arc::new(task) as Arc<dyn RepositoryTask>);
        let api = Arc::new(Api::new(config, Arc::clone(&registry), &mut hooks)?);
        let tasks = garbage.into_iter().chain(hooks.tasks).collect();
        let tls = Tls::open(&config.http)?;
        let scheduler = Scheduler::start(&registry, tasks);
        let stop_mirroring = CancellationToken::new();
        let mirroring = TaskTracker::new();
        if let Some(upstream) = registry.upstream() {
            mirroring.spawn(Arc::clone(upstream).run(stop_mirroring.clone()));
        }
        mirroring.close();

        let shared = Shared {
            api: Arc::clone(&api),
            tls,
            patience: Patience::new(&config.http),
            drain: CancellationToken::new(),
        };
        accept(self.listener, shared, room(&config.http), shutdown).await;
        stop_mirroring.cancel();
        scheduler.stop().await;
        mirroring.wait().await;
        api.settle().await;
        registry.store().flush().await?;
        Ok(())
    }
}

/// Serves connections until `shutdown`, and then until the requests in flight are answered, or [`DRAIN`] has passed.
async fn accept(listener: TcpListener, shared: Shared, room: usize, shutdown: impl Future<Output = ()> + Send) {
    let shared = Arc::new(shared);
    let room = Arc::new(Semaphore::new(room));
    let connections = TaskTracker::new();
    let abandon = CancellationToken::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = shutdown.as_mut() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                    refuse(stream, shared.tls.is_some());
                    continue;
                };
                prepare(&stream);
                let shared = Arc::clone(&shared);
                let serve = async move {
                    connection::serve(stream, shared).await;
                    drop(place);
                };
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
    shared.drain.cancel();
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests in flight are abandoned");
        abandon.cancel();
        connections.wait().await;
    }
}

/// How many connections there may be at a time: as many as are configured, but no more than leave the process descriptors for
/// the content that they ask for.
fn room(http: &Http) -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let descriptors = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let room = http.limits.connections.min(descriptors / 2).max(1);
    if room < http.limits.connections {
        tracing::info!(
            room,
            "fewer connections than http.limits.connections: the system gives no more descriptors"
        );
    }
    room
}

/// Tells a client, without waiting for anything, that there is no room for it.
fn refuse(stream: TcpStream, encrypted: bool) {
    const FULL: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    tracing::debug!("a connection is refused: there are as many as may be");
    // The buffer of a new connection has room for it; whether the client reads it is the client's business.
    if let (false, Ok(mut stream)) = (encrypted, stream.into_std()) {
        let _ = io::Write::write(&mut stream, FULL);
        let _ = stream.shutdown(std::net::Shutdown::Write);
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
