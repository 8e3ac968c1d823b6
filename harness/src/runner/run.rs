//! Runs jobs: one, or many side by side.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    fs,
    future::Future,
    io,
    num::NonZeroUsize,
    sync::{Arc, mpsc::Sender},
    time::{Duration, Instant},
};

use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
};

use super::{
    Event, Failure, Job, RunOptions, ScenarioFinished, TranscriptKept, Verdict, context::Context, evidence, failure,
    interrupt::asked_to_end, judge, known, redact::redacted, script, site::Topology, start::start, step, stop::Stop,
    transcript::Keeper,
};
use crate::assertion::{Kind, Mismatch};

/// How long the steps of one run may take together.
const LONGEST_RUN: Duration = Duration::from_mins(5);

/// Runs one job to its end, on the calling thread, which must not belong to an async runtime.
pub fn run_job(job: &Job, options: &RunOptions) -> ScenarioFinished {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return errored(job, options, format!("cannot make a runtime: {error}")),
    };
    let ended = runtime.block_on(guarded(Arc::new(job.clone()), Arc::new(options.clone())));
    ended.finished
}

/// Runs jobs, `parallelism` of them side by side, and sends an event for each as it ends. Returns when all have ended.
///
/// Ctrl-C or SIGTERM ends the run early, as `options.cancel` does: teardown still happens, no server is left behind, and what did
/// not begin is reported as not reached.
///
/// # Errors
/// If the machine does not give threads for a runtime.
pub fn run_jobs(
    jobs: Vec<Job>,
    parallelism: NonZeroUsize,
    options: &RunOptions,
    events: &Sender<Event>,
) -> io::Result<()> {
    let shared = Arc::new(options.clone());
    with_runtime(options, async {
        let mut waiting: VecDeque<Job> = jobs.into();
        let mut running = JoinSet::new();
        let mut keeper = Keeper::default();
        loop {
            while running.len() < parallelism.get()
                && let Some(job) = waiting.pop_front()
            {
                running.spawn(guarded(Arc::new(job), Arc::clone(&shared)));
            }
            let Some(ended) = running.join_next().await else {
                break;
            };
            if let Ok(Ended { finished, transcript }) = ended {
                let script = (finished.scenario.clone(), finished.variant, finished.row.clone());
                let kept = transcript.map(|transcript| keeper.keep(script, transcript));
                for event in kept.into_iter().flatten() {
                    let _ = events.send(event);
                }
                // Nobody listens any more: then nobody wants to know.
                let _ = events.send(Event::ScenarioFinished(Box::new(finished)));
            }
        }
    })
}

/// Does `work` on a runtime of its own. Ctrl-C or SIGTERM cancels what `options` say.
pub(super) fn with_runtime(options: &RunOptions, work: impl Future<Output = ()>) -> io::Result<()> {
    let runtime: Runtime = Builder::new_multi_thread().enable_all().build()?;
    let cancel = options.cancel.clone();
    runtime.block_on(async {
        let interrupt = tokio::spawn(async move {
            asked_to_end().await;
            cancel.cancel();
        });
        work.await;
        interrupt.abort();
    });
    Ok(())
}

/// Runs one job, within an async runtime.
pub(crate) async fn run_alone(job: Arc<Job>, options: Arc<RunOptions>) -> ScenarioFinished {
    guarded(job, options).await.finished
}

/// What became of a job, and what was asked and answered, as far as it got.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) finished: ScenarioFinished,
    pub(super) transcript: Option<TranscriptKept>,
}

impl From<ScenarioFinished> for Ended {
    fn from(finished: ScenarioFinished) -> Self {
        Self {
            finished,
            transcript: None,
        }
    }
}

/// Runs a job as often as it says.
async fn guarded(job: Arc<Job>, options: Arc<RunOptions>) -> Ended {
    if let Some(reason) = &job.excluded {
        let mut finished = blank(&job, Verdict::Excluded);
        finished.reason = Some(reason.clone());
        return finished.into();
    }
    if options.cancel.is_cancelled() {
        return interrupted(&job).into();
    }
    let (mut runs, mut transcripts) = (Vec::new(), Vec::new());
    while runs.len() < job.repeat.max(1) && !options.cancel.is_cancelled() {
        let ended = once(&job, &options).await;
        runs.push(ended.finished);
        transcripts.extend(ended.transcript);
    }
    let Some(mut finished) = known::together(runs) else {
        return interrupted(&job).into();
    };
    if let Some(known) = &job.known {
        known.judge(&mut finished);
    }
    let named = finished.transcript.as_ref();
    let transcript = transcripts.into_iter().find(|one| Some(&one.digest) == named);
    Ended { finished, transcript }
}

/// Runs a job once; a panic in it is an error of this job alone.
pub(super) async fn once(job: &Arc<Job>, options: &Arc<RunOptions>) -> Ended {
    let task = {
        let (job, options) = (Arc::clone(job), Arc::clone(options));
        tokio::spawn(async move { run(&job, &options).await })
    };
    match task.await {
        Ok(ended) => without_secrets(ended, job, options),
        Err(error) => errored(job, options, format!("the harness panicked: {error}")).into(),
    }
}

/// What is told of a run, without the credentials of a registry that is not ours.
fn without_secrets(ended: Ended, job: &Job, options: &RunOptions) -> Ended {
    let Some(access) = job.target.access().filter(|access| access.user().is_some()) else {
        return ended;
    };
    let Ended { finished, transcript } = ended;
    let transcript = transcript.map(|transcript| redacted(&transcript, access)).transpose();
    match (redacted(&finished, access), transcript) {
        (Ok(finished), Ok(transcript)) => Ended { finished, transcript },
        (Err(error), _) | (_, Err(error)) => errored(job, options, format!("cannot redact what came: {error}")).into(),
    }
}

async fn run(job: &Arc<Job>, options: &Arc<RunOptions>) -> Ended {
    let began = Instant::now();
    let mut context = match Context::new(job, options) {
        Ok(context) => context,
        Err(Stop::Failed(mismatch) | Stop::Error(mismatch)) => {
            return errored(job, options, mismatch.message).into();
        }
        Err(Stop::Precondition(reason)) => {
            let mut finished = blank(job, Verdict::PreconditionFailed);
            finished.reason = Some(reason);
            return finished.into();
        }
        Err(Stop::Unsupported(_) | Stop::Interrupted) => return interrupted(job).into(),
    };
    let mut ended = limited(&mut context)
        .await
        .and(counted(&context))
        .map_err(|stop| told(&context, stop));
    // What is tidied up afterwards is no part of what the scenario states.
    let transcript = std::mem::take(&mut context.transcript).finish();
    ended = and_then(ended, teardown(&mut context).await);
    ended = and_then(ended, end(&mut context).await);
    if let Some(error) = keep_log(&context).err() {
        ended = and_then(
            ended,
            Err(told(&context, Stop::error(format!("cannot keep the log: {error}")))),
        );
    }
    let mut finished = blank(job, Verdict::Pass);
    if let Err(told) = ended {
        finished.verdict = told.verdict;
        finished.reason = told.reason;
        finished.failure = told.failure.map(|failure| *failure);
        finished.broken = told.broken;
    }
    deviated(&mut finished, std::mem::take(&mut context.deviations), options);
    if let (Verdict::Pass | Verdict::Warn, Some(script)) = (finished.verdict, job.script()) {
        finished.evidence = evidence::evidence(&job.scenario, script);
    }
    if let Some(failure) = &mut finished.failure {
        keep_script(&context, failure);
    }
    finished.checks = context.checks;
    finished.requests = context.requests;
    finished.outcomes = std::mem::take(&mut context.outcomes);
    finished.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    finished.transcript = (!transcript.exchanges.is_empty()).then(|| transcript.digest.clone());
    let transcript = finished.transcript.is_some().then_some(transcript);
    Ended { finished, transcript }
}

/// Why a run did not pass, told while its context still knows.
struct Told {
    verdict: Verdict,
    reason: Option<String>,
    failure: Option<Box<Failure>>,
    broken: Vec<String>,
}

fn told(context: &Context, stop: Stop) -> Told {
    let (verdict, reason, mismatch) = match stop {
        Stop::Failed(mismatch) => return broken(context, mismatch),
        Stop::Error(mismatch) => (Verdict::Error, None, Some(mismatch)),
        Stop::Unsupported(reason) => (Verdict::Unsupported, Some(reason), None),
        Stop::Precondition(reason) => (Verdict::PreconditionFailed, Some(reason), None),
        Stop::Interrupted => (Verdict::NotReached, Some("the run was interrupted".to_owned()), None),
    };
    let failure = mismatch.map(|mismatch| Box::new(failure::failure(context, mismatch)));
    Told {
        verdict,
        reason,
        failure,
        broken: Vec::new(),
    }
}

/// A check did not hold: what that means depends on what it was about.
fn broken(context: &Context, mismatch: Mismatch) -> Told {
    let job = &context.job;
    let about = judge::about(
        &job.scenario,
        job.script(),
        &context.current.spec,
        mismatch.span.as_ref(),
    );
    let verdict = context.options.bar.verdict(&about);
    if verdict == Verdict::Excluded {
        return Told {
            verdict,
            reason: Some(judge::later(&about)),
            failure: None,
            broken: Vec::new(),
        };
    }
    Told {
        verdict,
        reason: None,
        failure: Some(Box::new(failure::failure(context, mismatch))),
        broken: about,
    }
}

/// Adds what did not hold and did not end the run.
fn deviated(finished: &mut ScenarioFinished, deviations: Vec<(Vec<String>, Failure)>, options: &RunOptions) {
    for (statements, failure) in deviations {
        if options.bar.verdict(&statements) == Verdict::Excluded {
            continue;
        }
        if !finished.verdict.is_red() {
            finished.verdict = Verdict::Warn;
            finished.failure.get_or_insert(failure);
        }
        let new = statements
            .into_iter()
            .filter(|id| !finished.broken.contains(id))
            .collect::<Vec<_>>();
        finished.broken.extend(new);
    }
}

/// The first thing that went wrong, unless it was not red and the later one is.
fn and_then(first: Result<(), Told>, second: Result<(), Told>) -> Result<(), Told> {
    match (first, second) {
        (Err(first), Err(second)) if !first.verdict.is_red() && second.verdict.is_red() => Err(second),
        (Err(first), _) => Err(first),
        (Ok(()), second) => second,
    }
}

/// Starts the server and does the steps, until they end, take too long, or somebody ends the run.
async fn limited(context: &mut Context) -> Result<(), Stop> {
    let cancel = context.options.cancel.clone();
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Stop::Interrupted),
        ended = steps(context) => ended,
        () = tokio::time::sleep(LONGEST_RUN) => {
            let said = format!("the steps took more than {} s together", LONGEST_RUN.as_secs());
            Err(Stop::failed(said).being(Kind::TooLong))
        }
    }
}

async fn steps(context: &mut Context) -> Result<(), Stop> {
    let job = Arc::clone(&context.job);
    let Some(script) = job.script() else {
        return Err(Stop::error("the scenario has no such script"));
    };
    start(context, script).await?;
    step::run_all(context, &script.steps).await
}

/// What checked nothing could not fail, and is no pass.
fn counted(context: &Context) -> Result<(), Stop> {
    if context.checks > 0 {
        return Ok(());
    }
    Err(Stop::error("no check was made: this run could not have failed"))
}

/// Does the steps that are done in any case. They see what the others captured.
async fn teardown(context: &mut Context) -> Result<(), Told> {
    let job = Arc::clone(&context.job);
    let Some(script) = job.script().filter(|script| !script.teardown.is_empty()) else {
        return Ok(());
    };
    let ended = tokio::select! {
        ended = step::run_all(context, &script.teardown) => ended,
        () = tokio::time::sleep(LONGEST_RUN) => {
            let said = format!("the teardown took more than {} s", LONGEST_RUN.as_secs());
            Err(Stop::failed(said).being(Kind::TooLong))
        }
    };
    ended.map_err(|stop| told(context, stop.map(|mismatch| mismatch.of("in teardown:"))))
}

/// Ends the servers, the last one first. One that ended by itself failed, whatever the checks say.
async fn end(context: &mut Context) -> Result<(), Told> {
    let site = Arc::clone(&context.site);
    let mut ended = Ok(());
    for server in site.own().map(Topology::registries).unwrap_or_default().iter().rev() {
        if !server.is_running() {
            continue;
        }
        let stop = match server.ended_by_itself().await {
            Some(status) => {
                let said = format!("{} ended by itself ({status})", context.called(server));
                Stop::failed(said).being(Kind::Ended)
            }
            None => match server.stop().await {
                Ok(_) => continue,
                Err(error) => Stop::error(error.to_string()),
            },
        };
        ended = and_then(ended, Err(told(context, stop)));
    }
    ended
}

/// Keeps what the servers printed, where the options say so: each in a file of its own.
fn keep_log(context: &Context) -> io::Result<()> {
    let (Some(folder), Some(servers)) = (&context.options.logs, context.site.own()) else {
        return Ok(());
    };
    let job = Arc::clone(&context.job);
    let folder = folder.join(job.combination.to_string());
    fs::create_dir_all(&folder)?;
    for server in servers.registries().iter().filter(|server| !server.log().is_empty()) {
        let which = if job.scenario.servers.is_empty() {
            String::new()
        } else {
            format!(".{}", server.name())
        };
        let name = format!("{}{which}.log", file_stem(&job));
        let mut lines = String::new();
        for line in server.log().since(0) {
            let _ = writeln!(lines, "{:>6} {}", line.at_ms, line.text);
        }
        fs::write(folder.join(name), lines)?;
    }
    Ok(())
}

/// Keeps all that was asked as a script beside the logs, and says in the failure where it is.
fn keep_script(context: &Context, failure: &mut Failure) {
    let Some(folder) = context.options.logs.as_ref().filter(|_| context.requests > 0) else {
        return;
    };
    let job = &context.job;
    let folder = folder
        .join(job.combination.to_string())
        .join(format!("{}.repro", file_stem(job)));
    let written = script::write(context, failure, &folder);
    failure.script = Some(match written {
        Ok(path) => {
            let shown = path.strip_prefix(&context.options.project_root).unwrap_or(&path);
            shown.display().to_string()
        }
        Err(error) => format!("none: it cannot be written: {error}"),
    });
}

/// What files of a run are called.
fn file_stem(job: &Job) -> String {
    let row = if job.scenario.rows.len() > 1 {
        format!(".{}", job.row + 1)
    } else {
        String::new()
    };
    format!("{}.{}{row}", job.scenario.name.replace('/', "."), job.variant.name())
}

fn blank(job: &Job, verdict: Verdict) -> ScenarioFinished {
    ScenarioFinished {
        combination: job.combination.to_string(),
        scenario: job.scenario.name.clone(),
        path: job.scenario.path.display().to_string(),
        title: job.scenario.title.clone(),
        variant: job.variant,
        row: job.row_label(),
        other: job.other.as_ref().map(ToString::to_string),
        statements: job.scenario.statements.clone(),
        broken: Vec::new(),
        evidence: Vec::new(),
        verdict,
        reason: None,
        checks: 0,
        requests: 0,
        duration_ms: 0,
        outcomes: Vec::new(),
        transcript: None,
        differs: job.scenario.differs.clone(),
        failure: None,
    }
}

fn interrupted(job: &Job) -> ScenarioFinished {
    let mut finished = blank(job, Verdict::NotReached);
    finished.reason = Some("the run was interrupted".to_owned());
    finished
}

/// A run that did not get far enough for a context.
fn errored(job: &Job, options: &RunOptions, message: String) -> ScenarioFinished {
    let mismatch = Mismatch {
        kind: Kind::Harness,
        span: None,
        message,
        expected: None,
        actual: None,
    };
    let again = failure::command(
        &job.scenario.path.display().to_string(),
        &job.combination,
        &job.target,
        options.seed,
    );
    let mut finished = blank(job, Verdict::Error);
    finished.failure = Some(failure::early(&job.scenario.source, mismatch, again));
    finished
}
