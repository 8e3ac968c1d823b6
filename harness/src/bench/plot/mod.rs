//! Figures as plots: SVG that pages and Markdown show, in light and in dark, and that says everything without colour too. The
//! same figures give the same bytes.

mod growth;
mod rates;
mod svg;

use super::result::StageResult;

/// The plot of a stage: what grows as lines, everything else as rates. `None`: there is nothing to compare.
pub(super) fn of(stage: &StageResult) -> Option<String> {
    match stage.grows {
        Some(axis) => growth::plot(stage, axis),
        None => rates::plot(stage),
    }
}

/// What the plot of a stage is called as a file.
pub(super) fn file_name(stage: &StageResult) -> String {
    format!("benchmark-{}.svg", stage.name.replace(' ', "-"))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            load::Timed,
            plan::Axis,
            result::{LaneResult, Reading, Usage, WorkloadResult},
        },
        *,
    };

    fn lane(subject: &str, size: Option<usize>, seconds: f64) -> LaneResult {
        let mut lane = LaneResult::new(subject.to_owned(), subject == "ours", size);
        lane.readings = [0.9, 1.0, 1.1]
            .map(|part| {
                let timed = Timed {
                    seconds: seconds * part,
                    milliseconds: vec![seconds * part * 1000.0],
                    bytes: 0,
                };
                Reading::new(&timed, Usage::default())
            })
            .to_vec();
        lane.summarise();
        lane
    }

    fn stage(grows: Option<Axis>, workloads: Vec<(&str, Vec<LaneResult>)>) -> StageResult {
        let workloads = workloads.into_iter().map(|(name, lanes)| WorkloadResult {
            name: name.to_owned(),
            clients: 1,
            growth_at_most: grows.map(|_| 1.5),
            aims: Vec::new(),
            lanes,
        });
        StageResult {
            name: "pushes & pulls".to_owned(),
            about: String::new(),
            grows,
            workloads: workloads.collect(),
        }
    }

    /// The heights at which texts stand that begin here.
    fn heights(plot: &str, x: &str) -> Vec<f64> {
        let texts = plot
            .lines()
            .filter(|line| line.contains(&format!("x=\"{x}\"")) && line.starts_with("<text"));
        let height = |line: &str| line.split("y=\"").nth(1)?.split('"').next()?.parse().ok();
        texts.filter_map(height).collect()
    }

    #[test]
    fn what_grows_is_a_line_with_its_aim_and_a_name_that_can_be_read() {
        let lanes = |last| {
            vec![
                lane("ours", Some(10), 1.0),
                lane("ours", Some(1000), 1.1),
                lane("ours", Some(100_000), last),
            ]
        };
        let grown = stage(
            Some(Axis::Tags),
            vec![("push", lanes(1.25)), ("page", lanes(1.25)), ("delete", lanes(3.5))],
        );
        let plot = of(&grown).unwrap();
        for part in [
            "aim: at most 1.5 ×",
            "delete, 3.50 ×",
            "100,000",
            "× that with 10 tags",
            "tags, on a logarithmic scale",
        ] {
            assert!(plot.contains(part), "{part}: {plot}");
        }
        assert!(
            plot.contains("pushes &amp; pulls") && !plot.contains("pushes & pulls"),
            "{plot}"
        );
        let heights = heights(&plot, "534.0");
        assert_eq!(heights.len(), 3);
        assert!(heights.windows(2).all(|pair| pair[1] - pair[0] >= 16.0), "{heights:?}");
        assert_eq!(Some(plot), of(&grown), "the same figures give the same bytes");
    }

    #[test]
    fn rates_stand_beside_each_other_and_what_stands_alone_is_no_plot() {
        let both = || vec![lane("ours", None, 1.0), lane("theirs", None, 4.0)];
        let alone = || vec![lane("ours", None, 1.0)];
        let plot = of(&stage(None, vec![("push", both()), ("cold", alone())])).unwrap();
        for part in ["theirs", "0.25 /s", "1.00 /s", "50 %"] {
            assert!(plot.contains(part), "{part}: {plot}");
        }
        assert!(!plot.contains("cold"), "{plot}");
        assert_eq!(of(&stage(None, vec![("cold", alone())])), None);
        let first = vec![lane("ours", Some(10), 1.0)];
        assert_eq!(of(&stage(Some(Axis::Tags), vec![("push", first)])), None);
    }
}
