//! The official suite: `plimsoll official`, and the part of `plimsoll run` that runs it.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::Sender,
    },
    thread,
};

use tokio_util::sync::CancellationToken;

use super::{
    arguments::OfficialArguments,
    error::CliError,
    progress::Terminal,
    recorder::Recorder,
    run::{self, Clock, Ready},
    selection,
};
use crate::{
    conformance::{OfficialError, OfficialSuite, REMEDY, SPEC_VERSIONS},
    exit::Exit,
    mutation::{self, Declaration, Proof},
    project::Project,
    runner::{Event, ToolMissing},
    target::{ProcessTarget, merge},
};

/// How many suites run side by side: each keeps a client and a server busy.
const SIDE_BY_SIDE: usize = 2;

pub(super) fn run(project: Option<&Path>, arguments: &OfficialArguments) -> Result<Exit, CliError> {
    let clock = Clock::start();
    let project = selection::project(project)?;
    let plan = selection::plan(&project, &arguments.combinations)?;
    let suite = OfficialSuite::install(&tools(&project))?;
    let terminal = Arc::new(Terminal::new());
    let recorder = Recorder::start(&project.output().join("events.jsonl"), Arc::clone(&terminal), None)?;
    recorder.record(run::started(&project, &plan, 0, 0, project.name.clone()));
    let ready = run::build(&project, &plan.combinations, &recorder, &terminal)?;
    let builds = clock.milliseconds();
    run_suite(
        &suite,
        &project,
        &ready,
        recorder.events(),
        &terminal,
        &CancellationToken::new(),
    );
    run::conclude(recorder.finish()?, &terminal, clock, builds, &arguments.reports)
}

/// Runs the suite against each combination; without Go, says so.
pub(super) fn beside(
    project: &Project,
    ready: &[Ready],
    recorder: &Recorder,
    terminal: &Terminal,
    cancel: &CancellationToken,
) -> Result<(), CliError> {
    match OfficialSuite::install(&tools(project)) {
        Ok(suite) => run_suite(&suite, project, ready, recorder.events(), terminal, cancel),
        Err(OfficialError::NoGo) => recorder.record(Event::ToolMissing(ToolMissing {
            tool: "Go".to_owned(),
            left_out: "the official OCI conformance suite".to_owned(),
            remedy: REMEDY.to_owned(),
        })),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// The suite, which has to be there.
pub(super) fn install(project: &Project) -> Result<OfficialSuite, CliError> {
    Ok(OfficialSuite::install(&tools(project))?)
}

/// Shows the mutants of a proof to the suite.
pub(super) fn compare(
    suite: &OfficialSuite,
    project: &Project,
    process: &ProcessTarget,
    declarations: &[Declaration],
    proof: &mut Proof,
    terminal: &Terminal,
    cancel: &CancellationToken,
) {
    let mut process = process.clone();
    if let Some(over) = &project.official_config {
        merge(
            Arc::make_mut(&mut process.serve).config.get_or_insert_default(),
            over.clone(),
        );
    }
    terminal.official(declarations.len());
    let ended = |id: &str| terminal.official_ended(id);
    mutation::compare(suite, &process, declarations, proof, SIDE_BY_SIDE, &ended, cancel);
}

fn tools(project: &Project) -> std::path::PathBuf {
    project.output().join("tools")
}

fn run_suite(
    suite: &OfficialSuite,
    project: &Project,
    ready: &[Ready],
    events: &Sender<Event>,
    terminal: &Terminal,
    cancel: &CancellationToken,
) {
    let work: Vec<(&Ready, &str)> = ready
        .iter()
        .flat_map(|one| SPEC_VERSIONS.map(|spec| (one, spec)))
        .collect();
    terminal.official(work.len());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            let (next, work, events) = (&next, &work, events.clone());
            scope.spawn(move || {
                while let Some((ready, spec)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut process = ready.process.clone();
                    if let Some(over) = &project.official_config {
                        merge(
                            Arc::make_mut(&mut process.serve).config.get_or_insert_default(),
                            over.clone(),
                        );
                    }
                    let finished = suite.run(&process, &ready.combination.to_string(), spec, cancel);
                    // Nobody listens any more: then nobody wants to know.
                    let _ = events.send(Event::OfficialFinished(finished));
                }
            });
        }
    });
}
