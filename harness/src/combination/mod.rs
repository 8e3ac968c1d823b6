//! Sets of extensions: which to build, and what a scenario requires of them. Knows nothing of scenarios.

mod expression;
mod set;

pub use expression::{Expression, ExpressionError};
pub use set::Combination;
