//! Findings as people, GitHub and code scanners read them.

mod github;
mod sarif;
mod text;

use std::io::{self, Write};

use clap::ValueEnum;

use super::Finding;

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, with the line and a caret
    #[default]
    Text,
    /// Annotations of GitHub Actions, a line each
    Github,
    /// SARIF 2.1.0, for code scanners
    Sarif,
}

/// Writes the findings. `coloured` is for text alone.
///
/// # Errors
/// They cannot be written.
pub fn write(format: Format, findings: &[Finding], coloured: bool, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(findings, coloured, out),
        Format::Github => github::write(findings, out),
        Format::Sarif => sarif::write(findings, out),
    }
}
