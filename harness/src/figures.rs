//! `--report FORMAT=PATH` of figures: of a proof, or of a benchmark.

use std::{io, path::PathBuf, str::FromStr};

use crate::{
    output::{self, OutputError},
    page,
};

/// Where the pictures of a page in Markdown lie, from it.
pub(crate) const IMAGES: &str = "images";

/// What can be written as figures.
pub(crate) trait Figures {
    /// What a page in Markdown has before and after them.
    const MARKERS: page::Markers;

    fn json(&self) -> io::Result<String>;
    fn html(&self) -> io::Result<String>;
    fn markdown(&self) -> String;

    /// Pictures that the Markdown shows: the name of each in the folder [`IMAGES`] beside it, and its content.
    fn images(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// A report of figures that is written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FiguresOutput {
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

impl FromStr for FiguresOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = output::parse(text, &FORMATS, "html=report.html")?;
        Ok(Self { format, path })
    }
}

impl FiguresOutput {
    /// Writes `figures`; folders that are missing are made. Markdown goes between the markers of a page that has them, and
    /// the rest of the page stays; its pictures go into the folder beside it.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(crate) fn write<F: Figures>(&self, figures: &F) -> Result<(), OutputError> {
        if self.format == Format::Markdown {
            for (name, image) in figures.images() {
                output::write_report(&self.path.with_file_name(IMAGES).join(name), Ok(image))?;
            }
        }
        let text = match self.format {
            Format::Json => figures.json(),
            Format::Html => figures.html(),
            Format::Markdown => page::with(&self.path, F::MARKERS, &figures.markdown()),
        };
        output::write_report(&self.path, text)
    }
}
