//! What every build of the registry has.
//!
//! Dependencies point one way: `http` → [`service`] → {[`storage`], [`auth`]} → [`oci`]. Extensions reach the registry
//! through [`hooks`] alone, and nothing here knows any extension by more than its section of the configuration.

pub mod auth;
pub mod cli;
pub mod config;
pub mod extension;
pub mod hooks;
pub mod http;
pub mod logging;
pub mod oci;
pub mod server;
pub mod service;
mod stamp;
pub mod storage;
pub mod tasks;
pub mod upstream;
