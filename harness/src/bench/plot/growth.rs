//! What an operation costs with ever more content, as so many times what it costs with the least, over a logarithmic scale.

use super::{
    super::{
        plan::Axis,
        result::{LaneResult, Spread, StageResult},
    },
    svg::{Anchor, Canvas, Mark},
};
use crate::statistics::three_digits;

const LEFT: f64 = 60.0;
const RIGHT: f64 = 500.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 280.0;
const HEIGHT: f64 = 330.0;
/// Names beside lines are so far apart at least.
const APART: f64 = 16.0;
/// Even where nothing grows, the scale goes to so many times the first.
const LEAST_TOP: f64 = 2.0;

/// One workload of one subject.
struct Line {
    name: String,
    points: Vec<(f64, Spread)>,
}

pub(super) fn plot(stage: &StageResult, axis: Axis) -> Option<String> {
    let lines = lines(stage);
    let sizes = lines.iter().flat_map(|line| line.points.iter().map(|(size, _)| *size));
    let (least, most) = sizes.fold((f64::MAX, 0.0_f64), |(least, most), size| {
        (least.min(size), most.max(size))
    });
    if least >= most {
        return None;
    }
    let highs = lines
        .iter()
        .flat_map(|line| line.points.iter().map(|(_, cost)| cost.high));
    let scale = Scale {
        least,
        most,
        top: highs.fold(LEAST_TOP, f64::max).ceil(),
    };
    let what = axis.name();
    let title = format!("{}: time of an operation, × that with {least} {what}", stage.name);
    let mut canvas = Canvas::new(&title);
    canvas.text("strong", (12.0, 20.0), Anchor::Start, &title);
    scale.draw(&mut canvas, &lines, what);
    let limits = stage.workloads.iter().filter_map(|workload| workload.growth_at_most);
    if let Some(limit) = limits.reduce(f64::min) {
        let y = scale.y(limit);
        canvas.line("aim", 1.0, (LEFT, y), (RIGHT, y));
        canvas.text(
            "quiet",
            (LEFT + 6.0, y - 5.0),
            Anchor::Start,
            &format!("aim: at most {limit} ×"),
        );
    }
    let mut names = Vec::new();
    for (line, mark) in lines.iter().zip(Mark::ALL.into_iter().cycle()) {
        let points: Vec<_> = line
            .points
            .iter()
            .map(|(size, cost)| scale.at(*size, cost.median))
            .collect();
        canvas.path("own", &points);
        for (point, (_, cost)) in points.iter().zip(&line.points) {
            canvas.line("own", 1.0, (point.0, scale.y(cost.low)), (point.0, scale.y(cost.high)));
            canvas.mark("own", mark, *point);
        }
        if let (Some(point), Some((_, cost))) = (points.last(), line.points.last()) {
            names.push((point.1, mark, format!("{}, {} ×", line.name, three_digits(cost.median))));
        }
    }
    names.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut free = 0.0_f64;
    for (y, mark, name) in names {
        let y = y.max(free);
        free = y + APART;
        canvas.mark("own", mark, (RIGHT + 22.0, y));
        canvas.text("", (RIGHT + 34.0, y + 4.0), Anchor::Start, &name);
    }
    Some(canvas.finish(HEIGHT))
}

fn lines(stage: &StageResult) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for workload in &stage.workloads {
        let mut subjects: Vec<&str> = workload.lanes.iter().map(|lane| lane.subject.as_str()).collect();
        subjects.dedup();
        for subject in &subjects {
            let own = || workload.lanes.iter().filter(|lane| lane.subject == *subject);
            let name = match subjects.len() {
                1 => workload.name.clone(),
                _ => format!("{} ({subject})", workload.name),
            };
            let Some(first) = own().next() else { continue };
            let points = own().filter_map(|lane| point(first, lane)).collect();
            lines.push(Line { name, points });
        }
    }
    lines
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nobody fills a registry with 2^53 of something"
)]
fn point(first: &LaneResult, lane: &LaneResult) -> Option<(f64, Spread)> {
    Some((lane.size? as f64, first.times(lane)?))
}

/// Where sizes and costs are.
struct Scale {
    least: f64,
    most: f64,
    top: f64,
}

impl Scale {
    fn at(&self, size: f64, cost: f64) -> (f64, f64) {
        let part = (size / self.least).ln() / (self.most / self.least).ln();
        ((RIGHT - LEFT).mul_add(part, LEFT), self.y(cost))
    }

    fn y(&self, cost: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * cost / self.top
    }

    fn draw(&self, canvas: &mut Canvas, lines: &[Line], what: &str) {
        for step in 0..=4_u8 {
            let cost = self.top * f64::from(step) / 4.0;
            let y = self.y(cost);
            canvas.line("grid", 1.0, (LEFT, y), (RIGHT, y));
            canvas.text("quiet", (LEFT - 8.0, y + 4.0), Anchor::End, &format!("{cost} ×"));
        }
        for (size, _) in lines.first().map_or(&[][..], |line| &line.points) {
            let (x, _) = self.at(*size, 0.0);
            canvas.line("grid", 1.0, (x, TOP), (x, BOTTOM));
            canvas.text("quiet", (x, BOTTOM + 18.0), Anchor::Middle, &grouped(*size));
        }
        let middle = f64::midpoint(LEFT, RIGHT);
        canvas.text(
            "quiet",
            (middle, HEIGHT - 12.0),
            Anchor::Middle,
            &format!("{what}, on a logarithmic scale"),
        );
    }
}

/// A number with commas between thousands.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
