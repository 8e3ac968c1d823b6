//! Clients that do steps side by side, and how long that took.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use tokio::task::JoinSet;

use super::{Connection, Failure, Origin, Step};

/// The longest that one reading may take beyond what it was to take.
const PATIENCE: Duration = Duration::from_mins(10);

/// How many clients there are, and when they end.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Clients {
    /// How many.
    pub(in super::super) count: usize,
    /// How long they do the steps again and again; else each step is done once.
    pub(in super::super) lasts: Option<Duration>,
}

/// How long it took.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Timed {
    /// From the first request to the last answer, in seconds.
    pub(in super::super) seconds: f64,
    /// Of each operation, in milliseconds.
    pub(in super::super) milliseconds: Vec<f64>,
    /// How many bytes of content were moved.
    pub(in super::super) bytes: u64,
}

/// Does the steps, each client on a connection of its own that stands before time is taken.
pub(in super::super) async fn drive(origin: &Origin, steps: Vec<Step>, clients: Clients) -> Result<Timed, Failure> {
    let patience = clients.lasts.unwrap_or_default() + PATIENCE;
    let count = match clients.lasts {
        Some(_) => clients.count,
        None => clients.count.min(steps.len()),
    };
    let driven = async {
        let connections = try_join_all((0..count).map(|_| Connection::open(origin))).await?;
        let shared = Arc::new(Shared {
            steps,
            next: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
        });
        let began = Instant::now();
        let deadline = clients.lasts.map(|lasts| began + lasts);
        // Dropping it ends them all, as when one of them fails.
        let mut work: JoinSet<_> = connections
            .into_iter()
            .map(|connection| work(connection, Arc::clone(&shared), deadline))
            .collect();
        let mut milliseconds = Vec::new();
        while let Some(done) = work.join_next().await {
            milliseconds.extend(done.map_err(Failure::broken)??);
        }
        Ok(Timed {
            seconds: began.elapsed().as_secs_f64(),
            milliseconds,
            bytes: shared.bytes.load(Ordering::Relaxed),
        })
    };
    tokio::time::timeout(patience, driven)
        .await
        .map_err(|_| Failure::broken(format!("it did not end within {patience:?}")))?
}

struct Shared {
    steps: Vec<Step>,
    next: AtomicUsize,
    bytes: AtomicU64,
}

async fn work(mut connection: Connection, shared: Arc<Shared>, deadline: Option<Instant>) -> Result<Vec<f64>, Failure> {
    let mut milliseconds = Vec::new();
    let mut bytes = 0;
    loop {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let place = match deadline {
            Some(_) => number % shared.steps.len(),
            None => number,
        };
        let Some(step) = shared.steps.get(place) else { break };
        let began = Instant::now();
        bytes += step.perform(&mut connection).await?;
        let ended = Instant::now();
        milliseconds.push((ended - began).as_secs_f64() * 1000.0);
        if deadline.is_some_and(|deadline| ended >= deadline) {
            break;
        }
    }
    shared.bytes.fetch_add(bytes, Ordering::Relaxed);
    Ok(milliseconds)
}
