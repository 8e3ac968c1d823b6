//! Kills: whether a registry that ends at any instant has what it acknowledged when it comes back.
//!
//! A round has a root of its own. Clients push, tag, mount and delete; at an instant that the seed draws the server is
//! killed with SIGKILL, and started again on what is there; everything is looked at, and clients go on, until the next
//! kill. At the end of a round what was left over has to be swept away.

mod leftovers;
mod round;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::task::{JoinError, JoinSet};

pub use leftovers::Sweep;

use crate::{
    durability::WorkError,
    target::{ProcessTarget, ServerError},
};

/// Why nothing could be found out.
#[derive(Debug, thiserror::Error)]
pub enum KillError {
    /// The server could not be started, killed or stopped.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The clients could not begin.
    #[error("the clients could not begin: {0}")]
    Work(#[from] WorkError),
    /// A round did not end as it should.
    #[error("a round did not end: {0}")]
    Round(#[from] JoinError),
    /// A file or folder of ours could not be used.
    #[error("cannot {what}: {source}")]
    Surroundings {
        /// What could not be done.
        what: String,
        /// Why.
        source: io::Error,
    },
}

/// For `map_err` on what is done to files.
fn surroundings(what: &str, path: &Path) -> impl FnOnce(io::Error) -> KillError {
    let what = format!("{what} {}", path.display());
    move |source| KillError::Surroundings { what, source }
}

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Decides what the clients of the first round do and when they are interrupted. Each round has the next.
    pub seed: u64,
    /// How many rounds there are.
    pub rounds: u64,
    /// How many times the server is killed in a round.
    pub kills: u64,
    /// How many rounds go on side by side.
    pub side_by_side: usize,
}

/// A kill after which not everything was as it has to be.
#[derive(Clone, Debug)]
pub struct Loss {
    /// The seed of its round.
    pub seed: u64,
    /// Which kill of the round it was, from 1; 0: it was at the round's end, when leftovers were swept.
    pub kill: u64,
    /// What is wrong.
    pub wrong: Vec<String>,
    /// Where what the disk held has been put.
    pub folder: PathBuf,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many times the server was killed.
    pub kills: u64,
    /// How many requests were answered.
    pub answers: u64,
    /// How many were interrupted by a kill.
    pub interrupted: u64,
    /// How many of those had their effect all the same.
    pub happened: u64,
    /// How many things were looked at.
    pub looks: u64,
    /// How many files were left over, and swept away.
    pub swept: u64,
    /// The kills after which something was wrong, by seed.
    pub losses: Vec<Loss>,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.kills += other.kills;
        self.answers += other.answers;
        self.interrupted += other.interrupted;
        self.happened += other.happened;
        self.looks += other.looks;
        self.swept += other.swept;
        self.losses.extend(other.losses);
    }
}

/// Kills the server again and again. After a round in which something was lost none is begun. `sweep` says what may be on
/// the disk of this registry, if that is known; `keep` gets what is lost, `progress` is told how often the server was killed.
///
/// # Errors
/// The server or its folder is not to be had. What the registry does wrong is no error but a loss.
pub async fn run(
    target: &ProcessTarget,
    sweep: Option<&Sweep>,
    options: Options,
    keep: &Path,
    progress: impl Fn(u64) + Send + Sync + 'static,
) -> Result<Outcome, KillError> {
    let killed = Arc::new(AtomicU64::new(0));
    let progress: Arc<dyn Fn() + Send + Sync> = Arc::new(move || progress(killed.fetch_add(1, Ordering::Relaxed) + 1));
    let mut outcome = Outcome::default();
    let mut rounds = JoinSet::new();
    let mut next = 0;
    loop {
        while next < options.rounds && rounds.len() < options.side_by_side && outcome.losses.is_empty() {
            let seed = options.seed + next;
            let (target, sweep, progress) = (target.clone(), sweep.cloned(), Arc::clone(&progress));
            let keep = keep.join(format!("seed-{seed}"));
            rounds.spawn(
                async move { round::round(&target, sweep.as_ref(), seed, options.kills, &keep, &*progress).await },
            );
            next += 1;
        }
        match rounds.join_next().await {
            Some(ended) => outcome.add(ended??),
            None => break,
        }
    }
    outcome.losses.sort_by_key(|loss| loss.seed);
    Ok(outcome)
}
