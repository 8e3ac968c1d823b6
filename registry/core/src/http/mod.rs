//! The registry over HTTP: the distribution specification's endpoints, a file each, and the extensions' routes beside them.
//!
//! It knows requests and answers. What they mean for content is [`crate::service`]'s to decide, and how connections are
//! kept is [`crate::server`]'s.

mod admission;
mod api;
mod api_keys;
mod audit;
mod blobs;
mod body;
mod catalog;
mod conditional;
mod discover;
mod error;
mod host;
mod manifests;
mod paging;
mod peer;
mod ping;
mod query;
mod rate;
mod referrers;
mod reply;
mod route;
mod tags;
mod token;
mod uploads;

pub use api::Api;
pub use peer::Peer;
