//! The other end of a connection.

use std::net::{IpAddr, SocketAddr};

/// What is known of who sends a request before any of it is read.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// The client's address.
    pub remote: Option<IpAddr>,
    /// The address at which the client reached the registry.
    pub local: Option<SocketAddr>,
    /// Whether the connection is encrypted.
    pub secure: bool,
    /// Whom the client's certificate names.
    pub name: Option<String>,
}

impl Peer {
    /// The URL at which the client reached the registry. It is that of the connection, and not what a request says about its
    /// host, which can be anything.
    pub(super) fn here(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        self.local
            .map_or_else(String::new, |address| format!("{scheme}://{address}"))
    }
}
