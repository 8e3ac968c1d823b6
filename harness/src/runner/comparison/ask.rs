//! Asks builds again that answered a script differently.

use std::{
    io,
    num::NonZeroUsize,
    sync::{Arc, mpsc::Sender},
};

use futures_util::future::join_all;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    super::{
        Compared, Event, Job, RunOptions, ScenarioFinished, TranscriptKept, Verdict,
        run::{self, Ended},
        transcript::Transcript,
    },
    Place,
    separation::{Answers, REPETITIONS, apart},
};

/// How often both builds are asked, each time before their answers are looked at.
const ROUNDS: [usize; 4] = [1, 2, 3, 4];
const _: () = assert!(ROUNDS[0] + ROUNDS[1] + ROUNDS[2] + ROUNDS[3] == REPETITIONS);

/// A script as one build runs it.
#[derive(Debug)]
pub struct Build {
    /// The script, and the build.
    pub job: Job,
    /// What it answered in the run, if that is known.
    pub before: Option<TranscriptKept>,
}

/// A script that was answered differently.
#[derive(Debug)]
pub struct Comparison {
    /// A build that answered as most did.
    pub usual: Build,
    /// One for each of the other answers.
    pub others: Vec<Build>,
}

/// Asks the builds of each comparison again, `parallelism` of them side by side, with the seed of the run, until it is known of
/// each whether it is apart from the usual one: sends [`Event::Compared`] for each. A repetition that fails is a verdict that
/// changes: [`Event::ScenarioFinished`] tells it, and then nothing is known of its build.
///
/// # Errors
/// If the machine does not give threads for a runtime.
pub fn compare(
    comparisons: Vec<Comparison>,
    parallelism: NonZeroUsize,
    options: &RunOptions,
    events: &Sender<Event>,
) -> io::Result<()> {
    let asker = Asker {
        options: Arc::new(RunOptions {
            // What the servers said in the run itself is what people look for.
            logs: None,
            ..options.clone()
        }),
        free: Arc::new(Semaphore::new(parallelism.get())),
        events: events.clone(),
    };
    run::with_runtime(options, async {
        let mut running: JoinSet<()> = comparisons
            .into_iter()
            .map(|comparison| {
                let asker = asker.clone();
                async move { asker.compare(comparison).await }
            })
            .collect();
        while running.join_next().await.is_some() {}
    })
}

/// What asking takes.
#[derive(Clone)]
struct Asker {
    options: Arc<RunOptions>,
    free: Arc<Semaphore>,
    events: Sender<Event>,
}

/// A build, and what it answers.
struct Party {
    job: Arc<Job>,
    answers: Answers,
}

impl From<Build> for Party {
    fn from(build: Build) -> Self {
        Self {
            job: Arc::new(build.job),
            answers: Answers {
                before: build.before,
                again: Vec::new(),
            },
        }
    }
}

impl Asker {
    async fn compare(&self, comparison: Comparison) {
        let mut usual = Party::from(comparison.usual);
        let mut open: Vec<Party> = comparison.others.into_iter().map(Party::from).collect();
        for times in ROUNDS {
            // The usual build first: most answers that came by chance are then among its own before another is asked.
            if !self.ask(&mut usual, times).await {
                return;
            }
            open.retain(|other| self.is_open(&usual, other));
            let answered = join_all(open.iter_mut().map(|other| self.ask(other, times))).await;
            let mut answered = answered.into_iter();
            open.retain(|_| answered.next().unwrap_or(false));
            open.retain(|other| self.is_open(&usual, other));
            if open.is_empty() {
                return;
            }
        }
        for other in &open {
            self.tell(&usual, other, apart(&usual.answers, &other.answers).first().copied());
        }
    }

    /// Whether a build may still turn out to be apart; if not, that is told.
    fn is_open(&self, usual: &Party, other: &Party) -> bool {
        let open = !apart(&usual.answers, &other.answers).is_empty();
        if !open {
            self.tell(usual, other, None);
        }
        open
    }

    /// Asks a build so many times more. Whether it answered each time.
    async fn ask(&self, party: &mut Party, times: usize) -> bool {
        let ended = join_all((0..times).map(|_| self.once(&party.job))).await;
        for ended in ended {
            let Some(ended) = ended else { return false };
            if !matches!(ended.finished.verdict, Verdict::Pass | Verdict::Unsupported) {
                self.failed(ended.finished, party.answers.again.len());
                return false;
            }
            let transcript = ended.transcript.unwrap_or_else(|| Transcript::default().finish());
            party.answers.again.push(transcript);
        }
        true
    }

    async fn once(&self, job: &Arc<Job>) -> Option<Ended> {
        // Nobody closes the semaphore.
        let _free = self.free.acquire().await;
        if self.options.cancel.is_cancelled() {
            return None;
        }
        Some(run::once(job, &self.options).await)
    }

    /// A script that passed in the run does not do so any more.
    fn failed(&self, mut finished: ScenarioFinished, passed: usize) {
        if finished.verdict == Verdict::Fail {
            finished.verdict = Verdict::Flaky;
            let times = passed + 2;
            finished.reason = Some(format!("1 of {times} runs failed: it was run again to compare it"));
        }
        if finished.verdict.is_red() {
            let _ = self.events.send(Event::ScenarioFinished(Box::new(finished)));
        }
    }

    fn tell(&self, usual: &Party, other: &Party, place: Option<Place>) {
        let digest = |party: &Party| party.answers.before.as_ref().map(|before| before.digest.clone());
        let job = &other.job;
        let _ = self.events.send(Event::Compared(Compared {
            scenario: job.scenario.name.clone(),
            variant: job.variant,
            row: job.row_label(),
            usual: digest(usual),
            other: digest(other),
            builds: [usual.job.combination.to_string(), job.combination.to_string()],
            repetitions: usual.answers.again.len(),
            apart: place,
        }));
    }
}
