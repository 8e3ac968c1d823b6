//! `--report FORMAT=PATH` of a proof.

use std::{path::PathBuf, str::FromStr};

use super::{html, json, markdown};
use crate::{
    mutation::proof::Proof,
    output::{self, OutputError},
    page,
};

/// A report of a proof that is written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofOutput {
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

/// What a page has before and after the proof.
const MARKERS: page::Markers = page::Markers {
    begin: "<!-- proof -->",
    end: "<!-- end of the proof -->",
};

impl FromStr for ProofOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = output::parse(text, &FORMATS, "html=proof.html")?;
        Ok(Self { format, path })
    }
}

impl ProofOutput {
    /// Writes `proof`; folders that are missing are made. Markdown goes between the markers of a page that has them, and the
    /// rest of the page stays.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, proof: &Proof) -> Result<(), OutputError> {
        let text = match self.format {
            Format::Json => json::render(proof),
            Format::Html => html::render(proof),
            Format::Markdown => page::with(&self.path, MARKERS, &markdown::render(proof)),
        };
        output::write_report(&self.path, text)
    }
}
