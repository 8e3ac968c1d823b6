//! Which runs could see what a declaration does.

use std::{
    cmp::Reverse,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::Arc,
};

use super::{
    behaviour::{Rule, about_any},
    declaration::{Declaration, Kind},
    saboteur::RequestHead,
};
use crate::runner::Job;

/// A run that passes on the registry as it is, and what it asks of it.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// The run.
    pub job: Arc<Job>,
    /// The heads of its requests.
    pub asks: Vec<RequestHead>,
}

impl Sight {
    /// Whether a rule is about one of its requests.
    fn meets(&self, rules: &[Rule]) -> bool {
        about_any(rules, &self.asks)
    }

    /// How many of these statements it checks.
    fn checks(&self, statements: &[String]) -> usize {
        let scenario = &self.job.scenario;
        let checks = |one: &&String| scenario.statements.contains(one) || scenario.name == **one;
        statements.iter().filter(checks).count()
    }
}

/// How many scenarios that check other statements are asked about a variation, unless all are.
const SCENARIOS: usize = 25;

/// The runs that there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    sights: Vec<Sight>,
    seed: u64,
    full: bool,
}

impl Plan {
    /// Of runs that pass on the registry as it is. With `full`, everything that could see something is asked.
    pub(super) fn new(sights: Vec<Sight>, seed: u64, full: bool) -> Self {
        Self { sights, seed, full }
    }

    /// The runs that have to be right about `declaration`, those that are most likely to notice first. What never asks for
    /// anything that it changes is left out.
    ///
    /// For a mutant, those that check its statements. A variation must fail nothing: those that check what allows it, and
    /// of every other scenario a row, of as many scenarios as the seed chooses.
    pub(super) fn of(&self, declaration: &Declaration) -> Vec<Arc<Job>> {
        let mut runs = self.runs(declaration, |count| count > 0);
        if declaration.kind == Kind::Variation {
            let mut others = self.elsewhere(declaration);
            if !self.full {
                others.sort_by_key(|job| (job.row, self.rank(declaration, job)));
                others.truncate(SCENARIOS);
            }
            runs.extend(others);
        }
        runs
    }

    /// The runs that check other statements, and could notice what it does.
    pub(super) fn elsewhere(&self, declaration: &Declaration) -> Vec<Arc<Job>> {
        self.runs(declaration, |count| count == 0)
    }

    fn runs(&self, declaration: &Declaration, wanted: impl Fn(usize) -> bool) -> Vec<Arc<Job>> {
        let mut runs: Vec<_> = self
            .sights
            .iter()
            .map(|sight| (sight.checks(&declaration.statements), sight))
            .filter(|(count, sight)| wanted(*count) && sight.meets(&declaration.rules))
            .map(|(count, sight)| (count, &sight.job))
            .collect();
        // The first rows of all scenarios before the second of any: another scenario is another view.
        runs.sort_by_key(|(count, job)| (job.row, Reverse(*count), job.scenario.name.clone()));
        runs.into_iter().map(|(_, job)| Arc::clone(job)).collect()
    }

    fn rank(&self, declaration: &Declaration, job: &Job) -> u64 {
        rank(self.seed, &[&declaration.id, &job.scenario.name])
    }

    /// How many runs there are.
    pub(super) fn size(&self) -> usize {
        self.sights.len()
    }
}

/// Where the seed puts something among its like.
pub(crate) fn rank(seed: u64, name: &[&str]) -> u64 {
    // Keyed with nothing else: the same seed has to give the same order.
    BuildHasherDefault::<DefaultHasher>::default().hash_one((seed, name))
}
