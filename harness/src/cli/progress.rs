//! What is shown while something runs: a moving line on a terminal, and a line for what has ended elsewhere.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    build::{BuildError, Built, Progress},
    combination::Combination,
    runner::ScenarioFinished,
};

/// How often the moving line moves.
const TICK: Duration = Duration::from_millis(120);

/// The line on standard error, which indicatif draws only on a terminal.
#[derive(Debug)]
pub(super) struct Terminal {
    bar: ProgressBar,
    red: AtomicU64,
    building: Mutex<Vec<String>>,
}

impl Terminal {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        Self {
            bar,
            red: AtomicU64::new(0),
            building: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn builds(&self, count: usize) {
        self.phase("building", count);
    }

    pub(super) fn runs(&self, count: usize) {
        self.phase("running", count);
    }

    pub(super) fn official(&self, count: usize) {
        self.phase("official suite", count);
    }

    pub(super) fn power_cuts(&self) {
        self.phase("power cuts", 0);
        self.bar.unset_length();
    }

    pub(super) fn kills(&self, count: u64) {
        self.phase("kills", usize::try_from(count).unwrap_or(usize::MAX));
    }

    pub(super) fn killed(&self, times: u64) {
        self.bar.set_position(times);
    }

    pub(super) fn looked_at(&self, states: usize) {
        self.bar.set_position(states as u64);
    }

    pub(super) fn compares(&self, count: usize) {
        self.phase("asking again", count);
    }

    pub(super) fn measuring(&self) {
        self.phase("measuring", 0);
        let style = ProgressStyle::with_template("  {spinner} {prefix}  {wide_msg:.dim}");
        self.bar
            .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    }

    pub(super) fn measures(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// The further build `number` begins.
    pub(super) fn localises(&self, number: usize, combination: &Combination) {
        if number == 1 {
            self.phase("localising", 0);
        }
        self.bar.set_length(number as u64);
        self.bar.set_position(number as u64);
        self.bar.set_message(combination.to_string());
    }

    pub(super) fn proving(&self, count: usize) {
        self.phase("proving", count);
    }

    pub(super) fn tried(&self, id: &str, right: bool, why: &str) {
        self.bar.inc(1);
        if !right {
            self.say(&format!("not as it should be: {id}{why}"));
        }
        self.bar.set_message(id.to_owned());
    }

    fn phase(&self, name: &'static str, count: usize) {
        let template = "  {spinner} {prefix} {pos}/{len}  {wide_msg:.dim}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.bar.set_style(style);
        self.bar.set_prefix(name);
        self.bar.set_length(count as u64);
        self.bar.set_position(0);
        self.bar.set_message("");
        self.bar.enable_steady_tick(TICK);
    }

    pub(super) fn scenario_ended(&self, run: &ScenarioFinished) {
        self.bar.inc(1);
        if run.verdict.is_red() {
            self.red.fetch_add(1, Ordering::Relaxed);
        }
        let red = self.red.load(Ordering::Relaxed);
        let red = if red > 0 {
            format!("{red} failed   ")
        } else {
            String::new()
        };
        self.bar
            .set_message(format!("{red}{} {}", run.combination, run.scenario));
    }

    pub(super) fn official_ended(&self, combination: &str) {
        self.bar.inc(1);
        self.bar.set_message(combination.to_owned());
    }

    /// Says something that stays.
    pub(super) fn say(&self, line: &str) {
        self.bar.suspend(|| anstream::eprintln!("{line}"));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn building(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.building.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Terminal {
    fn began(&self, combination: &Combination) {
        self.building().push(combination.to_string());
    }

    fn says(&self, line: &str) {
        self.bar.set_message(format!("{}: {line}", self.building().join(", ")));
    }

    fn ended(&self, combination: &Combination, result: &Result<Built, BuildError>) {
        let name = combination.to_string();
        self.building().retain(|one| *one != name);
        self.bar.inc(1);
        if self.bar.is_hidden() {
            match result {
                Ok(built) if built.fresh => self.say(&format!("unchanged  {name}")),
                Ok(built) => self.say(&format!("built      {name}  {:.1} s", built.duration.as_secs_f64())),
                Err(_) => self.say(&format!("not built  {name}")),
            }
        }
    }
}
