//! `plimsoll run`: builds combinations, runs scenarios against each, reports.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    path::Path,
    sync::Arc,
    thread::available_parallelism,
    time::{Instant, SystemTime},
};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{
    arguments::{ReportArguments, RunArguments},
    census::Committed,
    confirm::confirm,
    error::CliError,
    limit::TimeLimit,
    localise::Localiser,
    official,
    pairs::Pairs,
    progress::Terminal,
    recorder::{Recorded, Recorder},
    selection::{self, Plan},
    shard, url,
};
use crate::{
    build::{Builder, Built, build_all, unpack},
    combination::Combination,
    conformance::{Binding, Version},
    exit::Exit,
    project::Project,
    report::{Report, write_terminal},
    runner::{Bar, BuildFinished, Event, Job, KnownFailure, RunOptions, RunStarted, jobs, run_jobs},
    scenario::Scenario,
    target::{ProcessTarget, Target},
};

/// How many scenarios run side by side for each processor: most of the time they wait for the server.
const JOBS_PER_PROCESSOR: usize = 8;

/// A combination with a binary.
#[derive(Clone)]
pub(super) struct Ready {
    pub(super) combination: Combination,
    pub(super) process: ProcessTarget,
}

/// When the run began.
#[derive(Clone, Copy)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn milliseconds(self) -> u64 {
        milliseconds(self.0.elapsed())
    }
}

pub(super) fn run(project: Option<&Path>, arguments: &RunArguments) -> Result<Exit, CliError> {
    run_some(project, arguments, &|_| true)
}

/// The same, of the jobs that are `wanted`.
pub(super) fn run_some(
    project: Option<&Path>,
    arguments: &RunArguments,
    wanted: &dyn Fn(&Job) -> bool,
) -> Result<Exit, CliError> {
    let clock = Clock::start();
    let mut project = selection::project(project)?;
    if let Some(image) = &arguments.image {
        selection::in_containers(&mut project, image, &arguments.combinations)?;
    }
    if let Some(archive) = &arguments.archive {
        unpack(archive, &mut project)?;
    }
    let mut scenarios = selection::scenarios(&project, &arguments.scenarios)?;
    selection::only(&mut scenarios, &arguments.only)?;
    let expectations = selection::expectations(&project, arguments.expectations.as_deref())?;
    if let Some(shard) = arguments.shard {
        let durations = arguments.durations.as_deref().map(shard::durations).transpose()?;
        let known = durations.unwrap_or_default();
        scenarios = shard.of(scenarios, &|one| {
            known.get(&one.name).copied().unwrap_or_else(|| shard::size(one))
        });
    }
    let at_url = url::target(&project, arguments)?;
    let plan = match &at_url {
        Some(_) => Plan {
            combinations: vec![selection::at_url(&project, &arguments.combinations)?],
            coverage: Vec::new(),
        },
        None => selection::plan(&project, &arguments.combinations)?,
    };
    at_url.as_ref().map(url::knock).transpose()?;
    let census = Committed::load(&project, arguments, at_url.is_some())?;
    let combinations = &plan.combinations;
    let options = options(&project, arguments, at_url.is_some());
    let _limit = arguments
        .whole
        .time_limit
        .map(|limit| TimeLimit::new(limit, options.cancel.clone()));
    let terminal = Arc::new(Terminal::new());
    let stop = arguments.end.fail_fast.then(|| options.cancel.clone());
    let recorder = Recorder::start(&project.output().join("events.jsonl"), Arc::clone(&terminal), stop)?;
    let target = at_url
        .as_ref()
        .map_or_else(|| project.name.clone(), |target| target.url.origin());
    recorder.record(started(&project, &plan, options.seed, scenarios.len(), target));

    recorder.record(Event::RegisterKnown(options.bar.register()));

    let mut ready = Vec::new();
    let is_elsewhere = at_url.is_some();
    let targets = if let Some(target) = at_url {
        vec![(combinations[0].clone(), Target::Url(target))]
    } else {
        ready = build(&project, combinations, &recorder, &terminal)?;
        add_companions(&project, &mut ready, &scenarios, &recorder, &terminal)?;
        let process = |one: &Ready| (one.combination.clone(), Target::Process(one.process.clone()));
        ready.iter().map(process).collect()
    };
    let builds = if ready.is_empty() { 0 } else { clock.milliseconds() };

    let built: Vec<Combination> = ready.iter().map(|one| one.combination.clone()).collect();
    let mut jobs = arguments
        .pairs
        .spread(all_jobs(&scenarios, targets), &built, options.seed);
    jobs.retain(wanted);
    for job in &mut jobs {
        job.repeat = arguments.repeat.get();
        let expected = expectations.of(&job.scenario.name, job.row_label().as_deref(), &job.combination);
        job.known = expected.map(|expected| KnownFailure {
            reason: expected.reason.clone(),
            says: expected.says.clone(),
        });
    }
    if is_elsewhere && arguments.scenarios.is_empty() {
        leave_out_our_own(&project, &mut jobs);
    }
    leave_out_what_is_later(options.bar, &mut jobs);
    terminal.runs(jobs.len());
    let parallelism = jobs_side_by_side(arguments.jobs);
    run_jobs(jobs.clone(), parallelism, &options, recorder.events())
        .map_err(CliError::surroundings("run scenarios"))?;
    if arguments.official && !options.cancel.is_cancelled() {
        let part = arguments.shard.map_or(ready.clone(), |shard| shard.share(&ready));
        official::beside(&project, &part, &recorder, &terminal, &options.cancel)?;
    }
    let mut so_far = recorder.finish()?;
    confirm(&mut so_far, &jobs, parallelism, &options, &terminal)?;
    if arguments.localise {
        let companions = ready.into_iter().next().map(|one| one.process.companions);
        let localiser = Localiser {
            project: &project,
            scenarios: &scenarios,
            companions: companions.unwrap_or_default(),
            options: &options,
            parallelism,
            terminal: &terminal,
        };
        localiser.run(&mut so_far)?;
    }
    if let Some(census) = &census {
        census.settle(&mut so_far)?;
    }
    conclude(so_far, &terminal, clock, builds, &arguments.reports)
}

/// Builds what `plan` has, and holds it to every scenario: what that came to, and the binaries.
pub(super) fn hold_to_everything(project: &Project, plan: &Plan) -> Result<(Report, Vec<Ready>), CliError> {
    let clock = Clock::start();
    let scenarios = selection::scenarios(project, &[])?;
    let options = RunOptions {
        seed: fresh_seed(),
        project_root: project.root.clone(),
        logs: Some(project.output().join("logs")),
        bar: Bar::default(),
        cancel: CancellationToken::new(),
    };
    let terminal = Arc::new(Terminal::new());
    let recorder = Recorder::start(&project.output().join("events.jsonl"), Arc::clone(&terminal), None)?;
    recorder.record(started(
        project,
        plan,
        options.seed,
        scenarios.len(),
        project.name.clone(),
    ));
    recorder.record(Event::RegisterKnown(options.bar.register()));
    let mut ready = build(project, &plan.combinations, &recorder, &terminal)?;
    add_companions(project, &mut ready, &scenarios, &recorder, &terminal)?;
    let builds_ms = clock.milliseconds();
    let targets = ready
        .iter()
        .map(|one| (one.combination.clone(), Target::Process(one.process.clone())));
    let built: Vec<Combination> = ready.iter().map(|one| one.combination.clone()).collect();
    let mut jobs = Pairs::default().spread(all_jobs(&scenarios, targets.collect()), &built, options.seed);
    leave_out_what_is_later(options.bar, &mut jobs);
    terminal.runs(jobs.len());
    let parallelism = jobs_side_by_side(None);
    run_jobs(jobs.clone(), parallelism, &options, recorder.events())
        .map_err(CliError::surroundings("run scenarios"))?;
    let mut so_far = recorder.finish()?;
    confirm(&mut so_far, &jobs, parallelism, &options, &terminal)?;
    so_far.record(&Event::RunFinished {
        duration_ms: clock.milliseconds(),
        builds_ms,
    });
    terminal.finish();
    Ok((so_far.finish()?, ready))
}

/// A registry that is already there is held to what any registry has to do, and to more only where somebody asks.
fn leave_out_our_own(project: &Project, jobs: &mut [Job]) {
    for job in jobs.iter_mut().filter(|job| !project.holds_for_any(&job.scenario.name)) {
        let reason = format!(
            "says what {} does, not what any registry has to; name it to run it",
            project.name
        );
        job.excluded = Some(reason);
    }
}

/// A registry is not held to what came after the version that it is held to.
fn leave_out_what_is_later(bar: Bar, jobs: &mut [Job]) {
    for job in jobs.iter_mut().filter(|job| job.excluded.is_none()) {
        job.excluded = bar.excludes(&job.scenario);
    }
}

/// A project's own builds are held to all that its scenarios say. A registry that is already there is held to what its users
/// rely on: what the current release of the specification demands.
fn bar(arguments: &RunArguments, is_elsewhere: bool) -> Bar {
    let default = if is_elsewhere {
        Bar {
            level: Binding::Must,
            version: Version::V1_1,
        }
    } else {
        Bar::default()
    };
    Bar {
        level: arguments.level.unwrap_or(default.level),
        version: arguments.spec.unwrap_or(default.version),
    }
}

fn options(project: &Project, arguments: &RunArguments, is_elsewhere: bool) -> RunOptions {
    RunOptions {
        seed: arguments.seed.unwrap_or_else(fresh_seed),
        project_root: project.root.clone(),
        logs: Some(project.output().join("logs")),
        bar: bar(arguments, is_elsewhere),
        cancel: CancellationToken::new(),
    }
}

/// A seed that differs from run to run, short enough to be typed.
pub(super) fn fresh_seed() -> u64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::from(now.subsec_nanos()) % 1_000_000
}

/// How many scenarios run side by side.
pub(super) fn jobs_side_by_side(asked: Option<NonZeroUsize>) -> NonZeroUsize {
    let processors = available_parallelism().map_or(1, NonZeroUsize::get);
    let jobs = asked.or_else(|| NonZeroUsize::new(processors * JOBS_PER_PROCESSOR));
    jobs.unwrap_or(NonZeroUsize::MIN)
}

/// The jobs of every combination.
fn all_jobs(scenarios: &[Arc<Scenario>], targets: Vec<(Combination, Target)>) -> Vec<Job> {
    let targets = targets
        .into_iter()
        .map(|(combination, target)| (combination, Arc::new(target)));
    targets
        .flat_map(|(combination, target)| jobs(scenarios, &combination, &target))
        .collect()
}

pub(super) fn started(project: &Project, plan: &Plan, seed: u64, scenarios: usize, target: String) -> Event {
    Event::RunStarted(RunStarted {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        time: Timestamp::now().strftime("%FT%TZ").to_string(),
        seed,
        target,
        extensions: project.extensions.clone(),
        combinations: plan.combinations.iter().map(ToString::to_string).collect(),
        coverage: plan.coverage.clone(),
        scenarios,
    })
}

/// Builds `combinations`; those that do not build are in the report alone.
pub(super) fn build(
    project: &Project,
    combinations: &[Combination],
    recorder: &Recorder,
    terminal: &Terminal,
) -> Result<Vec<Ready>, CliError> {
    let builder = Builder::new(project)?;
    terminal.builds(combinations.len());
    let mut ready = Vec::new();
    for (combination, result) in build_all(&builder, combinations, terminal) {
        let result = result.map_err(|error| error.to_string());
        recorder.record(Event::BuildFinished(finished(&combination, &result)));
        if let Ok(built) = result {
            let serve = project.serve.clone();
            ready.push(Ready {
                combination,
                process: ProcessTarget {
                    front: None,
                    binary: built.binary,
                    companions: BTreeMap::new(),
                    serve,
                },
            });
        }
    }
    Ok(ready)
}

/// Gives each target the binaries of other combinations that scenarios name, built where the run has not built them.
fn add_companions(
    project: &Project,
    ready: &mut [Ready],
    scenarios: &[Arc<Scenario>],
    recorder: &Recorder,
    terminal: &Terminal,
) -> Result<(), CliError> {
    let mut binaries: BTreeMap<_, _> = ready
        .iter()
        .map(|one| (one.combination.clone(), one.process.binary.clone()))
        .collect();
    let named: BTreeSet<&Combination> = scenarios.iter().flat_map(|scenario| scenario.combinations()).collect();
    let missing: Vec<_> = named
        .into_iter()
        .filter(|named| !binaries.contains_key(*named))
        .cloned()
        .collect();
    if !missing.is_empty() && !ready.is_empty() {
        let builder = Builder::new(project)?;
        terminal.builds(missing.len());
        for (combination, result) in build_all(&builder, &missing, terminal) {
            match result {
                Ok(built) => drop(binaries.insert(combination, built.binary)),
                // It is no part of the plan; that it cannot be built is for the report all the same.
                Err(error) => recorder.record(Event::BuildFinished(finished(&combination, &Err(error.to_string())))),
            }
        }
    }
    for one in ready {
        one.process.companions.clone_from(&binaries);
    }
    Ok(())
}

fn finished(combination: &Combination, result: &Result<Built, String>) -> BuildFinished {
    let built = result.as_ref().ok();
    BuildFinished {
        combination: combination.to_string(),
        duration_ms: built.map_or(0, |built| milliseconds(built.duration)),
        size: built.map(|built| built.size),
        fresh: built.is_some_and(|built| built.fresh),
        error: result.as_ref().err().cloned(),
    }
}

/// Ends the run: writes its reports, and says how the program has to end.
pub(super) fn conclude(
    mut recorded: Recorded,
    terminal: &Terminal,
    clock: Clock,
    builds: u64,
    reports: &ReportArguments,
) -> Result<Exit, CliError> {
    recorded.record(&Event::RunFinished {
        duration_ms: clock.milliseconds(),
        builds_ms: builds,
    });
    terminal.finish();
    let mut report = recorded.finish()?;
    report.compare(reports.baseline.as_ref());
    write_terminal(&report, &mut anstream::stdout())?;
    for output in &reports.reports {
        output.write(&report)?;
    }
    Ok(report.exit())
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
