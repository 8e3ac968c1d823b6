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
mod registry;
mod seeds;
mod table;
mod target;
mod targets;
mod upstream;

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Trial};
use rustix::time::{ClockId, clock_gettime};

use effort::Effort;
use table::{Row, Usage};

fn main() -> ExitCode {
    let began = Instant::now();
    let effort = match Effort::from_environment() {
        Ok(effort) => effort,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::FAILURE;
        }
    };
    let rows = Arc::new(Mutex::new(Vec::new()));
    let trial = |target: target::Target| {
        let rows = Arc::clone(&rows);
        Trial::test(target.name, move || {
            let (row, outcome) = target.try_out(effort);
            rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
            outcome.map_err(Into::into)
        })
    };
    let trials = targets::all().into_iter().map(trial).collect();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    if matches!(effort, Effort::Long(_)) {
        let mut rows: Vec<Row> = std::mem::take(&mut *rows.lock().unwrap_or_else(PoisonError::into_inner));
        let usage = Usage {
            wall: began.elapsed(),
            cpu: cpu_time(),
        };
        print!("{}", table::of(&mut rows, usage));
    }
    conclusion.exit_code()
}

/// What this process has used of all processors.
fn cpu_time() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(used.tv_sec)) + Duration::from_nanos(part(used.tv_nsec))
}
