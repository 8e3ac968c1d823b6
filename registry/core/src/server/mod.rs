//! The running registry: binds, serves, and drains when it is told to stop.

mod error;
mod listener;

pub use error::ServerError;
pub use listener::{BoundServer, Server};
