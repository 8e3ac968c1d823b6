//! `plimsoll bench`: measures registries beside each other.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{error::CliError, progress::Terminal, selection};
use crate::{
    bench::{self, BenchError, Plan, Subject, write_text},
    build::{Builder, build_all},
    combination::{Combination, select},
    exit::Exit,
    figures::FiguresOutput,
    project::{self, Project},
    target::ProcessTarget,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll bench                                          the builds with all extensions and with none
  plimsoll bench --peer zot/plimsoll.toml                 and another registry beside them
  plimsoll bench --only requests --only 'push 1 MiB'      some stages or workloads
  plimsoll bench --url http://127.0.0.1:5000 --no-limits  a registry that is already there
  plimsoll bench --quick                                  a try, in seconds

Every subject holds the same content and is measured in every round, in turn. Aims that are not met are told, and nothing comes \
of them: a machine that is busy makes any figure bad, but slows all subjects down alike.")]
pub(super) struct BenchArguments {
    /// What is measured, as a TOML file [default: the plan of this program]
    #[arg(long, value_name = "PATH")]
    plan: Option<PathBuf>,
    /// Only the stage or workload of this name; may be given again
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// A combination: its extensions with commas, or `none`; may be given again [default: all extensions, and none]
    #[arg(long, value_name = "A,B")]
    extensions: Vec<String>,
    /// The project file of another registry, of which the build with everything is measured too; may be given again
    #[arg(long, value_name = "PATH")]
    peer: Vec<PathBuf>,
    /// Measure a registry that is already there instead of the project's; it keeps what is pushed
    #[arg(long, value_name = "URL", conflicts_with = "extensions")]
    url: Option<String>,
    /// Leave out what the machine can do at most: nginx with the same bytes as files, and the disk alone
    #[arg(long)]
    no_limits: bool,
    /// How often each workload is measured [default: as the plan says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Everything once and with little content: whether it can be measured, not what it comes to
    #[arg(long)]
    quick: bool,
    /// Write a report: json=PATH, html= or markdown=; may be given again
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    reports: Vec<FiguresOutput>,
}

pub(super) fn run(project: Option<&Path>, arguments: &BenchArguments) -> Result<Exit, CliError> {
    let plan = plan(arguments)?;
    // Before anything is built: what is missing shall be known at once.
    let nginx = if arguments.no_limits {
        None
    } else {
        Some(Subject::nginx().map_err(BenchError::from)?)
    };
    let project = selection::project(project)?;
    let terminal = Terminal::new();
    let mut subjects = match &arguments.url {
        Some(url) => vec![Subject::url(url)],
        None => own(&project, &arguments.extensions, &terminal)?,
    };
    for file in &arguments.peer {
        subjects.push(peer(file, &terminal)?);
    }
    subjects.extend(nginx.into_iter().flat_map(|nginx| [nginx, Subject::disk()]));
    // On the disk that the project is on: temporary files often lie in memory, where nothing has to be waited for.
    let folder = project.output();
    fs::create_dir_all(&folder).map_err(CliError::surroundings(format!("make {}", folder.display())))?;
    // One thread for all clients: the other processors are for the servers.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::surroundings("start to measure"))?;
    terminal.measuring();
    let measured = runtime.block_on(bench::run(&plan, &subjects, &folder, &|what| terminal.measures(what)));
    terminal.finish();
    let measured = measured?;
    write_text(&measured, &mut anstream::stdout())?;
    for report in &arguments.reports {
        report.write(&measured)?;
    }
    Ok(Exit::Passed)
}

fn plan(arguments: &BenchArguments) -> Result<Plan, CliError> {
    let plan = match &arguments.plan {
        Some(path) => Plan::load(path)?,
        None => Plan::standard()?,
    };
    let mut plan = plan.only(&arguments.only)?;
    if let Some(rounds) = arguments.rounds {
        plan.rounds = rounds.into();
    }
    Ok(if arguments.quick { plan.quick() } else { plan })
}

/// The combinations of the project: those that are named, or all extensions and none.
fn own(project: &Project, named: &[String], terminal: &Terminal) -> Result<Vec<Subject>, CliError> {
    let space = project.space();
    let all = Combination::new(&project.extensions, project.extensions.iter().map(String::as_str));
    let mut combinations = Vec::new();
    if named.is_empty() {
        // Where extensions exclude each other there is no build with all of them.
        let ends = [
            space.close(&all).unwrap_or(Combination::new(&project.extensions, [])),
            space.close(&Combination::new(&project.extensions, []))?,
        ];
        combinations.extend(ends);
    }
    for text in named {
        combinations.push(space.close(&select(text, &project.extensions)?)?);
    }
    combinations.dedup();
    let built = build(project, &combinations, terminal)?;
    let subject = |(combination, target): (&Combination, ProcessTarget)| {
        let name = match &combinations[..] {
            [_] => project.name.clone(),
            _ if *combination == all => format!("{} full", project.name),
            _ => format!("{} {combination}", project.name),
        };
        Subject::own(name, target, project.bench_config.clone())
    };
    Ok(combinations.iter().zip(built).map(subject).collect())
}

/// Another registry, with everything that it can have.
fn peer(file: &Path, terminal: &Terminal) -> Result<Subject, CliError> {
    let project = project::load(file)?;
    let all = Combination::new(&project.extensions, project.extensions.iter().map(String::as_str));
    let combination = project.space().close(&all)?;
    let target = build(&project, std::slice::from_ref(&combination), terminal)?.remove(0);
    Ok(Subject::peer(
        project.name.clone(),
        target,
        project.bench_config.clone(),
    ))
}

fn build(project: &Project, combinations: &[Combination], terminal: &Terminal) -> Result<Vec<ProcessTarget>, CliError> {
    terminal.builds(combinations.len());
    let built = build_all(&Builder::new(project)?, combinations, terminal);
    let target = |binary| ProcessTarget {
        binary,
        companions: BTreeMap::new(),
        serve: project.serve.clone(),
        front: None,
    };
    let targets = built.into_iter().map(|(_, built)| Ok(target(built?.binary)));
    targets.collect()
}
