//! What was hoped for, and what came.

use serde::Serialize;

use super::{super::plan::Aim, LaneResult};
use crate::statistics::three_digits;

/// An aim, and whether it was met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AimResult {
    /// Who it is for.
    pub subject: String,
    /// What was measured and what was hoped for, in words.
    pub says: String,
    /// Whether it was met.
    pub is_met: bool,
}

/// What the aims come to for each subject that they are for. An aim that compares with somebody who was not measured is left out.
pub(in super::super) fn judge(aims: &[Aim], lanes: &[LaneResult]) -> Vec<AimResult> {
    let own: Vec<&LaneResult> = lanes
        .iter()
        .filter(|lane| lane.is_own && lane.summary.is_some())
        .collect();
    let mut results = Vec::new();
    for aim in aims {
        if let Aim::Growth { at_most } = aim {
            results.extend(growth(&own, *at_most));
            continue;
        }
        results.extend(own.iter().filter_map(|lane| one(aim, lane, lanes)));
    }
    results
}

fn one(aim: &Aim, lane: &LaneResult, lanes: &[LaneResult]) -> Option<AimResult> {
    let summary = lane.summary.as_ref()?;
    let result = |says: String, is_met: bool| {
        Some(AimResult {
            subject: lane.subject.clone(),
            says,
            is_met,
        })
    };
    let at_most = |value: f64, most: f64, what: &str| {
        result(
            format!("{} {what} (at most {most})", three_digits(value)),
            value <= most,
        )
    };
    match aim {
        Aim::Rate { of, at_least } => {
            let times = lane.times(lanes.iter().find(|lane| lane.subject == *of)?)?;
            let (low, high) = (three_digits(times.low), three_digits(times.high));
            result(
                format!(
                    "{} × {of}, {low} to {high} (at least {at_least})",
                    three_digits(times.median)
                ),
                times.median >= *at_least,
            )
        }
        Aim::Milliseconds { at_most: most } => at_most(summary.milliseconds.median, *most, "ms"),
        Aim::Memory { at_most: most } => at_most(summary.memory?.median, *most, "MiB"),
        Aim::MoreMemory { at_most: most } => at_most(summary.more_memory?.median, *most, "MiB more"),
        Aim::Growth { .. } => None,
    }
}

/// What the largest costs, as so many times what the smallest costs, for each subject.
fn growth(own: &[&LaneResult], at_most: f64) -> Vec<AimResult> {
    let mut results: Vec<AimResult> = Vec::new();
    for first in own {
        if results.iter().any(|result| result.subject == first.subject) {
            continue;
        }
        let last = own.iter().rfind(|lane| lane.subject == first.subject);
        let Some((last, times)) = last.and_then(|last| Some((last, first.times(last)?))) else {
            continue;
        };
        let (low, high) = (three_digits(times.low), three_digits(times.high));
        let (smallest, largest) = (first.size.unwrap_or_default(), last.size.unwrap_or_default());
        results.push(AimResult {
            subject: first.subject.clone(),
            says: format!(
                "with {largest} it costs {} × what it costs with {smallest}, {low} to {high} (at most {at_most})",
                three_digits(times.median)
            ),
            is_met: times.median <= at_most,
        });
    }
    results
}

#[cfg(test)]
mod tests {
    use super::{
        super::{super::load::Timed, Reading, Usage},
        *,
    };

    fn lane(subject: &str, is_own: bool, size: Option<usize>, seconds: &[f64]) -> LaneResult {
        let mut lane = LaneResult::new(subject.to_owned(), is_own, size);
        let reading = |seconds: &f64| {
            let timed = Timed {
                seconds: *seconds,
                milliseconds: vec![seconds * 1000.0],
                bytes: 0,
            };
            let usage = Usage {
                memory_before: Some(10.0),
                memory_peak: Some(10.0 + seconds),
                ..Usage::default()
            };
            Reading::new(&timed, usage)
        };
        lane.readings = seconds.iter().map(reading).collect();
        lane.summarise();
        lane
    }

    #[test]
    fn rates_are_compared_round_by_round() {
        let lanes = [
            lane("ours", true, None, &[1.0, 10.0, 2.0]),
            lane("theirs", false, None, &[3.0, 30.0, 6.0]),
        ];
        let rate = |of: &str, at_least| Aim::Rate {
            of: of.to_owned(),
            at_least,
        };
        let results = judge(&[rate("theirs", 2.9), rate("theirs", 3.1), rate("nobody", 1.0)], &lanes);
        assert_eq!(
            results.iter().map(|result| result.is_met).collect::<Vec<_>>(),
            [true, false]
        );
        assert_eq!(results[0].says, "3.00 × theirs, 3.00 to 3.00 (at least 2.9)");
    }

    #[test]
    fn times_and_memory_have_a_most() {
        let lanes = [lane("ours", true, None, &[0.5])];
        let aims = [
            Aim::Milliseconds { at_most: 499.0 },
            Aim::Memory { at_most: 11.0 },
            Aim::MoreMemory { at_most: 0.4 },
        ];
        let met: Vec<bool> = judge(&aims, &lanes).iter().map(|result| result.is_met).collect();
        assert_eq!(met, [false, true, false]);
    }

    #[test]
    fn growth_is_the_last_against_the_first() {
        let lanes = [
            lane("ours", true, Some(10), &[1.0]),
            lane("ours", true, Some(1000), &[9.0]),
            lane("ours", true, Some(100_000), &[2.0]),
        ];
        let results = judge(&[Aim::Growth { at_most: 1.5 }], &lanes);
        assert_eq!(results.len(), 1);
        assert!(
            !results[0].is_met && results[0].says.starts_with("with 100000 it costs 2.00 ×"),
            "{results:?}"
        );
    }
}
