//! `--report FORMAT=PATH` of a proof.

use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::{html, json, markdown};
use crate::{mutation::proof::Proof, suggestion};

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
const BEGIN: &str = "<!-- proof -->";
const END: &str = "<!-- end of the proof -->";

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
            Format::Markdown => page(&self.path, &markdown::render(proof)),
        };
        text.and_then(|text| write(&self.path, &text))
            .map_err(|source| ProofOutputError {
                path: self.path.clone(),
                source,
            })
    }
}

/// The page at `path` with `text` between its markers; `text` alone where there is no such page.
fn page(path: &Path, text: &str) -> io::Result<String> {
    let page = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(text.to_owned()),
        page => page?,
    };
    Ok(between_markers(&page, text).unwrap_or_else(|| text.to_owned()))
}

fn between_markers(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim()))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_markers_keeps_what_is_around_them() {
        let page = "# Proof\n\n<!-- proof -->\nold\n<!-- end of the proof -->\n\nmore\n";
        let wanted = "# Proof\n\n<!-- proof -->\n\nnew\n\n<!-- end of the proof -->\n\nmore\n";
        assert_eq!(between_markers(page, "new\n").as_deref(), Some(wanted));
        assert_eq!(between_markers(wanted, "new\n").as_deref(), Some(wanted));
        assert_eq!(between_markers("# Proof\n<!-- proof -->\n", "new"), None);
    }

    #[test]
    fn a_page_that_is_not_there_or_has_no_markers_is_the_proof_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("proof.md");
        assert_eq!(page(&path, "new\n").unwrap(), "new\n");
        fs::write(&path, "old").unwrap();
        assert_eq!(page(&path, "new\n").unwrap(), "new\n");
    }
}
