//! `plimsoll durability`: everything that can make a registry lose what it acknowledged, and a table of what was tried.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;

use super::{
    error::CliError,
    kill,
    one_build::{self, OneBuild},
    power_cut,
    progress::Terminal,
    run::fresh_seed,
};
use crate::{
    durability::tally::{self, Entry, Tally},
    exit::Exit,
    output, powercut,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll durability
  plimsoll durability --extensions scrub,lint --seed 1
  plimsoll durability --tally proofs.jsonl --json durability.json

The registry is killed again and again while clients work (`plimsoll kill`), and started on every state that a power cut could \
leave of a run (`plimsoll power-cut`). A project's own tests may have tried more: each writes a line such as \
{\"proof\": \"corruption\", \"unit\": \"damages\", \"tried\": 6388} to a file, which --tally adds to the table. The last line \
says how much was lost; the status is 1 where that is not nothing.")]
pub(super) struct DurabilityArguments {
    /// The combination to try: its extensions with commas, or `none`
    #[arg(long, value_name = "A,B", default_value = "none")]
    extensions: String,
    /// Decides what clients do, and when they are interrupted [default: another every time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many rounds of kills there are, each on an empty root
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// How often the registry is killed in a round
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    kills: u64,
    /// How many runs are recorded for power cuts
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    records: u64,
    /// What was tried besides, a JSON object in each line
    #[arg(long, value_name = "PATH")]
    tally: Option<PathBuf>,
    /// Write the table as JSON too
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
}

pub(super) fn run(project: Option<&Path>, arguments: &DurabilityArguments) -> Result<Exit, CliError> {
    // Before anything is built: what is wrong or missing shall be known at once.
    let mut proofs = arguments.tally.as_deref().map_or(Ok(Vec::new()), read)?;
    powercut::find_strace()?;
    let terminal = Arc::new(Terminal::new());
    let build = OneBuild::new(project, &arguments.extensions, &terminal)?;
    let seed = arguments.seed.unwrap_or_else(fresh_seed);
    let kills = kill::Trial {
        build: &build,
        seed,
        rounds: arguments.rounds,
        kills: arguments.kills,
    };
    proofs.push(kills.run(&terminal)?);
    let power_cuts = power_cut::Trial {
        build: &build,
        seed,
        rounds: arguments.records,
        steps: power_cut::STEPS,
    };
    proofs.push(power_cuts.run(&terminal)?);
    let tally = Tally::of(proofs);
    if let Some(path) = &arguments.json {
        let mut text = serde_json::to_string_pretty(&tally).map_err(std::io::Error::from)?;
        text.push('\n');
        output::write(path, &text).map_err(CliError::surroundings(format!("write {}", path.display())))?;
    }
    tally.write(&mut anstream::stdout())?;
    Ok(one_build::exit(tally.losses))
}

/// What tests say that they tried.
fn read(path: &Path) -> Result<Vec<Entry>, CliError> {
    let text = fs::read_to_string(path).map_err(CliError::surroundings(format!("read {}", path.display())))?;
    tally::parse(&text).map_err(|error| {
        CliError::usage(
            format!("{}, {error}", path.display()),
            "each line is an object such as {\"proof\": \"corruption\", \"unit\": \"damages\", \"tried\": 6388}",
        )
    })
}
