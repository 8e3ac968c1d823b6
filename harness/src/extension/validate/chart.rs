//! The costs as a chart: ratios beside each other on one axis.

use serde::Serialize;

use super::Cost;
use crate::statistics::three_digits;

/// The least that the axis shows on either side of 1.
const NARROWEST: f64 = 1.25;
/// What may be written below the axis, each as far from its neighbours as is legible on a wide one.
const TICKS: [f64; 13] = [0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 1.0, 1.25, 2.0, 5.0, 10.0, 20.0, 50.0];
/// An axis that shows more than this on either side of 1 has no room for the ticks next to 1.
const CROWDED: f64 = 4.0;

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Chart {
    pub(super) ticks: Vec<Tick>,
    pub(super) bars: Vec<Bar>,
}

/// A number below the axis, and where, in hundredths of its length.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// One cost. Places are in hundredths of the axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Bar {
    pub(super) what: String,
    pub(super) without: String,
    pub(super) with: String,
    pub(super) ratio: String,
    pub(super) at: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// That in words.
    pub(super) says: String,
    /// `more`, `less` or `same`.
    pub(super) kind: &'static str,
}

impl Chart {
    /// Draws the costs: twice as much is as far from 1 as half as much.
    pub(super) fn of(costs: &[Cost]) -> Self {
        let ratios = costs.iter().flat_map(|cost| [cost.ratio, cost.range.0, cost.range.1]);
        let far = ratios
            .filter(|ratio| ratio.is_finite() && *ratio > 0.0)
            .map(|ratio| ratio.ln().abs())
            .fold(NARROWEST.ln(), f64::max);
        // A little more, so that nothing is drawn on the edge.
        let far = 1.1 * far;
        let place = |ratio: f64| (50.0 + 50.0 * ratio.ln() / far).clamp(0.0, 100.0);
        let crowded = far > CROWDED.ln();
        let ticks = TICKS.into_iter().filter(|tick| {
            let off = tick.ln().abs();
            let next_to_one = off > 0.0 && off <= NARROWEST.ln();
            off <= far && !(crowded && next_to_one)
        });
        Self {
            ticks: ticks
                .map(|tick| Tick {
                    at: place(tick),
                    label: format!("×{tick}"),
                })
                .collect(),
            bars: costs.iter().map(|cost| bar(cost, place)).collect(),
        }
    }
}

fn bar(cost: &Cost, place: impl Fn(f64) -> f64) -> Bar {
    let (low, high) = cost.range;
    let percent = (cost.ratio - 1.0).abs() * 100.0;
    let (kind, says) = if low <= 1.0 && high >= 1.0 {
        ("same", "no difference seen".to_owned())
    } else if cost.ratio > 1.0 {
        ("more", format!("{} % more", three_digits(percent)))
    } else {
        ("less", format!("{} % less", three_digits(percent)))
    };
    Bar {
        what: cost.what.to_owned(),
        without: format!("{} {}", three_digits(cost.without), cost.unit),
        with: format!("{} {}", three_digits(cost.with), cost.unit),
        ratio: format!("{:.2}", cost.ratio),
        at: place(cost.ratio),
        low: place(low),
        high: place(high),
        says,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::validate::Sample;

    fn cost(ratios: &[f64]) -> Cost {
        let samples: Vec<Sample> = ratios
            .iter()
            .map(|with| Sample {
                without: 1.0,
                with: *with,
            })
            .collect();
        Cost::of("start-up", "ms", &samples).unwrap()
    }

    #[test]
    fn one_is_in_the_middle_and_twice_as_far_as_half() {
        let chart = Chart::of(&[cost(&[2.0]), cost(&[0.5]), cost(&[1.0])]);
        let at: Vec<f64> = chart.bars.iter().map(|bar| bar.at).collect();
        assert!(
            (at[0] + at[1] - 100.0).abs() < 1e-9 && (at[2] - 50.0).abs() < 1e-9,
            "{at:?}"
        );
        assert!(at[0] > 90.0 && at[0] < 100.0, "{at:?}");
        let labels: Vec<&str> = chart.ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["×0.5", "×0.8", "×1", "×1.25", "×2"]);
    }

    #[test]
    fn what_is_the_same_in_half_of_the_rounds_is_no_difference() {
        let chart = Chart::of(&[cost(&[0.9, 1.0, 1.1]), cost(&[1.07, 1.07]), cost(&[0.8, 0.8])]);
        let says: Vec<(&str, &str)> = chart.bars.iter().map(|bar| (bar.kind, bar.says.as_str())).collect();
        assert_eq!(
            says,
            [
                ("same", "no difference seen"),
                ("more", "7.00 % more"),
                ("less", "20.0 % less")
            ]
        );
    }

    #[test]
    fn whatever_was_measured_is_on_the_axis() {
        let chart = Chart::of(&[cost(&[0.0]), cost(&[40.0])]);
        for bar in &chart.bars {
            for place in [bar.at, bar.low, bar.high] {
                assert!((0.0..=100.0).contains(&place), "{bar:?}");
            }
        }
        assert!(
            chart.ticks.iter().all(|tick| tick.label != "×1.25"),
            "{:?}",
            chart.ticks
        );
    }
}
