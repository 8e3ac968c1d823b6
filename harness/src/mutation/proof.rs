//! What a proof found.

use std::collections::BTreeSet;

use serde::Serialize;

use super::declaration::{Declaration, Kind};
use crate::runner::ScenarioFinished;

/// A check that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Catch {
    /// The scenario's name.
    pub scenario: String,
    /// The row of `each`, if there are several.
    pub row: Option<String>,
    /// The line in its file.
    pub line: usize,
    /// What did not hold.
    pub message: String,
}

impl Catch {
    /// From a run that failed.
    pub fn of(finished: &ScenarioFinished) -> Self {
        let failure = finished.failure.as_ref();
        Self {
            scenario: finished.scenario.clone(),
            row: finished.row.clone(),
            line: failure.map_or(0, |failure| failure.line),
            message: failure.map(|failure| failure.message.clone()).unwrap_or_default(),
        }
    }
}

/// What became of a mutant or a variation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fate", rename_all = "kebab-case")]
pub enum Fate {
    /// A check of one of its statements failed on the mutant.
    Killed {
        /// The first; with `full`, all.
        by: Vec<Catch>,
    },
    /// No check of its statements failed on the mutant, but one of another did.
    KilledElsewhere {
        /// The first; with `full`, all.
        by: Vec<Catch>,
    },
    /// No check failed on the mutant.
    Survived,
    /// No check failed on the variation.
    Accepted,
    /// A check failed on the variation, which is right.
    FalseAlarm {
        /// Which.
        by: Vec<Catch>,
    },
    /// No run asked for what it changes, so that nothing is proven.
    NotExercised,
    /// It could not be tried.
    Broken {
        /// Why.
        reason: String,
    },
}

impl Fate {
    /// Whether it is as it should be.
    pub const fn is_right(&self) -> bool {
        matches!(self, Self::Killed { .. } | Self::Accepted)
    }

    /// The checks that failed.
    pub fn catches(&self) -> &[Catch] {
        match self {
            Self::Killed { by } | Self::KilledElsewhere { by } | Self::FalseAlarm { by } => by,
            Self::Survived | Self::Accepted | Self::NotExercised | Self::Broken { .. } => &[],
        }
    }
}

/// What the official suite makes of a mutant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OfficialView {
    /// Tests that fail on the mutant and pass on the registry as it is.
    pub failed: Vec<String>,
    /// Whether it asked for what the mutant changes.
    pub exercised: bool,
    /// Why it gave no result, which counts as a catch: nobody would take it for a pass.
    pub error: Option<String>,
}

impl OfficialView {
    /// Whether it noticed.
    pub fn caught(&self) -> bool {
        !self.failed.is_empty() || self.error.is_some()
    }
}

/// A mutant or a variation that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Its id.
    pub id: String,
    /// `mutant` or `variation`.
    pub kind: String,
    /// The level of the statement that binds most.
    pub level: String,
    /// Its statements.
    pub statements: Vec<String>,
    /// What it does.
    pub does: String,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
    /// The scenarios that were asked, in order.
    pub asked: Vec<String>,
    /// In how many runs.
    pub runs: usize,
    /// How many exchanges were changed.
    pub fired: u64,
    /// What the official suite makes of it, if it was asked.
    pub official: Option<OfficialView>,
}

impl Tried {
    /// Whether it is a mutant.
    pub fn is_mutant(&self) -> bool {
        self.kind == Kind::Mutant.to_string()
    }

    /// The part of the specification that it belongs to.
    pub fn area(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    pub(super) fn of(declaration: &Declaration, fate: Fate) -> Self {
        Self {
            id: declaration.id.clone(),
            kind: declaration.kind.to_string(),
            level: declaration.level().to_string(),
            statements: declaration.statements.clone(),
            does: declaration.does.clone(),
            fate,
            asked: Vec::new(),
            runs: 0,
            fired: 0,
            official: None,
        }
    }
}

/// What a proof found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The version of the harness.
    pub version: String,
    /// Decided all generated content.
    pub seed: u64,
    /// The registry, and what it was built with.
    pub target: String,
    /// The runs that do not pass on the registry as it is: while there is one, nothing is proven.
    pub control: Vec<Catch>,
    /// How many runs pass on the registry as it is.
    pub runs: usize,
    /// What was tried, mutants first.
    pub tried: Vec<Tried>,
    /// Scenarios that caught no mutant although they were asked; only known where all were asked.
    pub idle: Option<Vec<String>>,
    /// The version of the official suite, if it was asked.
    pub suite: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
}

impl Proof {
    /// The mutants.
    pub fn mutants(&self) -> impl Iterator<Item = &Tried> {
        self.tried.iter().filter(|one| one.is_mutant())
    }

    /// The variations.
    pub fn variations(&self) -> impl Iterator<Item = &Tried> {
        self.tried.iter().filter(|one| !one.is_mutant())
    }

    /// What is not as it should be.
    pub fn wrong(&self) -> impl Iterator<Item = &Tried> {
        self.tried.iter().filter(|one| !one.fate.is_right())
    }

    /// Whether something was tried, and everything is as it should be.
    pub fn holds(&self) -> bool {
        self.control.is_empty() && !self.tried.is_empty() && self.wrong().next().is_none()
    }

    /// The scenarios of `all` that caught nothing.
    pub(super) fn idle_of<'a>(&self, all: impl Iterator<Item = &'a str>) -> Vec<String> {
        let catching: BTreeSet<&str> = self
            .mutants()
            .flat_map(|one| one.fate.catches())
            .map(|catch| catch.scenario.as_str())
            .collect();
        let idle: BTreeSet<&str> = all.filter(|name| !catching.contains(name)).collect();
        idle.into_iter().map(str::to_owned).collect()
    }
}
