//! The results as JSON: every reading of every round.

use std::io;

use super::super::Bench;

/// The whole of it.
pub(super) fn render(bench: &Bench) -> io::Result<String> {
    let mut text = serde_json::to_string_pretty(bench)?;
    text.push('\n');
    Ok(text)
}
