//! Expressions over extensions, such as `scrub and not (sync or search)`.

use super::Combination;

/// What a scenario requires of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Holds for every build.
    Always,
    /// The extension is built in.
    Has(String),
    /// Does not hold.
    Not(Box<Self>),
    /// All hold.
    And(Vec<Self>),
    /// One holds.
    Or(Vec<Self>),
}

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// Where in the text, in bytes.
    pub at: usize,
    /// What is wrong there.
    pub message: String,
}

impl Expression {
    /// Whether it holds for `combination`.
    pub fn holds(&self, combination: &Combination) -> bool {
        match self {
            Self::Always => true,
            Self::Has(extension) => combination.has(extension),
            Self::Not(inner) => !inner.holds(combination),
            Self::And(parts) => parts.iter().all(|part| part.holds(combination)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(combination)),
        }
    }
}
