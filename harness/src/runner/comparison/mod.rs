//! Whether builds that answered a script differently do so, or chance did: both are asked again, side by side.

mod ask;
mod place;
mod separation;

pub use ask::{Build, Comparison, compare};
pub use place::Place;
