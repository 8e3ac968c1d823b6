//! Checks: whether an answer is what a scenario expects, and how the difference is told.

mod actual;
mod difference;
mod expect;
mod json_path;
mod kind;
mod matcher;

pub use actual::Actual;
pub use difference::first_difference;
pub use expect::{Answer, Outcome, evaluate, status_words};
pub use json_path::{PathError, check as check_json_path, query};
pub use kind::Kind;
pub use matcher::check;

use crate::{scenario::Span, template::TemplateError};

/// A check that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Mismatch {
    /// What kind it is.
    pub kind: Kind,
    /// Where the check stands, if it stands somewhere of its own.
    pub span: Option<Span>,
    /// What did not hold, in a sentence.
    pub message: String,
    /// What was expected.
    pub expected: Option<String>,
    /// What came.
    pub actual: Option<String>,
}

impl Mismatch {
    /// A difference between what was expected and what came.
    pub fn new(message: impl Into<String>, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self {
            kind: Kind::default(),
            span: None,
            message: message.into(),
            expected: Some(expected.into()),
            actual: Some(actual.into()),
        }
    }

    /// The same, at a place, unless it has one that is closer.
    #[must_use]
    pub fn at(mut self, span: &Span) -> Self {
        self.span.get_or_insert_with(|| span.clone());
        self
    }

    /// The same as one of `kind`, unless it is known to be of another that says more.
    #[must_use]
    pub fn being(mut self, kind: Kind) -> Self {
        if self.kind == Kind::default() {
            self.kind = kind;
        }
        self
    }

    /// The same, said of something.
    #[must_use]
    pub fn of(mut self, what: &str) -> Self {
        self.message = format!("{what} {}", self.message);
        self
    }
}

/// Why a check gives no result, or a bad one.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AssertionError {
    /// It did not hold.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A template in it gives no value: the scenario is wrong, not the registry.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl AssertionError {
    /// Changes the mismatch, if it is one.
    #[must_use]
    pub fn map(self, change: impl FnOnce(Mismatch) -> Mismatch) -> Self {
        match self {
            Self::Mismatch(mismatch) => Self::Mismatch(change(mismatch)),
            Self::Template(error) => Self::Template(error),
        }
    }
}
