//! The scenario language: files, what they say, and errors that point into them.

mod model;

pub use model::*;
