//! Rounds over the repositories, three queues by priority, and a few workers.
//!
//! Each kind of task has a planner, which pages through the repositories and queues a job for each; the queues are short,
//! so that a planner waits for the workers rather than hold every name. One dispatcher gives the most urgent job to the
//! next free worker.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    hooks::{Event, Priority, RepositoryTask},
    oci::RepositoryName,
    service::Registry,
    storage::Page,
};

/// How many jobs a queue holds.
const QUEUE: usize = 64;
/// How many repositories a planner asks the store for at a time.
const PAGE: usize = 100;

/// Runs tasks in the background until it is stopped.
#[derive(Debug)]
pub struct Scheduler {
    stop: CancellationToken,
    tracker: TaskTracker,
}

/// One repository's turn.
struct Job {
    task: Arc<dyn RepositoryTask>,
    repository: RepositoryName,
    /// Dropped when the job is done, which is how its planner knows that the round is.
    _round: mpsc::Sender<()>,
}

/// What planners, dispatcher and jobs share.
#[derive(Clone)]
struct Shared {
    registry: Arc<Registry>,
    stop: CancellationToken,
    tracker: TaskTracker,
    workers: usize,
    working: Arc<AtomicUsize>,
    queued: Arc<[AtomicUsize; 3]>,
}

impl Scheduler {
    /// Starts `tasks`, with as many workers as there are processors.
    pub fn start(registry: &Arc<Registry>, tasks: Vec<Arc<dyn RepositoryTask>>) -> Self {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        Self::with_workers(registry, tasks, workers)
    }

    fn with_workers(registry: &Arc<Registry>, tasks: Vec<Arc<dyn RepositoryTask>>, workers: usize) -> Self {
        let shared = Shared {
            registry: Arc::clone(registry),
            stop: CancellationToken::new(),
            tracker: TaskTracker::new(),
            workers,
            working: Arc::default(),
            queued: Arc::default(),
        };
        let (high, medium, low) = (mpsc::channel(QUEUE), mpsc::channel(QUEUE), mpsc::channel(QUEUE));
        for task in tasks {
            let queue = match task.priority() {
                Priority::High => high.0.clone(),
                Priority::Medium => medium.0.clone(),
                Priority::Low => low.0.clone(),
            };
            shared.registry.events().emit(&Event::TaskRegistered {
                name: task.name(),
                priority: task.priority(),
            });
            shared.tracker.spawn(shared.clone().plan(task, queue));
        }
        shared.tracker.spawn(shared.clone().dispatch(high.1, medium.1, low.1));
        Self {
            stop: shared.stop,
            tracker: shared.tracker,
        }
    }

    /// Stops all tasks, in the middle of their work if need be, and waits until they have.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

impl Shared {
    /// Begins a round of `task` at each interval, the first one at once.
    async fn plan(self, task: Arc<dyn RepositoryTask>, queue: mpsc::Sender<Job>) {
        let rounds = async {
            loop {
                let began = Instant::now();
                self.round(&task, &queue).await;
                let interval = task.interval();
                if interval.is_zero() {
                    return;
                }
                tokio::time::sleep_until(began + interval).await;
            }
        };
        self.stop.run_until_cancelled(rounds).await;
    }

    async fn round(&self, task: &Arc<dyn RepositoryTask>, queue: &mpsc::Sender<Job>) {
        self.emit_round(task, true);
        let (round, mut ended) = mpsc::channel(1);
        let mut after = None;
        loop {
            let page = Page { after, limit: PAGE };
            let listing = match self.registry.store().repositories(page).await {
                Ok(listing) => listing,
                Err(error) => {
                    tracing::error!(task = task.name(), %error, "failed to list the repositories");
                    break;
                }
            };
            after = listing.items.last().map(ToString::to_string);
            for repository in listing.items {
                let job = Job {
                    task: Arc::clone(task),
                    repository,
                    _round: round.clone(),
                };
                self.count_queued(task.priority(), |queued| queued.fetch_add(1, Ordering::Relaxed) + 1);
                if queue.send(job).await.is_err() {
                    return;
                }
            }
            if !listing.more || after.is_none() {
                break;
            }
        }
        drop(round);
        // Nothing is ever sent: it ends when the last job has been dropped.
        ended.recv().await;
        self.emit_round(task, false);
    }

    fn emit_round(&self, task: &Arc<dyn RepositoryTask>, active: bool) {
        self.registry.events().emit(&Event::TaskRound {
            name: task.name(),
            priority: task.priority(),
            active,
        });
    }

    fn count_queued(&self, priority: Priority, change: impl FnOnce(&AtomicUsize) -> usize) {
        let queued = change(&self.queued[priority as usize]);
        self.registry.events().emit(&Event::TaskQueued { priority, queued });
    }

    fn count_working(&self, change: impl FnOnce(&AtomicUsize) -> usize) {
        let working = change(&self.working);
        self.registry.events().emit(&Event::Workers {
            total: self.workers,
            working,
        });
    }

    /// Gives jobs to workers, the most urgent first.
    async fn dispatch(
        self,
        mut high: mpsc::Receiver<Job>,
        mut medium: mpsc::Receiver<Job>,
        mut low: mpsc::Receiver<Job>,
    ) {
        self.count_working(|working| working.load(Ordering::Relaxed));
        let workers = Arc::new(Semaphore::new(self.workers));
        let jobs = async {
            while let Ok(worker) = Arc::clone(&workers).acquire_owned().await {
                let job = tokio::select! {
                    biased;
                    Some(job) = high.recv() => job,
                    Some(job) = medium.recv() => job,
                    Some(job) = low.recv() => job,
                    else => return,
                };
                self.count_queued(job.task.priority(), |queued| queued.fetch_sub(1, Ordering::Relaxed) - 1);
                let shared = self.clone();
                self.tracker.spawn(async move {
                    shared.work(job).await;
                    drop(worker);
                });
            }
        };
        self.stop.run_until_cancelled(jobs).await;
    }

    async fn work(&self, job: Job) {
        self.count_working(|working| working.fetch_add(1, Ordering::Relaxed) + 1);
        let began = Instant::now();
        let run = job.task.run(&self.registry, &job.repository);
        self.stop.run_until_cancelled(run).await;
        let (name, duration): (_, Duration) = (job.task.name(), began.elapsed());
        tracing::debug!(task = name, repository = %job.repository, ?duration, "finished task");
        self.count_working(|working| working.fetch_sub(1, Ordering::Relaxed) - 1);
        self.registry.events().emit(&Event::TaskFinished { name, duration });
    }
}

#[cfg(test)]
mod tests;
