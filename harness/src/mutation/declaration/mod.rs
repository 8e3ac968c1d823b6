//! Mutants and variations as they are declared, one file an area of the specification.

mod embedded;
mod load;
mod model;

pub use load::DeclarationError;
pub use model::{Declaration, Declarations, Kind};
