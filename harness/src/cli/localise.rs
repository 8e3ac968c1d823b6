//! The part of `plimsoll run` that asks further builds which extensions are responsible for what was found.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Arc, mpsc},
};

use super::{error::CliError, progress::Terminal, recorder::Recorded};
use crate::{
    build::Builder,
    combination::{Combination, Search, select},
    project::Project,
    report::Question,
    runner::{Event, Job, Localised, RunOptions, ScenarioFinished, Variant, jobs, run_jobs},
    scenario::Scenario,
    target::{ProcessTarget, Target},
};

/// What asking takes.
pub(super) struct Localiser<'run> {
    pub(super) project: &'run Project,
    pub(super) scenarios: &'run [Arc<Scenario>],
    /// Binaries of the combinations that scenarios name.
    pub(super) companions: BTreeMap<Combination, PathBuf>,
    pub(super) options: &'run RunOptions,
    pub(super) parallelism: NonZeroUsize,
    pub(super) terminal: &'run Terminal,
}

/// A question, and how far its answer is.
struct Asking<'run> {
    question: Question,
    scenario: Arc<Scenario>,
    search: Search<'run>,
}

impl Localiser<'_> {
    /// Builds and runs until it is certain which extensions are responsible for each failure and difference of the report,
    /// or no further build would tell.
    pub(super) fn run(&self, recorded: &mut Recorded) -> Result<(), CliError> {
        let mut open: Vec<Asking<'_>> = recorded
            .report()
            .questions()
            .into_iter()
            .filter_map(|question| self.asking(question))
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        let builder = Builder::new(self.project)?;
        let mut asked: BTreeSet<Combination> = BTreeSet::new();
        while !self.options.cancel.is_cancelled() {
            let next = open.iter().find_map(|asking| {
                let admits = |one: &Combination| !asked.contains(one) && applies(asking, one);
                asking.search.next(&admits)
            });
            let Some(combination) = next else { break };
            asked.insert(combination.clone());
            self.terminal.localises(asked.len(), &combination);
            // What cannot be built says nothing of what a script does; it is not asked again.
            let Ok(built) = builder.build(&combination, &|_| {}) else {
                continue;
            };
            for run in self.ask(&open, &combination, built.binary)? {
                for asking in open.iter_mut().filter(|asking| asking.question.is_about(&run)) {
                    asking.search.record(&combination, asking.question.outcome(&run));
                }
                recorded.record(&Event::Probed(Box::new(run)));
            }
        }
        for asking in open {
            recorded.record(&Event::Localised(Localised {
                scenario: asking.question.run.scenario.clone(),
                variant: asking.question.run.variant,
                row: asking.question.run.row.clone(),
                combination: asking.question.run.combination.clone(),
                difference: asking.question.usual.is_some(),
                responsible: asking.search.responsible(),
                builds: asking.search.asked(),
            }));
        }
        Ok(())
    }

    fn asking(&self, question: Question) -> Option<Asking<'_>> {
        let scenario = self.scenarios.iter().find(|one| one.name == question.run.scenario)?;
        let named = |names: &[String]| -> Vec<Combination> {
            let named = names
                .iter()
                .filter_map(|name| select(name, &self.project.extensions).ok());
            named.collect()
        };
        let (with, without) = (named(&question.with), named(&question.without));
        Some(Asking {
            search: Search::new(self.project.space(), &with, &without),
            scenario: Arc::clone(scenario),
            question,
        })
    }

    /// Runs the scripts of all questions with one combination.
    fn ask(
        &self,
        open: &[Asking<'_>],
        combination: &Combination,
        binary: PathBuf,
    ) -> Result<Vec<ScenarioFinished>, CliError> {
        let target = Arc::new(Target::Process(ProcessTarget {
            front: None,
            binary,
            companions: self.companions.clone(),
            serve: self.project.serve.clone(),
        }));
        let mut scenarios: Vec<Arc<Scenario>> = open.iter().map(|asking| Arc::clone(&asking.scenario)).collect();
        scenarios.dedup_by(|one, other| Arc::ptr_eq(one, other));
        let wanted = |job: &Job| {
            let runs = |run: &ScenarioFinished| {
                (&run.scenario, run.variant, &run.row) == (&job.scenario.name, job.variant, &job.row_label())
            };
            open.iter().any(|asking| runs(&asking.question.run))
        };
        let jobs = jobs(&scenarios, combination, &target)
            .into_iter()
            .filter(wanted)
            .collect();
        let (events, received) = mpsc::channel();
        run_jobs(jobs, self.parallelism, self.options, &events).map_err(CliError::surroundings("run scenarios"))?;
        drop(events);
        let finished = received.into_iter().filter_map(|event| match event {
            Event::ScenarioFinished(run) => Some(*run),
            _ => None,
        });
        Ok(finished.collect())
    }
}

/// Whether the script of a question is run with `combination`.
fn applies(asking: &Asking<'_>, combination: &Combination) -> bool {
    asking.scenario.requires.holds(combination) == (asking.question.run.variant != Variant::Absent)
}
