//! Sets of extensions: which to build, and what a scenario requires of them. Knows nothing of scenarios.

mod expression;
mod interaction;
mod pairwise;
mod selection;
mod set;
mod strategy;

pub use expression::{Expression, ExpressionError};
pub use interaction::{Interaction, Responsible};
pub use selection::{UnknownExtension, select};
pub use set::Combination;
pub use strategy::{Strategy, TooMany};
