//! What a run meets: servers of its own, by name, or a registry that somebody else runs.

mod registry;
mod topology;

pub(super) use registry::Registry;
pub(super) use topology::{Topology, binary};

use super::stop::Stop;
use crate::{client::Url, scenario::REGISTRY};

/// What a run meets. All clients of the run share it.
#[derive(Debug)]
pub(super) enum Site {
    /// Servers of its own.
    Own(Topology),
    /// Somebody else's.
    Url(Url),
}

impl Site {
    /// The servers of its own.
    pub(super) fn own(&self) -> Option<&Topology> {
        match self {
            Self::Own(topology) => Some(topology),
            Self::Url(_) => None,
        }
    }

    /// The server that owns the root behind an address, and whether a proxy stands between. None if it is nobody's.
    pub(super) fn root_behind(&self, authority: &str) -> Option<(String, bool)> {
        match self {
            Self::Own(topology) => topology.root_behind(authority),
            Self::Url(url) => (url.authority == authority).then(|| (REGISTRY.to_owned(), false)),
        }
    }

    /// The name of the server at an address. None if it is nobody's.
    pub(super) fn called(&self, authority: &str) -> Option<String> {
        match self {
            Self::Own(topology) => topology.called(authority),
            Self::Url(url) => (url.authority == authority).then(|| REGISTRY.to_owned()),
        }
    }

    /// A server of its own.
    pub(super) fn server(&self, name: &str) -> Result<&Registry, Stop> {
        self.servers()?.registry(name)
    }

    /// The servers of its own, which there have to be.
    pub(super) fn servers(&self) -> Result<&Topology, Stop> {
        let own = self.own();
        own.ok_or_else(|| Stop::error("this step needs a server that the harness runs"))
    }
}
