//! Files that are written: which report goes where, as `FORMAT=PATH` says, and the folders that they stand in.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::suggestion;

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report {}: {source}", path.display())]
pub struct OutputError {
    path: PathBuf,
    source: io::Error,
}

/// The format, of those that there are, and the path of `FORMAT=PATH`. `example` is one that is right.
pub(crate) fn parse<F: Copy>(text: &str, formats: &[(&str, F)], example: &str) -> Result<(F, PathBuf), String> {
    let names: Vec<&str> = formats.iter().map(|(name, _)| *name).collect();
    let (name, path) = text.split_once('=').ok_or_else(|| {
        let all = suggestion::list(&names, "or");
        format!("write FORMAT=PATH, such as {example}; a format is {all}")
    })?;
    if path.is_empty() {
        return Err(format!("there is no path after `{name}=`"));
    }
    let (_, format) = formats
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| format!("there is no format `{name}`; {}", suggestion::help(name, &names)))?;
    Ok((*format, path.into()))
}

/// Writes a report as it was rendered.
pub(crate) fn write_report(path: &Path, rendered: io::Result<String>) -> Result<(), OutputError> {
    rendered
        .and_then(|text| write(path, &text))
        .map_err(|source| OutputError {
            path: path.to_owned(),
            source,
        })
}

/// Writes a file. Folders that are missing are made.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: [(&str, u8); 2] = [("html", 1), ("json", 2)];

    #[test]
    fn a_format_is_one_of_those_that_there_are() {
        let parse = |text| parse(text, &FORMATS, "html=a.html");
        assert_eq!(parse("json=a/b=c"), Ok((2, "a/b=c".into())));
        let message = |text| parse(text).unwrap_err();
        assert!(message("json").starts_with("write FORMAT=PATH, such as html=a.html; a format is "));
        assert_eq!(message("json="), "there is no path after `json=`");
        assert!(
            message("jsn=a").starts_with("there is no format `jsn`; "),
            "{}",
            message("jsn=a")
        );
    }

    #[test]
    fn a_report_makes_its_folder_and_one_that_cannot_be_written_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.txt");
        write_report(&path, Ok("text".to_owned())).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
        let error = write_report(&path.join("c"), Ok(String::new())).unwrap_err();
        assert!(error.to_string().contains("a/b.txt/c"), "{error}");
    }
}
