//! `plimsoll power-cut`: looks at every state that a power cut could leave on the disk.

use std::{collections::BTreeMap, io::Write, path::Path, sync::Arc, thread::available_parallelism, time::Instant};

use super::{arguments::PowerCutArguments, error::CliError, progress::Terminal, run::fresh_seed, selection};
use crate::{
    build::{Builder, build_all},
    combination::select,
    exit::Exit,
    powercut::{self, Loss, Options, Outcome},
    target::ProcessTarget,
};

/// How many states are looked at side by side for each processor: a server waits for its client most of the time.
const SIDE_BY_SIDE: usize = 4;
/// How many lines of each kind are told of a state.
const TOLD: usize = 5;

pub(super) fn run(project: Option<&Path>, arguments: &PowerCutArguments) -> Result<Exit, CliError> {
    let project = selection::project(project)?;
    if project.serve.container.is_some() {
        return Err(CliError::usage(
            "a server in a container cannot be recorded",
            "name a project whose server is a process of this machine",
        ));
    }
    let combination = select(&arguments.extensions, &project.extensions)?;
    powercut::find_strace()?;
    let terminal = Arc::new(Terminal::new());
    terminal.builds(1);
    let (_, built) = build_all(&Builder::new(&project)?, std::slice::from_ref(&combination), &*terminal).remove(0);
    let target = ProcessTarget {
        front: None,
        binary: built?.binary,
        companions: BTreeMap::new(),
        serve: project.serve.clone(),
    };
    let seed = arguments.seed.unwrap_or_else(fresh_seed);
    let keep = project.output().join("power-cut");
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::surroundings("start the runtime"))?;
    let mut exit = Exit::Passed;
    for round in 0..arguments.rounds {
        let options = Options {
            seed: seed + round,
            steps: arguments.steps,
            side_by_side: available_parallelism().map_or(1, std::num::NonZero::get) * SIDE_BY_SIDE,
        };
        terminal.power_cuts();
        let progress = Arc::clone(&terminal);
        let began = Instant::now();
        let outcome = runtime.block_on(powercut::run(&target, options, &keep, move |states| {
            progress.looked_at(states);
        }));
        terminal.finish();
        let outcome = outcome?;
        write(&outcome, options.seed, began, &mut anstream::stdout())?;
        if !outcome.losses.is_empty() {
            let again = format!(
                "plimsoll power-cut --extensions {} --seed {} --steps {}",
                arguments.extensions, options.seed, arguments.steps
            );
            writeln!(anstream::stdout(), "  again    {again}")?;
            exit = Exit::Failed;
            break;
        }
    }
    Ok(exit)
}

fn write(outcome: &Outcome, seed: u64, began: Instant, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "  power cuts  {} operations, {} answers: {} states, {} looks, {} with a loss   {:.1} s   seed {seed}",
        outcome.operations,
        outcome.answers,
        outcome.states,
        outcome.looks,
        outcome.losses.len(),
        began.elapsed().as_secs_f64()
    )?;
    // They have one cause, or few: the first is the plainest.
    if let Some(loss) = outcome.losses.first() {
        write_loss(loss, out)?;
    }
    Ok(())
}

fn write_loss(loss: &Loss, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "\n  LOST  after {} operations", loss.point)?;
    for (label, lines) in [
        ("wrong  ", &loss.wrong),
        ("missing", &loss.missing),
        ("on disk", &loss.kept),
    ] {
        for line in lines.iter().take(TOLD) {
            writeln!(out, "  {label}  {line}")?;
        }
        if lines.len() > TOLD {
            writeln!(out, "           … {} more", lines.len() - TOLD)?;
        }
    }
    writeln!(out, "  state    {}", loss.folder.display())
}
