//! The scenario language: files, what they say, and errors that point into them.

mod about;
mod behaviour;
mod clients;
mod decode;
mod diagnostic;
mod load;
mod model;
mod plain;
mod race;
mod topology;
mod tree;
pub mod unit;
pub(crate) mod words;

use crate::suggestion;

pub use about::About;
pub use behaviour::*;
pub use clients::*;
pub use diagnostic::{Code, LoadError, Problem};
pub use load::{Vocabulary, load_file, load_folder, parse};
pub use model::*;
pub(crate) use plain::read_yaml;
pub use race::*;
pub use topology::*;
