//! What is measured, as a TOML file says it.

mod load;
mod model;
mod quick;
mod value;

pub use load::PlanError;
pub use model::{Aim, Axis, Content, Operation, Place, Plan, Stage, Way, What, Who, Workload};
pub use value::{Size, Sizes, Span};
