//! The running registry: binds, serves, and drains when it is told to stop.

mod activity;
mod connection;
mod error;
mod listener;
mod request_body;
mod tls;

pub use error::ServerError;
pub use listener::{BoundServer, Server};
pub use tls::TlsError;
