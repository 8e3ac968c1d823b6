//! Proof that the conformance scenarios are worth what they say: mutants, each a registry with one bug, which some scenario
//! has to catch, and variations, each a registry that does something otherwise as it may, which none may fail.
//!
//! Neither is a registry of its own. A `saboteur` between the harness and a right registry makes it one, as a declaration
//! says: rules over exchanges, which `behaviour` knows how to follow.

mod behaviour;
mod compare;
mod declaration;
mod plan;
mod proof;
mod prove;
mod report;
mod saboteur;

pub use compare::compare;
pub use declaration::{Declaration, DeclarationError, Declarations, Kind};
pub(crate) use plan::rank;
pub use proof::{Catch, Fate, OfficialView, Proof, Tried};
pub use prove::{Progress, ProveOptions, prove};
pub use report::write_terminal;
