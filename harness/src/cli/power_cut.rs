//! `plimsoll power-cut`: looks at every state that a power cut could leave on the disk.

use std::{io::Write, path::Path, sync::Arc, time::Instant};

use super::{arguments::PowerCutArguments, error::CliError, one_build, progress::Terminal, run::fresh_seed, selection};
use crate::{
    exit::Exit,
    powercut::{self, Loss, Options, Outcome},
};

/// How many lines of each kind are told of a state.
const TOLD: usize = 5;

pub(super) fn run(project: Option<&Path>, arguments: &PowerCutArguments) -> Result<Exit, CliError> {
    let project = selection::project(project)?;
    powercut::find_strace()?;
    let terminal = Arc::new(Terminal::new());
    let target = one_build::process(&project, &arguments.extensions, &terminal)?;
    let seed = arguments.seed.unwrap_or_else(fresh_seed);
    let keep = project.output().join("power-cut");
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::surroundings("start the runtime"))?;
    let mut exit = Exit::Passed;
    for round in 0..arguments.rounds {
        let options = Options {
            seed: seed + round,
            steps: arguments.steps,
            side_by_side: one_build::side_by_side(),
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
