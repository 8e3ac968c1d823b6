//! The results as rows of a table, which text, Markdown and the page show alike.

use serde::Serialize;

use super::super::{
    Bench,
    result::{LaneResult, Spread, WorkloadResult},
};
use crate::statistics::three_digits;

/// The columns, beside who it is.
pub(super) const COLUMNS: [&str; 8] = [
    "per second",
    "from … to",
    "MiB/s",
    "ms",
    "99 % ms",
    "CPU ms",
    "MiB",
    "× first",
];

/// A row: one subject, or one size of one.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    pub(super) label: String,
    pub(super) is_own: bool,
    /// One for each of [`COLUMNS`].
    pub(super) cells: Vec<String>,
    /// Why there are no figures.
    pub(super) failure: Option<String>,
    /// The bar: its length and what the rounds lie between, in parts of the longest.
    pub(super) bar: Option<Spread>,
}

/// The rows of a workload.
pub(super) fn rows(workload: &WorkloadResult) -> Vec<Row> {
    let rates = workload.lanes.iter().filter_map(|lane| Some(lane.summary?.rate.high));
    let longest = rates.fold(f64::MIN_POSITIVE, f64::max);
    let first = workload.lanes.first();
    workload.lanes.iter().map(|lane| row(lane, first, longest)).collect()
}

fn row(lane: &LaneResult, first: Option<&LaneResult>, longest: f64) -> Row {
    let summary = lane.summary.as_ref();
    let cells = summary.map_or_else(Vec::new, |summary| {
        let known = |spread: Option<Spread>| spread.map_or_else(String::new, |spread| three_digits(spread.median));
        let throughput = Some(summary.throughput).filter(|throughput| throughput.median >= 10.0);
        vec![
            three_digits(summary.rate.median),
            format!(
                "{} … {}",
                three_digits(summary.rate.low),
                three_digits(summary.rate.high)
            ),
            known(throughput),
            three_digits(summary.milliseconds.median),
            three_digits(summary.slow.median),
            summary
                .processor
                .map_or_else(String::new, |spread| format!("{:.3}", spread.median)),
            known(summary.memory),
            known(first.and_then(|first| lane.times(first))),
        ]
    });
    Row {
        label: lane.label(),
        is_own: lane.is_own,
        cells,
        failure: lane.failure.clone(),
        bar: summary.map(|summary| Spread {
            median: summary.rate.median / longest,
            low: summary.rate.low / longest,
            high: summary.rate.high / longest,
        }),
    }
}

/// What it was run on, in a line.
pub(super) fn about(bench: &Bench) -> String {
    let machine = &bench.machine;
    let quick = if bench.is_quick {
        "; QUICK: with so little content, the figures say nothing"
    } else {
        ""
    };
    format!(
        "{}, {} × {}, {} MiB, {}; plimsoll {}; {} rounds in {:.0} min; load before {:.1}{quick}",
        bench.began,
        machine.processors,
        machine.model,
        machine.memory,
        machine.system,
        bench.version,
        bench.rounds,
        bench.minutes,
        machine.load
    )
}

/// How many clients, in words.
pub(super) fn clients(workload: &WorkloadResult) -> String {
    match workload.clients {
        1 => "1 client".to_owned(),
        clients => format!("{clients} clients"),
    }
}

/// How many aims were met, of how many.
pub(super) fn met(bench: &Bench) -> (usize, usize) {
    let aims = bench
        .stages
        .iter()
        .flat_map(|stage| &stage.workloads)
        .flat_map(|workload| &workload.aims);
    let all: Vec<bool> = aims.map(|aim| aim.is_met).collect();
    (all.iter().filter(|met| **met).count(), all.len())
}
