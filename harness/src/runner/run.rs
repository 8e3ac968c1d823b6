//! Runs jobs: one, or many side by side.

use std::sync::mpsc::Sender;

use super::{Event, Job, RunOptions, ScenarioFinished, Verdict};

/// Runs one job to its end, on the calling thread.
pub fn run_job(job: &Job, options: &RunOptions) -> ScenarioFinished {
    let _ = options;
    ScenarioFinished {
        combination: job.combination.to_string(),
        scenario: job.scenario.name.clone(),
        path: job.scenario.path.display().to_string(),
        title: job.scenario.title.clone(),
        variant: job.variant,
        row: job.row_label(),
        statements: job.scenario.statements.clone(),
        verdict: Verdict::NotReached,
        reason: None,
        checks: 0,
        requests: 0,
        duration_ms: 0,
        outcomes: Vec::new(),
        failure: None,
    }
}

/// Runs jobs, `parallelism` of them side by side, and sends an event for each as it ends. Returns when all have ended.
///
/// Ctrl-C ends the run early, as `options.cancel` does: teardown still happens, and no server is left behind.
pub fn run_jobs(jobs: Vec<Job>, parallelism: usize, options: &RunOptions, events: &Sender<Event>) {
    let _ = parallelism;
    for job in jobs {
        let _ = events.send(Event::ScenarioFinished(Box::new(run_job(&job, options))));
    }
}
