//! What was measured, as numbers.

mod aim;
mod reading;

use serde::Serialize;

use super::{machine::Machine, plan::Axis, subject::Named};

pub use aim::AimResult;
pub(super) use aim::judge;
pub use reading::{Reading, Spread, Summary, Usage};

/// A benchmark that was run.
#[derive(Clone, Debug, Serialize)]
pub struct Bench {
    /// The version of this program.
    pub version: &'static str,
    /// When it began.
    pub began: String,
    /// How long it took, in minutes.
    pub minutes: f64,
    /// Where.
    pub machine: Machine,
    /// How many rounds there were, where a workload does not say otherwise.
    pub rounds: usize,
    /// Whether there was so little content that the figures say nothing.
    pub is_quick: bool,
    /// Who was measured.
    pub subjects: Vec<Named>,
    /// What came out, in the order of the plan.
    pub stages: Vec<StageResult>,
}

/// The workloads of a stage.
#[derive(Clone, Debug, Serialize)]
pub struct StageResult {
    /// What it is called.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// What grows from lane to lane, if something does.
    pub grows: Option<Axis>,
    /// What was measured.
    pub workloads: Vec<WorkloadResult>,
}

/// One workload.
#[derive(Clone, Debug, Serialize)]
pub struct WorkloadResult {
    /// What it is called.
    pub name: String,
    /// How many clients there were.
    pub clients: usize,
    /// What the cost with the most content may be, as so many times that with the least.
    pub growth_at_most: Option<f64>,
    /// What the aims came to.
    pub aims: Vec<AimResult>,
    /// Each subject that can do it, or each size of one.
    pub lanes: Vec<LaneResult>,
}

/// One subject, or one size of one.
#[derive(Clone, Debug, Serialize)]
pub struct LaneResult {
    /// Who.
    pub subject: String,
    /// Whether the aims are for it.
    pub is_own: bool,
    /// How much there was of what grows.
    pub size: Option<usize>,
    /// Why there is nothing, if it cannot do this.
    pub failure: Option<String>,
    /// What the rounds come to.
    pub summary: Option<Summary>,
    /// The rounds.
    pub readings: Vec<Reading>,
}

impl LaneResult {
    /// One without readings yet.
    pub(super) const fn new(subject: String, is_own: bool, size: Option<usize>) -> Self {
        Self {
            subject,
            is_own,
            size,
            failure: None,
            summary: None,
            readings: Vec::new(),
        }
    }

    /// Says what the readings come to.
    pub(super) fn summarise(&mut self) {
        self.summary = Summary::of(&self.readings);
    }

    /// What it did in the same time, as so many times what `other` did. What was done in the same round is compared, as
    /// whatever slowed the machine down met both.
    pub fn times(&self, other: &Self) -> Option<Spread> {
        let pairs = self.readings.iter().zip(&other.readings);
        Spread::of(pairs.map(|(one, other)| one.rate / other.rate))
    }

    /// What it is called in a table.
    pub fn label(&self) -> String {
        match self.size {
            Some(size) => format!("{} with {size}", self.subject),
            None => self.subject.clone(),
        }
    }
}
