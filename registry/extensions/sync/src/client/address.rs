//! Where an upstream registry may lead to.
//!
//! What is configured is trusted, wherever it is. Everything else that an answer leads to (redirects, token services,
//! next pages) has to be at a public address: otherwise a registry could have this one ask the services of its own
//! network. Names are judged by the addresses that they resolve to, at the moment of the connection.

use std::{
    collections::HashSet,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use crate::error::SyncError;

/// The hosts that are trusted wherever they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    /// `host:port`.
    places: HashSet<String>,
    /// Hosts on any port.
    hosts: HashSet<String>,
    /// The names among them, for the resolver, which knows no ports.
    names: Arc<HashSet<String>>,
}

impl Guard {
    /// Trusts the places of `urls`, and `hosts`, which may have a port.
    pub(crate) fn new(urls: &[Url], hosts: &[String]) -> Self {
        let mut guard = Self::default();
        let mut names = HashSet::new();
        for url in urls {
            guard.places.insert(place(url));
            names.extend(url.host_str().map(str::to_owned));
        }
        for host in hosts {
            let host = host.to_ascii_lowercase();
            match host.rsplit_once(':') {
                Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                    names.insert(name.to_owned());
                    guard.places.insert(host);
                }
                _ => {
                    names.insert(host.clone());
                    guard.hosts.insert(host);
                }
            }
        }
        guard.names = Arc::new(names);
        guard
    }

    /// Whether a place was configured.
    pub(crate) fn trusts(&self, url: &Url) -> bool {
        self.places.contains(&place(url)) || url.host_str().is_some_and(|host| self.hosts.contains(host))
    }

    /// Refuses to go where `url` leads, from a place that spoke `https` if `secure`.
    pub(crate) fn check(&self, url: &Url, secure: bool) -> Result<(), SyncError> {
        let forbid = |reason: &str| {
            let host = url.host_str().unwrap_or_default();
            Err(SyncError::Forbidden(format!("the registry leads to {host}, {reason}")))
        };
        match url.scheme() {
            "https" => {}
            "http" if !secure => {}
            "http" => return forbid("without TLS"),
            _ => return forbid("by something other than HTTP"),
        }
        if self.trusts(url) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let name = host.trim_end_matches('.');
        match literal {
            Ok(address) if !is_public(address) => forbid("which is not a public address and not listed as trusted"),
            Err(_) if name == "localhost" || name.ends_with(".localhost") => forbid("which is this machine"),
            // A trusted name is trusted on its own port alone, and the resolver, which lets it pass, knows none.
            Err(_) if self.names.contains(host) => forbid("on a port that is not listed as trusted"),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Resolves names, and leaves out addresses that are not public unless the name is trusted.
    pub(crate) fn resolver(&self) -> Arc<dyn Resolve> {
        Arc::new(Resolver {
            trusted: Arc::clone(&self.names),
        })
    }
}

fn place(url: &Url) -> String {
    format!(
        "{}:{}",
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or_default()
    )
}

struct Resolver {
    trusted: Arc<HashSet<String>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let trusted = Arc::clone(&self.trusted);
        Box::pin(async move {
            let host = name.as_str();
            let found = tokio::net::lookup_host((host, 0)).await?;
            let allowed = |address: &SocketAddr| trusted.contains(host) || is_public(address.ip());
            let addresses: Vec<_> = found.filter(allowed).collect();
            if addresses.is_empty() {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    format!("{host} has no public address, and is not listed as trusted"),
                )
                .into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet's.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

/// By the registry of special addresses (RFC 6890 and what came after it).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !(first == 0
        || first == 10
        || first == 127
        || first >= 224
        || (first == 100 && (64..128).contains(&second))
        || (first == 169 && second == 254)
        || (first == 172 && (16..32).contains(&second))
        || (first == 192 && second == 168)
        || (first == 192 && second == 0 && (third == 0 || third == 2))
        || (first == 192 && second == 88 && third == 99)
        || (first == 198 && (18..20).contains(&second))
        || (first == 198 && second == 51 && third == 100)
        || (first == 203 && second == 0 && third == 113))
}

/// Only global unicast, and of that nothing that wraps another address or stands in documents.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = (0x2000..0x4000).contains(&first);
    let special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        || first == 0x2002
        || (first == 0x3fff && second < 0x1000);
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn special_addresses_are_not_public_however_they_are_written() {
        let guard = Guard::new(&[url("https://registry.example.com")], &[]);
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.0.1",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "[::1]",
            "[::]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::1]",
            "[fec0::1]",
            "[fe80::1]",
            "[fd00::1]",
            "[2001:db8::1]",
        ] {
            let target = url(&format!("https://{host}/x"));
            assert!(guard.check(&target, true).is_err(), "{host}");
        }
        for host in ["1.1.1.1", "[2606:4700::1]", "example.org", "172.32.0.1", "100.128.0.1"] {
            guard.check(&url(&format!("https://{host}/x")), true).unwrap();
        }
    }

    #[test]
    fn what_is_configured_is_trusted_where_it_is_and_nowhere_else() {
        let guard = Guard::new(
            &[url("http://127.0.0.1:5000"), url("http://mirror.local:5000")],
            &["10.0.0.7:9000".to_owned(), "Auth.local".to_owned()],
        );
        for target in [
            "http://127.0.0.1:5000/x",
            "http://mirror.local:5000/x",
            "http://10.0.0.7:9000/x",
            "https://auth.local:1234/x",
        ] {
            guard.check(&url(target), false).unwrap();
        }
        for target in [
            "http://127.0.0.1:5001/x",
            "http://127.0.0.1/x",
            "http://mirror.local:22/x",
            "http://10.0.0.7/x",
            "ftp://example.org/x",
            "file:///etc/passwd",
        ] {
            assert!(guard.check(&url(target), false).is_err(), "{target}");
        }
    }

    #[test]
    fn tls_is_not_given_up_on_the_way() {
        let guard = Guard::new(&[url("https://registry.example.com")], &[]);
        assert!(guard.check(&url("http://example.org"), true).is_err());
        guard.check(&url("http://example.org"), false).unwrap();
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_resolved_unless_it_is_trusted() {
        let names = |trusted: &[Url]| Guard::new(trusted, &[]).resolver();
        let name = || "localhost".parse::<Name>().unwrap();
        assert!(names(&[]).resolve(name()).await.is_err());
        assert!(names(&[url("http://localhost:1")]).resolve(name()).await.is_ok());
    }
}
