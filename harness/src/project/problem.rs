//! What can be wrong with a project file: problems that point at a place in it and say what to write.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use miette::{Diagnostic, NamedSource, SourceSpan};

/// One problem of a project file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct ProjectProblem {
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where, in bytes.
    #[label("here")]
    pub span: Option<SourceSpan>,
    /// What to write.
    #[help]
    pub help: String,
}

impl ProjectProblem {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span: Some(span.into()),
            help: help.into(),
        }
    }
}

/// Why there is no project.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ProjectError {
    /// No folder from here upwards has a project file.
    #[error("there is no plimsoll.toml in {} or a folder above it", .0.display())]
    #[diagnostic(help("run this inside a project, or name its file with --project PATH"))]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    #[diagnostic(help("look at the path, and who may read it; it has to be UTF-8"))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something wrong: every problem that it has, in its order.
    #[error("{} {}", path.display(), if problems.len() == 1 { "has a problem".to_owned() } else { format!("has {} problems", problems.len()) })]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Its text.
        #[source_code]
        source_code: NamedSource<String>,
        /// What is wrong; at least one.
        #[related]
        problems: Vec<ProjectProblem>,
    },
}

impl ProjectError {
    pub(super) fn invalid(path: &Path, source: &str, mut problems: Vec<ProjectProblem>) -> Self {
        problems.sort_by_key(|problem| problem.span.map_or(0, |span| span.offset()));
        Self::Invalid {
            path: path.to_owned(),
            source_code: NamedSource::new(path.display().to_string(), source.to_owned()).with_language("toml"),
            problems,
        }
    }
}
