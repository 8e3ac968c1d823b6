//! Builds the registry, and proves.

use std::{collections::BTreeMap, io::Write, path::Path, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::{arguments::ProveArguments, choose::chosen};
use crate::{
    build::{Builder, build_all},
    cli::{
        error::CliError,
        official,
        progress::Terminal,
        run::{self, Clock},
        selection,
    },
    combination::{Combination, select},
    exit::Exit,
    mutation::{Declaration, Progress, ProveOptions, Tried, prove, write_terminal},
    project::{Project, Recipe},
    runner::{Bar, Job, RunOptions, ScenarioFinished, Variant, jobs},
    target::{ProcessTarget, Target},
};

pub(in crate::cli) fn run(project: Option<&Path>, arguments: &ProveArguments) -> Result<Exit, CliError> {
    let clock = Clock::start();
    let seed = arguments.seed.unwrap_or_else(run::fresh_seed);
    let declarations = chosen(arguments, seed)?;
    if arguments.list {
        return list(&declarations);
    }
    let mut project = selection::project(project)?;
    if let Some(profile) = &arguments.profile {
        let Recipe::Cargo(cargo) = &mut project.build.recipe else {
            return Err(CliError::usage(
                "--profile is cargo's, which does not build this project",
                "leave it out",
            ));
        };
        cargo.profile.clone_from(profile);
    }
    let extensions = arguments
        .extensions
        .clone()
        .unwrap_or_else(|| project.extensions.join(","));
    let combination = select(&extensions, &project.extensions)?;
    let scenarios = selection::scenarios(&project, &[])?;
    let suite = arguments.compare.map(|_| official::install(&project)).transpose()?;

    let terminal = Arc::new(Terminal::new());
    let process = build(&project, &combination, &terminal)?;
    let target = Arc::new(Target::Process(process.clone()));
    let mut jobs: Vec<Job> = jobs(&scenarios, &combination, &target);
    // What only says what our own registry does is no conformance, unless a mutant is about just that; and what runs without an
    // extension needs another build.
    let wanted = |name: &str| project.holds_for_any(name) || declarations.iter().any(|one| one.is_about(name));
    jobs.retain(|job| job.variant == Variant::On && wanted(&job.scenario.name));
    let options = ProveOptions {
        run: RunOptions {
            seed,
            project_root: project.root.clone(),
            logs: None,
            bar: Bar::default(),
            cancel: CancellationToken::new(),
        },
        parallelism: run::jobs_side_by_side(arguments.jobs),
        full: arguments.full,
    };
    let progress: Arc<dyn Progress> = Arc::new(Shown(Arc::clone(&terminal)));
    let all = declarations.len();
    let compared: Vec<Declaration> = declarations.clone();
    let mut proof = prove(declarations, jobs, &options, &progress).map_err(CliError::surroundings("run scenarios"))?;
    proof.target = format!("{} ({combination})", project.name);
    if let Some(suite) = &suite
        && proof.control.is_empty()
    {
        official::compare(
            suite,
            &project,
            &process,
            &compared,
            &mut proof,
            &terminal,
            &options.run.cancel,
        );
    }
    proof.duration_ms = clock.milliseconds();
    terminal.finish();
    write_terminal(&proof, &mut anstream::stdout())?;
    for output in &arguments.reports {
        output.write(&proof)?;
    }
    Ok(if proof.holds() && proof.tried.len() == all {
        Exit::Passed
    } else {
        Exit::Failed
    })
}

fn list(declarations: &[Declaration]) -> Result<Exit, CliError> {
    let mut out = anstream::stdout();
    for one in declarations {
        writeln!(out, "{} {} ({})", one.kind, one.id, one.statements.join(", "))?;
        writeln!(out, "    a registry that {}", one.does)?;
    }
    Ok(Exit::Passed)
}

/// The registry that is sabotaged.
fn build(project: &Project, combination: &Combination, terminal: &Arc<Terminal>) -> Result<ProcessTarget, CliError> {
    let builder = Builder::new(project)?;
    terminal.builds(1);
    let built = build_all(&builder, std::slice::from_ref(combination), &**terminal);
    let (_, built) = built.into_iter().next().ok_or_else(|| CliError::Surroundings {
        what: "build the registry".to_owned(),
        source: std::io::Error::other("no build was made"),
    })?;
    Ok(ProcessTarget {
        binary: built?.binary,
        serve: project.serve.clone(),
        companions: BTreeMap::new(),
        front: None,
    })
}

/// Shows how a proof gets on.
struct Shown(Arc<Terminal>);

impl Progress for Shown {
    fn control(&self, runs: usize) {
        self.0.runs(runs);
    }

    fn controlled(&self, run: &ScenarioFinished) {
        self.0.scenario_ended(run);
    }

    fn trying(&self, count: usize) {
        self.0.proving(count);
    }

    fn tried(&self, one: &Tried) {
        let first = one.fate.catches().first().filter(|_| !one.fate.is_right());
        let why = first.map(|catch| format!(": {}:{}", catch.scenario, catch.line));
        self.0.tried(&one.id, one.fate.is_right(), &why.unwrap_or_default());
    }
}
