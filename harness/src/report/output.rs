//! `--report FORMAT=PATH`: which reports are written where.

use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::{Report, github, html, json, junit, tap};
use crate::suggestion;

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

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report {}: {source}", path.display())]
pub struct OutputError {
    path: PathBuf,
    source: io::Error,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = FORMATS.map(|(name, _)| name);
        let (name, path) = text.split_once('=').ok_or_else(|| {
            format!(
                "write FORMAT=PATH, such as junit=junit.xml; a format is {}",
                suggestion::list(&names, "or")
            )
        })?;
        if path.is_empty() {
            return Err(format!("there is no path after `{name}=`"));
        }
        let format = FORMATS.iter().find(|(known, _)| *known == name);
        let (_, format) =
            format.ok_or_else(|| format!("there is no format `{name}`; {}", suggestion::help(name, &names)))?;
        Ok(Self {
            format: *format,
            path: path.into(),
        })
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
        text.and_then(|text| write(&self.path, &text))
            .map_err(|source| OutputError {
                path: self.path.clone(),
                source,
            })
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}
