//! `--report FORMAT=PATH` of a benchmark.

use std::{
    io,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::{html, json, markdown};
use crate::{bench::Bench, output, page};

/// A report of a benchmark that is written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchOutput {
    format: Format,
    path: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Html,
    Markdown,
}

const FORMATS: [(&str, Format); 3] = [
    ("json", Format::Json),
    ("html", Format::Html),
    ("markdown", Format::Markdown),
];

/// What a page has before and after the figures.
const MARKERS: page::Markers = page::Markers {
    begin: "<!-- benchmark -->",
    end: "<!-- end of the benchmark -->",
};

impl FromStr for BenchOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = output::parse(text, &FORMATS, "html=bench.html")?;
        Ok(Self { format, path })
    }
}

impl BenchOutput {
    /// Where it goes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the results; folders that are missing are made. Markdown goes between the markers of a page that has them, and
    /// the rest of the page stays.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, bench: &Bench) -> io::Result<()> {
        let text = match self.format {
            Format::Json => json::render(bench)?,
            Format::Html => html::render(bench)?,
            Format::Markdown => page::with(&self.path, MARKERS, &markdown::render(bench))?,
        };
        output::write(&self.path, &text)
    }
}
