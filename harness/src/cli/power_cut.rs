//! `plimsoll power-cut`: looks at every state that a power cut could leave on the disk.

use std::{io::Write, path::Path, sync::Arc, time::Instant};

use super::{
    arguments::PowerCutArguments,
    error::CliError,
    one_build::{self, OneBuild},
    progress::Terminal,
    run::fresh_seed,
};
use crate::{
    durability::tally::Entry,
    exit::Exit,
    powercut::{self, Loss, Options, Outcome},
};

/// How many lines of each kind are told of a state.
const TOLD: usize = 5;

/// How many things each client does in a round, unless told otherwise.
pub(super) const STEPS: usize = 8;

pub(super) fn run(project: Option<&Path>, arguments: &PowerCutArguments) -> Result<Exit, CliError> {
    powercut::find_strace()?;
    let terminal = Arc::new(Terminal::new());
    let trial = Trial {
        build: &OneBuild::new(project, &arguments.extensions, &terminal)?,
        seed: arguments.seed.unwrap_or_else(fresh_seed),
        rounds: arguments.rounds,
        steps: arguments.steps,
    };
    Ok(one_build::exit(trial.run(&terminal)?.losses))
}

/// Power cuts of one build.
pub(super) struct Trial<'run> {
    pub(super) build: &'run OneBuild,
    pub(super) seed: u64,
    pub(super) rounds: u64,
    pub(super) steps: usize,
}

impl Trial<'_> {
    /// Looks at the states of each round, and prints what came of it. After a round with a loss there is none.
    pub(super) fn run(&self, terminal: &Arc<Terminal>) -> Result<Entry, CliError> {
        let keep = self.build.project.output().join("power-cut");
        let runtime = tokio::runtime::Runtime::new().map_err(CliError::surroundings("start the runtime"))?;
        let began = Instant::now();
        let mut proof = Entry {
            proof: "power cuts".to_owned(),
            unit: "states of the disk".to_owned(),
            tried: 0,
            looks: Some(0),
            losses: 0,
            seconds: None,
            seed: Some(self.seed),
        };
        for seed in (self.seed..).take(usize::try_from(self.rounds).unwrap_or(usize::MAX)) {
            let options = Options {
                seed,
                steps: self.steps,
                side_by_side: one_build::side_by_side(),
            };
            terminal.power_cuts();
            let progress = Arc::clone(terminal);
            let began = Instant::now();
            let outcome = runtime.block_on(powercut::run(&self.build.target, options, &keep, move |states| {
                progress.looked_at(states);
            }));
            terminal.finish();
            let outcome = outcome?;
            write(&outcome, seed, began, &mut anstream::stdout())?;
            proof.tried += outcome.states as u64;
            proof.looks = proof.looks.map(|looks| looks + outcome.looks);
            proof.losses += outcome.losses.len() as u64;
            if proof.losses > 0 {
                let again = format!(
                    "plimsoll power-cut --extensions {} --seed {seed} --steps {}",
                    self.build.extensions, self.steps
                );
                writeln!(anstream::stdout(), "  again    {again}")?;
                break;
            }
        }
        proof.seconds = Some(began.elapsed().as_secs_f64());
        Ok(proof)
    }
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
