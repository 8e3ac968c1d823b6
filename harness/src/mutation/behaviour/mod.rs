//! What mutants and variations do: rules over exchanges, which a saboteur follows.

mod edit;
mod endpoint;
mod memory;
mod pattern;
mod rule;
mod sabotage;
mod template;
mod variables;

pub(super) use rule::Rule;
pub(super) use sabotage::{Sabotage, about_any};
