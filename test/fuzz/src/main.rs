//! Fuzzing: each target takes bytes, and holds what reads them to what has to be true of any input.
//!
//! `cargo test -p plimsoll-fuzz` gives each target its seeds, everything that was ever found, and some hundred inputs that are
//! always the same. With `PLIMSOLL_FUZZ_SECONDS` each target has so many seconds for inputs that are new every time, and what
//! came of it is printed as a table; `make fuzz` does that.
//!
//! An input that a target fails on is made as small as it can be, and kept in `kept/<target>/`, from where it is tried first
//! ever after.

mod effort;
mod input;
mod kept;
mod process;
mod registry;
mod seeds;
mod table;
mod target;
mod targets;
mod trace;
mod upstream;

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use libtest_mimic::{Arguments, Trial};

use effort::Effort;
use table::Row;

fn main() -> ExitCode {
    let began = Instant::now();
    let effort = match Effort::from_environment() {
        Ok(effort) => effort,
        Err(reason) => return failure(&reason),
    };
    match process::as_one_target(effort) {
        Some(Ok(())) => return ExitCode::SUCCESS,
        Some(Err(reason)) => return failure(&reason),
        None => {}
    }
    let rows = Arc::new(Mutex::new(Vec::new()));
    let trial = |target: target::Target| {
        let rows = Arc::clone(&rows);
        Trial::test(target.name, move || {
            let (row, outcome) = process::try_out(&target);
            rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
            outcome.map_err(Into::into)
        })
    };
    let trials = targets::all().into_iter().map(trial).collect();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    if matches!(effort, Effort::Long(_)) {
        let mut rows: Vec<Row> = std::mem::take(&mut *rows.lock().unwrap_or_else(PoisonError::into_inner));
        print!("{}", table::of(&mut rows, began.elapsed()));
    }
    conclusion.exit_code()
}

fn failure(reason: &str) -> ExitCode {
    eprintln!("{reason}");
    ExitCode::FAILURE
}
