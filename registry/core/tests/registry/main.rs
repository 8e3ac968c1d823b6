//! The registry in this process, on a file system: its HTTP interface, and the server that offers it.

mod accounts;
mod api_keys;
mod authentication;
mod authorization;
mod blobs;
mod limits;
mod lists;
mod manifests;
mod paths;
mod server;
mod support;
mod tls;
mod uploads;
