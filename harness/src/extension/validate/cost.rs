//! What something costs with the extension, against the same without it.

use serde::Serialize;

use crate::statistics::{quantile, sorted};

/// One measured thing, in one round, without and with the extension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Without.
    pub without: f64,
    /// With.
    pub with: f64,
}

/// A cost: the medians of many rounds, and their ratio.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// What is measured.
    pub what: &'static str,
    /// In what.
    pub unit: &'static str,
    /// The median without the extension.
    pub without: f64,
    /// The median with it.
    pub with: f64,
    /// With divided by without: the median of the rounds' ratios.
    pub ratio: f64,
    /// Half of the rounds' ratios lie between these.
    pub range: (f64, f64),
    /// How many rounds there were.
    pub rounds: usize,
}

impl Cost {
    /// The cost that the rounds came to; none if there was no round.
    pub fn of(what: &'static str, unit: &'static str, samples: &[Sample]) -> Option<Self> {
        // What is done in the same round is compared: whatever slows the machine down meets both.
        let ratios = sorted(samples.iter().map(|sample| sample.with / sample.without));
        Some(Self {
            what,
            unit,
            without: quantile(&sorted(samples.iter().map(|sample| sample.without)), 0.5)?,
            with: quantile(&sorted(samples.iter().map(|sample| sample.with)), 0.5)?,
            ratio: quantile(&ratios, 0.5)?,
            range: (quantile(&ratios, 0.25)?, quantile(&ratios, 0.75)?),
            rounds: samples.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_the_rounds_whatever_slowed_them_down() {
        let samples = [1.0, 10.0, 2.0, 5.0].map(|speed| Sample {
            without: speed,
            with: 1.5 * speed,
        });
        let cost = Cost::of("x", "ms", &samples).unwrap();
        assert!(
            (cost.ratio - 1.5).abs() < 1e-9 && (cost.range.0 - 1.5).abs() < 1e-9,
            "{cost:?}"
        );
        assert!((cost.without - 3.5).abs() < 1e-9, "{cost:?}");
        assert_eq!(Cost::of("x", "ms", &[]), None);
    }
}
