//! The scenario language: files, what they say, and errors that point into them.

mod about;
mod account;
mod behaviour;
mod clients;
mod content;
mod decode;
mod diagnostic;
mod disk;
mod expect;
mod flow;
mod format;
pub(crate) mod keys;
mod load;
mod matcher;
mod model;
mod plain;
mod race;
mod request;
mod server;
mod topology;
mod tree;
pub mod unit;
pub(crate) mod words;

use crate::suggestion;

pub use about::About;
pub use account::{Account, Accounts};
pub use behaviour::*;
pub use clients::*;
pub use content::*;
pub use diagnostic::{Code, LoadError, Problem};
pub use disk::*;
pub use expect::*;
pub use flow::*;
pub use format::format;
pub use load::{Vocabulary, files_below, format_file, load_file, load_folder, parse};
pub use matcher::*;
pub use model::*;
pub(crate) use plain::read_yaml;
pub use race::*;
pub use request::*;
pub use server::*;
pub use topology::*;
