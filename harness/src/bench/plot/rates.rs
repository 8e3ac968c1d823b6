//! Rates as dots on one scale: how far each subject comes of the fastest of its workload, with what the rounds lie between.

use super::{
    super::result::{StageResult, WorkloadResult},
    svg::{Anchor, Canvas, Mark, WIDTH},
};
use crate::statistics::three_digits;

const LEFT: f64 = 190.0;
const RIGHT: f64 = 600.0;
const ROW: f64 = 19.0;
const GAP: f64 = 14.0;
const TOP: f64 = 34.0;

pub(super) fn plot(stage: &StageResult) -> Option<String> {
    let compared = |workload: &&WorkloadResult| measured(workload) > 1;
    let workloads: Vec<&WorkloadResult> = stage.workloads.iter().filter(compared).collect();
    if workloads.is_empty() {
        return None;
    }
    let title = format!("{}: operations a second, of the fastest", stage.name);
    let mut canvas = Canvas::new(&title);
    canvas.text("strong", (12.0, 20.0), Anchor::Start, &title);
    let heights = workloads.iter().map(|workload| ROW + rows(measured(workload)) + GAP);
    let bottom = TOP + heights.sum::<f64>();
    for quarter in 0..=4_u8 {
        let part = f64::from(quarter) / 4.0;
        canvas.line("grid", 1.0, (place(part), TOP), (place(part), bottom));
        let percent = format!("{} %", u32::from(quarter) * 25);
        canvas.text("quiet", (place(part), bottom + 16.0), Anchor::Middle, &percent);
    }
    let mut y = TOP;
    for workload in workloads {
        y = draw(&mut canvas, workload, y);
    }
    Some(canvas.finish(bottom + 28.0))
}

fn draw(canvas: &mut Canvas, workload: &WorkloadResult, top: f64) -> f64 {
    let rates = || {
        workload
            .lanes
            .iter()
            .filter_map(|lane| Some((lane, lane.summary?.rate)))
    };
    let fastest = rates().fold(f64::MIN_POSITIVE, |fastest, (_, rate)| fastest.max(rate.high));
    let mut y = top + ROW - 5.0;
    canvas.text("strong", (12.0, y), Anchor::Start, &workload.name);
    for (lane, rate) in rates() {
        y += ROW;
        let class = if lane.is_own { "own" } else { "other" };
        let middle = y - 4.0;
        let x = place(rate.median / fastest);
        canvas.text("", (LEFT - 12.0, y), Anchor::End, &lane.label());
        canvas.line(class, 1.0, (LEFT, middle), (x, middle));
        let (low, high) = (place(rate.low / fastest), place(rate.high / fastest));
        canvas.line(class, 4.0, (low, middle), (high, middle));
        canvas.mark(class, Mark::Circle, (x, middle));
        let value = format!("{} /s", three_digits(rate.median));
        canvas.text("quiet", (WIDTH - 12.0, y), Anchor::End, &value);
    }
    y + 5.0 + GAP
}

fn measured(workload: &WorkloadResult) -> usize {
    workload.lanes.iter().filter(|lane| lane.summary.is_some()).count()
}

#[expect(clippy::cast_precision_loss, reason = "there are a few subjects")]
fn rows(count: usize) -> f64 {
    count as f64 * ROW
}

fn place(part: f64) -> f64 {
    (RIGHT - LEFT).mul_add(part, LEFT)
}
