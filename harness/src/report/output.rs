//! `--report FORMAT=PATH`: which reports are written where.

use std::{path::PathBuf, str::FromStr};

use super::{Report, github, html, json, junit, tap};
use crate::output::{self, OutputError};

/// A report that is written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How.
    pub format: Format,
    /// Where.
    pub path: PathBuf,
}

/// A format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `JUnit` XML, one suite a combination.
    Junit,
    /// The whole model.
    Json,
    /// One page.
    Html,
    /// TAP, a line a run.
    Tap,
    /// Annotations, as GitHub Actions reads them.
    Github,
    /// A summary in Markdown, as GitHub Actions shows it.
    Summary,
}

const FORMATS: [(&str, Format); 6] = [
    ("junit", Format::Junit),
    ("json", Format::Json),
    ("html", Format::Html),
    ("tap", Format::Tap),
    ("github", Format::Github),
    ("summary", Format::Summary),
];

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = output::parse(text, &FORMATS, "junit=junit.xml")?;
        Ok(Self { format, path })
    }
}

impl Output {
    /// Writes `report`; folders that are missing are made.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, report: &Report) -> Result<(), OutputError> {
        let text = match self.format {
            Format::Junit => junit::render(report),
            Format::Json => json::render(report),
            Format::Html => html::render(report),
            Format::Tap => Ok(tap::render(report)),
            Format::Github => Ok(github::annotations(report)),
            Format::Summary => Ok(github::summary(report)),
        };
        output::write_report(&self.path, text)
    }
}
