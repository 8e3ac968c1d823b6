//! For people: the line and a caret, what to write, and why.

use std::io::{self, Write};

use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::extension::Finding;

/// How wide a report is, in characters.
const WIDTH: usize = 120;

pub(super) fn write(findings: &[Finding], coloured: bool, out: &mut dyn Write) -> io::Result<()> {
    let theme = if coloured {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(WIDTH)
        .with_context_lines(1);
    for finding in findings {
        let mut shown = String::new();
        handler.render_report(&mut shown, finding).map_err(io::Error::other)?;
        for line in shown.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    Ok(())
}
