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
    runner::{
        Build, Comparison, Event, Job, Localised, RunOptions, ScenarioFinished, Variant, compare, jobs, run_jobs,
    },
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
            let target = self.target(built.binary);
            for run in self.ask(&open, &combination, &target)? {
                for asking in open.iter_mut().filter(|asking| asking.question.is_about(&run)) {
                    if let Some(came) = self.came(asking, &run, &combination, &target)? {
                        asking.search.record(&combination, came);
                    }
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
        target: &Arc<Target>,
    ) -> Result<Vec<ScenarioFinished>, CliError> {
        let mut scenarios: Vec<Arc<Scenario>> = open.iter().map(|asking| Arc::clone(&asking.scenario)).collect();
        scenarios.dedup_by(|one, other| Arc::ptr_eq(one, other));
        let wanted = |job: &Job| open.iter().any(|asking| runs(job, &asking.question.run));
        let jobs = jobs(&scenarios, combination, target)
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

    /// Whether what was asked for came in `run`; none if that cannot be said.
    fn came(
        &self,
        asking: &Asking<'_>,
        run: &ScenarioFinished,
        combination: &Combination,
        target: &Arc<Target>,
    ) -> Result<Option<bool>, CliError> {
        let Some(usual) = &asking.question.usual else {
            return Ok(Some(run.verdict.is_red()));
        };
        if usual.transcript == run.transcript {
            return Ok(Some(false));
        }
        let build = |combination: &Combination, target: &Arc<Target>| {
            let jobs = jobs(std::slice::from_ref(&asking.scenario), combination, target);
            let job = jobs.into_iter().find(|job| runs(job, run))?;
            Some(Build { job, before: None })
        };
        let planned = select(&usual.combination, &self.project.extensions).ok();
        let planned = planned.and_then(|planned| {
            let binary = self.companions.get(&planned)?;
            build(&planned, &self.target(binary.clone()))
        });
        let (Some(usual), Some(other)) = (planned, build(combination, target)) else {
            return Ok(None);
        };
        let comparison = Comparison {
            usual,
            others: vec![other],
        };
        let (events, received) = mpsc::channel();
        compare(vec![comparison], self.parallelism, self.options, &events)
            .map_err(CliError::surroundings("run scenarios again"))?;
        drop(events);
        Ok(received.into_iter().find_map(|event| match event {
            Event::Compared(compared) => Some(compared.apart.is_some()),
            _ => None,
        }))
    }

    fn target(&self, binary: PathBuf) -> Arc<Target> {
        Arc::new(Target::Process(ProcessTarget {
            front: None,
            binary,
            companions: self.companions.clone(),
            serve: self.project.serve.clone(),
        }))
    }
}

/// Whether `run` is one of `job`.
fn runs(job: &Job, run: &ScenarioFinished) -> bool {
    (&run.scenario, run.variant, &run.row) == (&job.scenario.name, job.variant, &job.row_label())
}

/// Whether the script of a question is run with `combination`.
fn applies(asking: &Asking<'_>, combination: &Combination) -> bool {
    asking.scenario.requires.holds(combination) == (asking.question.run.variant != Variant::Absent)
}
