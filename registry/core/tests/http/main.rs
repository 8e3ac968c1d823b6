//! The registry's HTTP interface, in this process and on a file system.

mod blobs;
mod lists;
mod manifests;
mod paths;
mod support;
mod uploads;
