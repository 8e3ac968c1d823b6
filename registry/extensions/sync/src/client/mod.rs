//! Another registry, seen through HTTP: what it has, by whose leave, and within which limits.

mod address;
mod challenge;
mod limits;
mod link;
mod list;
mod remote;
mod tls;
mod token;
mod transport;

pub(crate) use address::Guard;
pub(crate) use limits::Limits;
pub(crate) use remote::{Download, RawManifest, Remote};
pub(crate) use tls::Certificates;
pub(crate) use token::Authorizer;
pub(crate) use transport::{Patience, Transport};
