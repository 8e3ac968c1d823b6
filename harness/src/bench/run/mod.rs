//! Stage by stage, workload by workload, round by round: every subject in each round.

mod fill;
mod lane;
mod steps;

use std::path::Path;

use jiff::Timestamp;

use super::{
    BenchError, Subject,
    machine::Machine,
    plan::{Aim, Plan, Stage, Who, Workload},
    result::{Bench, LaneResult, StageResult, WorkloadResult, judge},
};
use lane::Lane;

/// What a round leaves behind is removed after it if it comes to so much: rounds of all subjects together would fill the disk.
const LARGE: u64 = 256 << 20;

/// What is told while it goes on: a line that says what is done.
pub type Watch<'a> = &'a (dyn Fn(&str) + Sync);

/// Measures what the plan says on all subjects. `folder` is on the disk that content shall lie on; everything that is made there
/// is removed.
///
/// # Errors
/// A server cannot be started, or the machine refuses what is needed.
pub async fn run(plan: &Plan, subjects: &[Subject], folder: &Path, watch: Watch<'_>) -> Result<Bench, BenchError> {
    let machine = Machine::here();
    let began = Timestamp::now();
    let mut stages = Vec::new();
    for stage in &plan.stages {
        stages.push(run_stage(stage, plan.rounds, subjects, folder, watch).await?);
    }
    Ok(Bench {
        version: env!("CARGO_PKG_VERSION"),
        began: began.strftime("%F %R UTC").to_string(),
        minutes: Timestamp::now().duration_since(began).as_secs_f64() / 60.0,
        machine,
        rounds: plan.rounds,
        is_quick: plan.is_quick,
        subjects: subjects.iter().map(Subject::named).collect(),
        stages,
    })
}

async fn run_stage(
    stage: &Stage,
    rounds: usize,
    subjects: &[Subject],
    folder: &Path,
    watch: Watch<'_>,
) -> Result<StageResult, BenchError> {
    let growth = stage.content.growth();
    let mut lanes = Vec::new();
    let does_something = |subject: &&Subject| stage.workloads.iter().any(|workload| subject.takes(workload));
    let wanted = subjects.iter().filter(does_something).take(match stage.subjects {
        Who::All => usize::MAX,
        Who::First => 1,
    });
    for subject in wanted {
        let sizes = growth.map_or_else(|| vec![None], |(_, sizes)| sizes.iter().copied().map(Some).collect());
        for size in sizes {
            let shown = size.map_or_else(String::new, |size| format!(", {size}"));
            watch(&format!("{}: fills {}{shown}", stage.name, subject.name));
            lanes.push(Lane::open(subject, stage, size, folder).await?);
        }
    }
    let mut workloads = Vec::new();
    for (place, workload) in stage.workloads.iter().enumerate() {
        workloads.push(run_workload(stage, workload, rounds, &mut lanes, folder, watch).await?);
        // What is pushed stays, and would fill the disk.
        let left = (1..LARGE).contains(&workload.pushed());
        if left && place + 1 < stage.workloads.len() {
            for lane in &mut lanes {
                lane.renew(stage, folder).await?;
            }
        }
    }
    for lane in lanes {
        lane.close().await?;
    }
    Ok(StageResult {
        name: stage.name.clone(),
        about: stage.about.clone(),
        grows: growth.map(|(axis, _)| axis),
        workloads,
    })
}

async fn run_workload(
    stage: &Stage,
    workload: &Workload,
    rounds: usize,
    lanes: &mut [Lane],
    folder: &Path,
    watch: Watch<'_>,
) -> Result<WorkloadResult, BenchError> {
    let mut taking: Vec<&mut Lane> = lanes.iter_mut().filter(|lane| lane.subject().takes(workload)).collect();
    let mut results: Vec<LaneResult> = taking.iter().map(|lane| lane.result()).collect();
    let count = taking.len();
    for (lane, result) in taking.iter_mut().zip(&mut results) {
        watch(&format!("{}: {}, {}", stage.name, workload.name, lane.name()));
        result.failure = lane.try_once(workload).await?;
    }
    let rounds = workload.rounds.unwrap_or(rounds);
    for round in 0..rounds {
        for turn in 0..count {
            // Who goes first changes, so that nobody always has the warmer machine.
            let place = (turn + round) % count;
            let (lane, result) = (&mut taking[place], &mut results[place]);
            if result.failure.is_some() {
                continue;
            }
            watch(&format!(
                "{}: {}, round {} of {rounds}, {}",
                stage.name,
                workload.name,
                round + 1,
                lane.name()
            ));
            match lane.measure(workload).await? {
                Ok(reading) => result.readings.push(reading),
                Err(reason) => result.failure = Some(reason),
            }
            if workload.pushed() >= LARGE {
                lane.renew(stage, folder).await?;
            }
        }
    }
    results.iter_mut().for_each(LaneResult::summarise);
    Ok(WorkloadResult {
        name: workload.name.clone(),
        clients: workload.clients,
        growth_at_most: workload.aims.iter().find_map(|aim| match aim {
            Aim::Growth { at_most } => Some(*at_most),
            _ => None,
        }),
        aims: judge(&workload.aims, &results),
        lanes: results,
    })
}
