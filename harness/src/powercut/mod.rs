//! Power cuts: whether what a registry acknowledged is on the disk, and not only on its way there.
//!
//! A run of the registry is recorded with strace: everything that it does to its disk, and every answer that it gives.
//! For each point of the record a [model of the disk](disk) gives the states that a power cut could have left there; a
//! fresh server is started on each of them, and has to have what clients had been told by then. Databases have been
//! tested like this since ALICE and `CrashMonkey`.

mod call;
mod check;
mod disk;
mod operation;
mod record;
mod states;

use std::{
    fs, io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{Semaphore, mpsc},
    task::{JoinError, JoinSet},
};

pub use record::{REMEDY, find_strace};

use crate::{
    durability::{WorkError, contract, with_causes},
    target::{ProcessTarget, ServerError},
};
use states::State;

/// Why nothing could be found out.
#[derive(Debug, thiserror::Error)]
pub enum PowerCutError {
    /// strace is not there.
    #[error("strace is not installed; {REMEDY}")]
    NoStrace,
    /// The server did not start or end as it should.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// What clients did was not answered as it should have been.
    #[error("the clients could not do their work: {0}")]
    Work(#[from] WorkError),
    /// A part of the model did not end as it should.
    #[error("cannot {what}: {why}")]
    Model {
        /// What it was to do.
        what: &'static str,
        /// Why it did not.
        why: String,
    },
    /// The record is not understood.
    #[error("the record of the disk cannot be read: {why}, at `{line}`")]
    Trace {
        /// Why.
        why: &'static str,
        /// Where.
        line: String,
    },
    /// A file or folder of ours could not be used.
    #[error("cannot {what}: {source}")]
    Surroundings {
        /// What could not be done.
        what: String,
        /// Why.
        source: io::Error,
    },
}

/// For `map_err` on what the model does.
fn failed<E: std::error::Error>(what: &'static str) -> impl FnOnce(E) -> PowerCutError {
    move |error| PowerCutError::Model {
        what,
        why: with_causes(&error),
    }
}

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Decides what clients do, and the states that are drawn by chance.
    pub seed: u64,
    /// How many things each client does.
    pub steps: usize,
    /// How many servers look at states side by side.
    pub side_by_side: usize,
}

/// A state in which something that was acknowledged is not there.
#[derive(Clone, Debug)]
pub struct Loss {
    /// After how many operations the power was cut.
    pub point: usize,
    /// What is wrong.
    pub wrong: Vec<String>,
    /// The changes that had not been synced and did not reach the disk.
    pub missing: Vec<String>,
    /// The changes that had not been synced and did.
    pub kept: Vec<String>,
    /// Where what the disk held has been put.
    pub folder: PathBuf,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many operations were recorded.
    pub operations: usize,
    /// How many requests were answered.
    pub answers: usize,
    /// How many different states were looked at.
    pub states: usize,
    /// How many things were looked at in them.
    pub looks: u64,
    /// The states in which something is lost, first things first.
    pub losses: Vec<Loss>,
}

/// Losses after which no more are looked for: they have one cause, or few.
const ENOUGH: usize = 10;

/// Records a run of the server, and looks at every state that a power cut could have left. `keep` gets what is lost,
/// `progress` is told how many states have been looked at. It needs [strace](find_strace).
pub async fn run(
    target: &ProcessTarget,
    options: Options,
    keep: &Path,
    progress: impl Fn(usize) + Send + Sync + 'static,
) -> Result<Outcome, PowerCutError> {
    let record = record::record(target, options).await?;
    let trace = record.trace;
    let histories = Arc::new(record.histories);
    let mut outcome = Outcome {
        operations: record.operations.len(),
        answers: histories.iter().map(|history| history.answered).sum(),
        ..Outcome::default()
    };
    let (sender, mut receiver) = mpsc::channel::<State>(options.side_by_side);
    let producer = tokio::task::spawn_blocking(move || {
        states::visit_states(&record.operations, &record.root, options.seed, |state| {
            // Nobody receives any more: enough was found.
            match sender.blocking_send(state) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })
    });
    let permits = Arc::new(Semaphore::new(options.side_by_side));
    let findings = Arc::new(Mutex::new(Findings::default()));
    let progress = Arc::new(progress);
    let mut tasks = JoinSet::new();
    while let Some(state) = receiver.recv().await {
        if lock(&findings).lost.len() >= ENOUGH {
            break;
        }
        while let Some(ended) = tasks.try_join_next() {
            finished(ended)?;
        }
        let permit = Arc::clone(&permits).acquire_owned().await;
        let (target, histories) = (target.clone(), Arc::clone(&histories));
        let (findings, progress) = (Arc::clone(&findings), Arc::clone(&progress));
        tasks.spawn(async move {
            let _permit = permit;
            let answered = |address| state.answers.get(&address).copied().unwrap_or_default();
            let expectations: Vec<_> = histories
                .iter()
                .map(|history| contract::expectation(history, answered(history.address)))
                .collect();
            let found = check::check(&target, &state.tree, &expectations).await?;
            let mut findings = lock(&findings);
            findings.states += 1;
            findings.looks += found.looks;
            progress(findings.states);
            if !found.wrong.is_empty() {
                findings.lost.push((state, found.wrong));
            }
            Ok(())
        });
    }
    drop(receiver);
    while let Some(ended) = tasks.join_next().await {
        finished(ended)?;
    }
    producer.await.map_err(failed("model the disk"))??;
    let mut findings = std::mem::take(&mut *lock(&findings));
    outcome.states = findings.states;
    outcome.looks = findings.looks;
    findings.lost.sort_by_key(|(state, _)| (state.point, state.lost.len()));
    if !findings.lost.is_empty() {
        let path = keep.join("trace");
        let surroundings = |source| PowerCutError::Surroundings {
            what: format!("write {}", path.display()),
            source,
        };
        fs::create_dir_all(keep).map_err(surroundings)?;
        fs::write(&path, trace).map_err(surroundings)?;
    }
    for (number, (state, wrong)) in findings.lost.into_iter().enumerate() {
        outcome
            .losses
            .push(kept(state, wrong, &keep.join(format!("loss-{}", number + 1)))?);
    }
    Ok(outcome)
}

/// What has been found so far.
#[derive(Debug, Default)]
struct Findings {
    states: usize,
    looks: u64,
    lost: Vec<(State, Vec<String>)>,
}

fn lock(findings: &Mutex<Findings>) -> MutexGuard<'_, Findings> {
    findings.lock().unwrap_or_else(PoisonError::into_inner)
}

fn finished(ended: Result<Result<(), ServerError>, JoinError>) -> Result<(), PowerCutError> {
    ended.map_err(failed("look at a state"))??;
    Ok(())
}

/// Puts what the disk held where it can be looked at.
fn kept(state: State, wrong: Vec<String>, folder: &Path) -> Result<Loss, PowerCutError> {
    let surroundings = |source| PowerCutError::Surroundings {
        what: format!("write {}", folder.display()),
        source,
    };
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(surroundings)?;
    }
    fs::create_dir_all(folder).map_err(surroundings)?;
    disk::lay_out(&state.tree, folder).map_err(surroundings)?;
    Ok(Loss {
        point: state.point,
        wrong,
        missing: state.lost,
        kept: state.kept,
        folder: folder.to_owned(),
    })
}
