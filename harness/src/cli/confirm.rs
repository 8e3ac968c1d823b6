//! The part of `plimsoll run` that asks builds again that answered a script differently: chance may have done it.

use std::{collections::HashMap, num::NonZeroUsize, sync::mpsc};

use super::{error::CliError, progress::Terminal, recorder::Recorded};
use crate::{
    report::Report,
    runner::{Build, Comparison, Job, RunOptions, ScenarioFinished, Variant, compare},
};

/// The jobs of a run, to be found by what ran.
struct Jobs<'run>(HashMap<Key<'run>, &'run Job>);

type Key<'run> = (String, &'run str, Variant, Option<String>);

impl<'run> Jobs<'run> {
    fn new(jobs: &'run [Job]) -> Self {
        let key = |job: &'run Job| -> Key<'run> {
            let combination = job.combination.to_string();
            (combination, job.scenario.name.as_str(), job.variant, job.row_label())
        };
        Self(jobs.iter().map(|job| (key(job), job)).collect())
    }

    /// The job of `run`, with what it answered.
    fn build(&self, run: &ScenarioFinished, report: &Report) -> Option<Build> {
        let key = (
            run.combination.clone(),
            run.scenario.as_str(),
            run.variant,
            run.row.clone(),
        );
        let before = report.transcripts.get(run.transcript.as_deref()?)?;
        Some(Build {
            job: (*self.0.get(&key)?).clone(),
            before: Some(before.clone()),
        })
    }
}

/// Runs again, `parallelism` at once, what was answered differently, until it is known of each difference whether chance did it.
pub(super) fn confirm(
    recorded: &mut Recorded,
    jobs: &[Job],
    parallelism: NonZeroUsize,
    options: &RunOptions,
    terminal: &Terminal,
) -> Result<(), CliError> {
    let suspicions = recorded.report().suspicions();
    if suspicions.is_empty() || options.cancel.is_cancelled() {
        return Ok(());
    }
    terminal.compares(suspicions.len());
    let jobs = Jobs::new(jobs);
    let report = recorded.report();
    let comparisons = suspicions.iter().filter_map(|suspicion| {
        let others = suspicion.others.iter().filter_map(|run| jobs.build(run, report));
        Some(Comparison {
            usual: jobs.build(&suspicion.usual, report)?,
            others: others.collect(),
        })
    });
    let comparisons: Vec<Comparison> = comparisons.collect();
    let (events, received) = mpsc::channel();
    compare(comparisons, parallelism, options, &events).map_err(CliError::surroundings("run scenarios again"))?;
    drop(events);
    for event in received {
        recorded.record(&event);
    }
    Ok(())
}
