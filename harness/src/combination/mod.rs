//! Sets of extensions: which there can be, which to build, what a scenario requires of them, and which of them are
//! responsible for what happens. Knows nothing of scenarios.

mod constraint;
mod coverage;
mod covering;
mod expression;
mod interaction;
mod search;
mod selection;
mod set;
mod strategy;

pub use constraint::{Constraints, Excluded, Space};
pub use coverage::Coverage;
pub use expression::{Expression, ExpressionError};
pub use interaction::{Interaction, Responsible};
pub use search::Search;
pub use selection::{UnknownExtension, select};
pub use set::Combination;
pub use strategy::{Strategy, TooMany};
