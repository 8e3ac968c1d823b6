//! `--report FORMAT=PATH` of a proof.

use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::{html, json, markdown};
use crate::{mutation::proof::Proof, page, suggestion};

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

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report {}: {source}", path.display())]
pub struct ProofOutputError {
    path: PathBuf,
    source: io::Error,
}

impl FromStr for ProofOutput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = FORMATS.map(|(name, _)| name);
        let all = suggestion::list(&names, "or");
        let (name, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or_else(|| format!("write FORMAT=PATH, such as html=proof.html; a format is {all}"))?;
        let format = FORMATS.iter().find(|(known, _)| *known == name);
        let (_, format) =
            format.ok_or_else(|| format!("there is no format `{name}`; {}", suggestion::help(name, &names)))?;
        Ok(Self {
            format: *format,
            path: path.into(),
        })
    }
}

impl ProofOutput {
    /// Writes `proof`; folders that are missing are made. Markdown goes between the markers of a page that has them, and the
    /// rest of the page stays.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, proof: &Proof) -> Result<(), ProofOutputError> {
        let text = match self.format {
            Format::Json => json::render(proof),
            Format::Html => html::render(proof),
            Format::Markdown => page::with(&self.path, MARKERS, &markdown::render(proof)),
        };
        text.and_then(|text| write(&self.path, &text))
            .map_err(|source| ProofOutputError {
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
