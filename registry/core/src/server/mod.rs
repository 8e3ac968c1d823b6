//! The running registry: binds, serves, and drains when it is told to stop.

mod activity;
mod connection;
mod error;
mod listener;
mod request_body;

pub use error::ServerError;
pub use listener::{BoundServer, Server};
