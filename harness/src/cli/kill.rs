//! `plimsoll kill`: kills the registry while clients work, and looks whether it has what it acknowledged.

use std::{io::Write, path::Path, sync::Arc, time::Instant};

use clap::Args;

use super::{
    error::CliError,
    one_build::{self, OneBuild},
    progress::Terminal,
    run::fresh_seed,
};
use crate::{
    durability::tally::Entry,
    exit::Exit,
    kill::{self, Loss, Options, Outcome},
};

/// How many lines are told of a loss.
const TOLD: usize = 5;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll kill
  plimsoll kill --extensions scrub,lint --rounds 200
  plimsoll kill --seed 471193 --rounds 1      the same clients and instants as before

Clients push, tag, mount and delete; the registry is killed with SIGKILL at an instant that the seed draws, and started again. \
It has to have everything that was acknowledged, byte for byte, and what was not as a whole or not at all; every index.json has \
to be valid. At the end of a round, what crashes left over has to be swept, as far as `durability` in the project file says \
what that is.")]
pub(super) struct KillArguments {
    /// The combination to kill: its extensions with commas, or `none`
    #[arg(long, value_name = "A,B", default_value = "none")]
    pub(super) extensions: String,
    /// Decides what clients do, and when they are interrupted [default: another every time]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// How many rounds there are, each on an empty root and with the next seed
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) rounds: u64,
    /// How often the registry is killed in a round
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) kills: u64,
}

pub(super) fn run(project: Option<&Path>, arguments: &KillArguments) -> Result<Exit, CliError> {
    let terminal = Arc::new(Terminal::new());
    let trial = Trial {
        build: &OneBuild::new(project, &arguments.extensions, &terminal)?,
        seed: arguments.seed.unwrap_or_else(fresh_seed),
        rounds: arguments.rounds,
        kills: arguments.kills,
    };
    Ok(one_build::exit(trial.run(&terminal)?.losses))
}

/// Kills of one build.
pub(super) struct Trial<'run> {
    pub(super) build: &'run OneBuild,
    pub(super) seed: u64,
    pub(super) rounds: u64,
    pub(super) kills: u64,
}

impl Trial<'_> {
    /// Kills, and prints what came of it.
    pub(super) fn run(&self, terminal: &Arc<Terminal>) -> Result<Entry, CliError> {
        let options = Options {
            seed: self.seed,
            rounds: self.rounds,
            kills: self.kills,
            side_by_side: one_build::side_by_side(),
        };
        let runtime = tokio::runtime::Runtime::new().map_err(CliError::surroundings("start the runtime"))?;
        terminal.kills(options.rounds * options.kills);
        let began = Instant::now();
        let progress = Arc::clone(terminal);
        let keep = self.build.project.output().join("kill");
        let outcome = runtime.block_on(kill::run(
            &self.build.target,
            self.build.project.sweep.as_ref(),
            options,
            &keep,
            move |times| {
                progress.killed(times);
            },
        ));
        terminal.finish();
        let outcome = outcome?;
        let seconds = began.elapsed().as_secs_f64();
        self.write(&outcome, seconds, &mut anstream::stdout())?;
        Ok(Entry {
            proof: "kills".to_owned(),
            unit: "kills".to_owned(),
            tried: outcome.kills,
            looks: Some(outcome.looks),
            losses: outcome.losses.len() as u64,
            seconds: Some(seconds),
            seed: Some(self.seed),
        })
    }

    fn write(&self, outcome: &Outcome, seconds: f64, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(
            out,
            "  kills  {}: {} answers, {} interrupted ({} had happened), {} looks, {} left over and swept, {} with a loss   \
             {seconds:.1} s   seed {}",
            outcome.kills,
            outcome.answers,
            outcome.interrupted,
            outcome.happened,
            outcome.looks,
            outcome.swept,
            outcome.losses.len(),
            self.seed
        )?;
        let Some(loss) = outcome.losses.first() else {
            return Ok(());
        };
        write_loss(loss, out)?;
        writeln!(
            out,
            "  again  plimsoll kill --extensions {} --seed {} --rounds 1 --kills {}",
            self.build.extensions, loss.seed, self.kills
        )
    }
}

fn write_loss(loss: &Loss, out: &mut impl Write) -> std::io::Result<()> {
    match loss.kill {
        0 => writeln!(out, "\n  LOST   at the end of the round with seed {}", loss.seed)?,
        kill => writeln!(out, "\n  LOST   after kill {kill} of the round with seed {}", loss.seed)?,
    }
    for line in loss.wrong.iter().take(TOLD) {
        writeln!(out, "  wrong  {line}")?;
    }
    if loss.wrong.len() > TOLD {
        writeln!(out, "         … {} more", loss.wrong.len() - TOLD)?;
    }
    writeln!(out, "  disk   {}", loss.folder.display())
}
