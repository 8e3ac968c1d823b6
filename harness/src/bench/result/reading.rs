//! What one round came to, and what the rounds come to together.

use std::time::Duration;

use serde::Serialize;

use super::super::load::Timed;
use crate::statistics::{quantile, sorted};

/// What the server used meanwhile, where that is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Processor time.
    pub processor: Option<Duration>,
    /// Memory before, in MiB.
    pub memory_before: Option<f64>,
    /// The most memory meanwhile, in MiB.
    pub memory_peak: Option<f64>,
}

/// One round.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// How many operations there were.
    pub operations: usize,
    /// How long they took in all.
    pub seconds: f64,
    /// Operations in a second.
    pub rate: f64,
    /// MiB of content in a second.
    pub throughput: f64,
    /// The least, half, 75, 90, 99 and all of the operations took no longer than so many milliseconds.
    pub milliseconds: [f64; 6],
    /// Milliseconds of the server's processor time for each operation.
    pub processor: Option<f64>,
    /// What the server held in memory before, in MiB.
    pub memory_before: Option<f64>,
    /// The most that it held meanwhile, in MiB.
    pub memory_peak: Option<f64>,
}

/// The parts of the operations that [`Reading::milliseconds`] tells of.
const PARTS: [f64; 6] = [0.0, 0.5, 0.75, 0.9, 0.99, 1.0];

impl Reading {
    #[expect(clippy::cast_precision_loss, reason = "neither operations nor bytes come to 2^53")]
    pub(in super::super) fn new(timed: &Timed, usage: Usage) -> Self {
        let operations = timed.milliseconds.len();
        let milliseconds = sorted(timed.milliseconds.iter().copied());
        let each = |duration: Duration| duration.as_secs_f64() * 1000.0 / operations.max(1) as f64;
        Self {
            operations,
            seconds: timed.seconds,
            rate: operations as f64 / timed.seconds,
            throughput: timed.bytes as f64 / (1024.0 * 1024.0) / timed.seconds,
            milliseconds: PARTS.map(|part| quantile(&milliseconds, part).unwrap_or_default()),
            processor: usage.processor.map(each),
            memory_before: usage.memory_before,
            memory_peak: usage.memory_peak,
        }
    }
}

/// The middle of several rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
}

impl Spread {
    /// That of the values, if there are any.
    pub(in super::super) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values = sorted(values);
        Some(Self {
            median: quantile(&values, 0.5)?,
            low: *values.first()?,
            high: *values.last()?,
        })
    }
}

/// What the rounds come to.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Summary {
    /// Operations in a second.
    pub rate: Spread,
    /// MiB of content in a second.
    pub throughput: Spread,
    /// Milliseconds of an operation: the medians of the rounds.
    pub milliseconds: Spread,
    /// 99 % of the operations took no longer, in milliseconds.
    pub slow: Spread,
    /// Milliseconds of the server's processor time for each operation.
    pub processor: Option<Spread>,
    /// The most memory, in MiB.
    pub memory: Option<Spread>,
    /// The same beyond what was held before.
    pub more_memory: Option<Spread>,
}

impl Summary {
    /// That of the readings, if there are any.
    pub(super) fn of(readings: &[Reading]) -> Option<Self> {
        let spread = |value: fn(&Reading) -> f64| Spread::of(readings.iter().map(value));
        let known = |value: fn(&Reading) -> Option<f64>| Spread::of(readings.iter().filter_map(value));
        Some(Self {
            rate: spread(|reading| reading.rate)?,
            throughput: spread(|reading| reading.throughput)?,
            milliseconds: spread(|reading| reading.milliseconds[1])?,
            slow: spread(|reading| reading.milliseconds[4])?,
            processor: known(|reading| reading.processor),
            memory: known(|reading| reading.memory_peak),
            more_memory: known(|reading| Some(reading.memory_peak? - reading.memory_before?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_has_rates_and_the_times_of_its_operations() {
        let timed = Timed {
            seconds: 2.0,
            milliseconds: vec![30.0, 10.0, 20.0],
            bytes: 6 << 20,
        };
        let usage = Usage {
            processor: Some(Duration::from_millis(9)),
            ..Usage::default()
        };
        let reading = Reading::new(&timed, usage);
        assert!((reading.rate - 1.5).abs() < 1e-9 && (reading.throughput - 3.0).abs() < 1e-9);
        assert_eq!(reading.processor, Some(3.0));
        let parts = reading.milliseconds.map(|part| format!("{part:.1}"));
        assert_eq!(parts, ["10.0", "20.0", "25.0", "28.0", "29.8", "30.0"]);
        let summary = Summary::of(&[reading]).unwrap();
        assert_eq!(summary.memory, None);
        assert!(Summary::of(&[]).is_none());
    }
}
