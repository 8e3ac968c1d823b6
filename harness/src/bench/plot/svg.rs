//! A drawing, piece by piece.

use std::fmt::Write as _;

/// How wide every plot is.
pub(super) const WIDTH: f64 = 720.0;

/// The classes that shapes have, in light and in dark. Shapes differ too, for those who see no colours.
const STYLE: &str = "\
.figure text { font: 12px system-ui, sans-serif; fill: #1f2328 } .figure .quiet { fill: #59636e } .figure .strong { font-weight: 600 } \
.figure .paper { fill: #fff } .figure .grid { stroke: #d1d9e0 } .figure .aim { stroke: #59636e; stroke-dasharray: 6 4 } \
.figure .own { stroke: #0969da; fill: #0969da } .figure .other { stroke: #59636e; fill: #fff } .figure .open { fill: none } \
@media (prefers-color-scheme: dark) { .figure text { fill: #f0f6fc } .figure .quiet { fill: #9198a1 } .figure .paper { fill: #0d1117 } \
.figure .grid { stroke: #3d444d } .figure .aim { stroke: #9198a1 } .figure .own { stroke: #4493f8; fill: #4493f8 } \
.figure .other { stroke: #9198a1; fill: #0d1117 } .figure .open { fill: none } }";

/// Where a text begins, from where it is put.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A mark: a line of a plot has the same for all of its points.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Mark {
    pub(super) const ALL: [Self; 4] = [Self::Circle, Self::Square, Self::Triangle, Self::Diamond];
}

/// The drawing so far.
#[derive(Debug)]
pub(super) struct Canvas {
    shapes: String,
    title: String,
}

impl Canvas {
    /// An empty one. `title` is what those hear who see nothing.
    pub(super) fn new(title: &str) -> Self {
        Self {
            shapes: String::new(),
            title: escaped(title),
        }
    }

    // Writing to a String cannot fail.

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        let _ = writeln!(
            self.shapes,
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    pub(super) fn line(&mut self, class: &str, width: f64, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = writeln!(
            self.shapes,
            r#"<line class="{class}" stroke-width="{width}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        );
    }

    /// A line through all of these.
    pub(super) fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        let _ = writeln!(
            self.shapes,
            r#"<polyline class="{class} open" stroke-width="2" points="{points}"/>"#
        );
    }

    pub(super) fn mark(&mut self, class: &str, mark: Mark, (x, y): (f64, f64)) {
        let shape = match mark {
            Mark::Circle => format!(r#"<circle class="{class}" stroke-width="1.5" cx="{x:.1}" cy="{y:.1}" r="4"/>"#),
            Mark::Square => polygon(class, (x, y), &[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)]),
            Mark::Triangle => polygon(class, (x, y), &[(0.0, -5.0), (5.0, 4.0), (-5.0, 4.0)]),
            Mark::Diamond => polygon(class, (x, y), &[(0.0, -5.5), (5.5, 0.0), (0.0, 5.5), (-5.5, 0.0)]),
        };
        self.shapes.push_str(&shape);
        self.shapes.push('\n');
    }

    /// The drawing, so high.
    pub(super) fn finish(self, height: f64) -> String {
        let Self { shapes, title } = self;
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="figure" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">
<title>{title}</title>
<style>{STYLE}</style>
<rect class="paper" width="{WIDTH}" height="{height}"/>
{shapes}</svg>
"#
        )
    }
}

fn polygon(class: &str, (x, y): (f64, f64), corners: &[(f64, f64)]) -> String {
    let corners: Vec<String> = corners
        .iter()
        .map(|(right, down)| format!("{:.1},{:.1}", x + right, y + down))
        .collect();
    let corners = corners.join(" ");
    format!(r#"<polygon class="{class}" stroke-width="1.5" points="{corners}"/>"#)
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
