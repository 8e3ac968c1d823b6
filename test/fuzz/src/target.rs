//! A target, and how it is tried.

use std::{
    any::Any,
    cell::Cell,
    hash::{BuildHasher, RandomState},
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use serde::{Deserialize, Serialize};

use crate::{
    effort::Effort,
    input::inputs,
    kept,
    trace::{Batch, Trace},
};

/// How many inputs a target is given in a short run, unless it is a slow one.
const CASES: u32 = 400;
/// How many come between two looks at the clock in a long one.
const BATCH: u32 = 64;
/// What takes longer with one input is a finding: nothing that is read here is worth so much.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of what the inputs of a short run come.
const SEED: u64 = 1;
/// How long an input that fails is made smaller, in milliseconds.
const SHRINKING: u32 = 20_000;

/// Takes bytes, and panics where something is wrong.
type Run = Box<dyn Fn(&[u8]) + Send + Sync>;

/// What came of trying a target.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// How many inputs it was given.
    pub(crate) executions: u64,
    /// What it failed on.
    pub(crate) finding: Option<String>,
}

/// Something that takes bytes.
pub(crate) struct Target {
    /// What it is called: the part of the program, and what is read.
    pub(crate) name: &'static str,
    seeds: Vec<Vec<u8>>,
    cases: u32,
    run: Run,
}

impl Target {
    /// A target that panics where `run` finds something.
    pub(crate) fn bytes(
        name: &'static str,
        seeds: impl IntoIterator<Item = impl Into<Vec<u8>>>,
        run: impl Fn(&[u8]) + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            seeds: seeds.into_iter().map(Into::into).collect(),
            cases: CASES,
            run: Box::new(run),
        }
    }

    /// The same of text. What is no UTF-8 gets there as a program would read it, with replacements.
    pub(crate) fn text(
        name: &'static str,
        seeds: impl IntoIterator<Item = impl Into<Vec<u8>>>,
        run: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        Self::bytes(name, seeds, move |bytes| run(&String::from_utf8_lossy(bytes)))
    }

    /// The same, of which a short run has fewer, as each takes its time.
    pub(crate) fn slow(mut self) -> Self {
        self.cases = CASES / 8;
        self
    }

    /// Tries it.
    pub(crate) fn try_out(&self, effort: Effort, trace: &Trace) -> Outcome {
        let began = Instant::now();
        let executions = Cell::new(0);
        let outcome = self
            .known(&executions, trace)
            .and_then(|()| self.new_ones(effort, began, &executions, trace));
        Outcome {
            executions: executions.get(),
            finding: outcome.err(),
        }
    }

    /// Gives it the inputs of one batch.
    pub(crate) fn batch(&self, seed: u64, trace: &Trace) -> Result<(), String> {
        self.drawn(seed, BATCH, &Cell::new(0), trace)
    }

    /// What was found before, and the seeds.
    fn known(&self, executions: &Cell<u64>, trace: &Trace) -> Result<(), String> {
        let kept = kept::of(self.name).map_err(|error| format!("what was found before cannot be read: {error}"))?;
        for (path, input) in kept {
            self.once(&input, executions, trace)
                .map_err(|reason| format!("{}: {reason}", path.display()))?;
        }
        for seed in &self.seeds {
            self.once(seed, executions, trace)
                .map_err(|reason| format!("the seed {:?}: {reason}", String::from_utf8_lossy(seed)))?;
        }
        Ok(())
    }

    fn new_ones(&self, effort: Effort, began: Instant, executions: &Cell<u64>, trace: &Trace) -> Result<(), String> {
        let Effort::Long(time) = effort else {
            return self.drawn(SEED, self.cases, executions, trace);
        };
        while began.elapsed() < time {
            let seed = RandomState::new().hash_one(executions.get());
            trace.batch(Batch {
                seed,
                executions: executions.get(),
            })?;
            self.drawn(seed, BATCH, executions, trace)?;
        }
        Ok(())
    }

    /// Gives it inputs that follow from `seed`.
    fn drawn(&self, seed: u64, cases: u32, executions: &Cell<u64>, trace: &Trace) -> Result<(), String> {
        let config = Config {
            cases,
            failure_persistence: None,
            max_shrink_time: SHRINKING,
            rng_seed: RngSeed::Fixed(seed),
            ..Config::default()
        };
        TestRunner::new(config)
            .run(&inputs(self.seeds.clone()), |input| {
                self.once(&input, executions, trace)
                    .map_err(proptest::test_runner::TestCaseError::fail)
            })
            .map_err(|error| match error {
                TestError::Fail(reason, input) => self.found(&reason.to_string(), &input),
                TestError::Abort(reason) => reason.to_string(),
            })
    }

    /// Gives it one input.
    pub(crate) fn once(&self, input: &[u8], executions: &Cell<u64>, trace: &Trace) -> Result<(), String> {
        executions.set(executions.get() + 1);
        let began = Instant::now();
        trace.begins(input)?;
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(input))).map_err(|panic| words(&*panic));
        trace.ends();
        outcome?;
        let took = began.elapsed();
        if took > PATIENCE {
            return Err(format!("{} bytes took {:.1} s", input.len(), took.as_secs_f64()));
        }
        Ok(())
    }

    /// Keeps an input that it failed on, and says so.
    pub(crate) fn found(&self, reason: &str, input: &[u8]) -> String {
        let place = match kept::keep(self.name, input) {
            Ok(path) => format!("it is kept in {}", path.display()),
            Err(error) => format!("it cannot be kept: {error}"),
        };
        let shown: String = String::from_utf8_lossy(input).chars().take(500).collect();
        format!("{reason}\nthe smallest input that does this, {place}: {shown:?}")
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".to_owned())
}
