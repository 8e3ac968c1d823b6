//! Finds and reads a project file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use toml::de::DeTable;

use super::{Project, ProjectError, ProjectProblem, decode};
use crate::text::{SAVE_AS_UTF8, utf8};

/// What a project file is called.
pub const FILE: &str = "plimsoll.toml";

/// The project file in `folder`, or in the nearest folder above it.
///
/// # Errors
/// There is none.
pub fn discover(folder: &Path) -> Result<PathBuf, ProjectError> {
    folder
        .ancestors()
        .map(|folder| folder.join(FILE))
        .find(|file| file.is_file())
        .ok_or_else(|| ProjectError::Missing(folder.to_owned()))
}

/// Reads the project file at `path`, which may be the folder that it stands in.
///
/// # Errors
/// It cannot be read, or everything that is wrong with it, at once.
pub fn load(path: &Path) -> Result<Project, ProjectError> {
    let unreadable = |source: io::Error| ProjectError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut file = fs::canonicalize(path).map_err(unreadable)?;
    if file.is_dir() {
        file.push(FILE);
    }
    let source = text(fs::read(&file).map_err(unreadable)?, path)?;
    let root = file.parent().unwrap_or(Path::new("/"));
    parse(&source, path, root)
}

/// The text of the file that is shown as `shown`.
pub(super) fn text(bytes: Vec<u8>, shown: &Path) -> Result<String, ProjectError> {
    utf8(bytes).map_err(|error| {
        let problem = ProjectProblem {
            message: error.message(),
            span: Some(error.span.clone().into()),
            help: SAVE_AS_UTF8.to_owned(),
        };
        ProjectError::invalid(shown, &error.text, vec![problem])
    })
}

/// Reads `source` as the project file of the folder `root`; `shown` is its name in errors.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn parse(source: &str, shown: &Path, root: &Path) -> Result<Project, ProjectError> {
    let (table, errors) = DeTable::parse_recoverable(source);
    if !errors.is_empty() {
        let problems = errors.iter().map(|error| ProjectProblem {
            message: error.message().trim().replace('\n', "; "),
            span: error.span().map(|span| first_line(source, &span).into()),
            help: "the file is TOML, which https://toml.io describes; in a table each key stands once".to_owned(),
        });
        return Err(ProjectError::invalid(shown, source, problems.collect()));
    }
    let mut problems = Vec::new();
    match decode::project(&table, root, &mut problems) {
        Some(project) if problems.is_empty() => Ok(project),
        _ => {
            for problem in &mut problems {
                problem.span = problem.span.map(|span| {
                    let span = span.offset()..span.offset() + span.len();
                    first_line(source, &span).into()
                });
            }
            Err(ProjectError::invalid(shown, source, problems))
        }
    }
}

/// The part of `span` on its first line: a caret below a whole table says nothing.
pub(super) fn first_line(source: &str, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let rest = source.get(span.clone()).unwrap_or_default();
    let length = rest.find('\n').unwrap_or(rest.len());
    span.start..span.start + length
}
