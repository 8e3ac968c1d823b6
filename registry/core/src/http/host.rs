//! Whom a request is for, as far as it has to say so. What it says is used for nothing else: see [`super::peer::Peer`].

use std::net::Ipv6Addr;

use http::{HeaderValue, Version, header, request::Parts, uri::Authority};

/// Why a request is not understood (RFC 9112, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HostError {
    #[error("a request of HTTP/1.1 has a 'Host' header")]
    Missing,
    #[error("a request has one 'Host' header")]
    Several,
    #[error("the 'Host' header is a host, and perhaps a port")]
    Header,
    #[error("the target's authority is a host, and perhaps a port")]
    Target,
}

/// Refuses a request that does not say whom it is for, or says it in more than one way: what stands before the registry may
/// have read it differently. HTTP/1.0 knows no `Host`, and HTTP/2 has the authority in the target.
pub(super) fn check(request: &Parts) -> Result<(), HostError> {
    let mut hosts = request.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version == Version::HTTP_11 => return Err(HostError::Missing),
        (Some(_), Some(_)) => return Err(HostError::Several),
        (Some(host), None) if !is_valid(host) => return Err(HostError::Header),
        _ => {}
    }
    if request.uri.authority().is_some_and(|authority| !is_host(authority)) {
        return Err(HostError::Target);
    }
    Ok(())
}

fn is_valid(host: &HeaderValue) -> bool {
    let authority = host.to_str().ok().and_then(|host| host.parse().ok());
    authority.is_some_and(|authority| is_host(&authority))
}

/// A host and perhaps a port, and no user. The parser leaves more than that open.
fn is_host(authority: &Authority) -> bool {
    let host = authority.host();
    let Some(port) = authority.as_str().strip_prefix(host) else {
        return false;
    };
    let is_port = match port.strip_prefix(':') {
        Some(digits) => digits.is_empty() || (!digits.starts_with('+') && digits.parse::<u16>().is_ok()),
        None => port.is_empty(),
    };
    let address = host.strip_prefix('[').map(|address| address.strip_suffix(']'));
    let is_name = match address {
        Some(address) => address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => !host.is_empty(),
    };
    is_name && is_port
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn checked(version: Version, target: &str, hosts: &[&str]) -> Result<(), HostError> {
        let request = Request::get(target).version(version);
        let request = hosts
            .iter()
            .fold(request, |request, host| request.header("host", *host));
        check(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for host in [
            "r",
            "r:80",
            "r:",
            "127.0.0.1:5000",
            "[::1]",
            "[::1]:5000",
            "a_b.example.",
        ] {
            assert_eq!(checked(Version::HTTP_11, "/v2/", &[host]), Ok(()), "{host}");
            let target = format!("http://{host}/v2/");
            assert_eq!(checked(Version::HTTP_11, &target, &["r"]), Ok(()), "{host}");
        }
        for host in [
            "", ":80", "u@r", "r/x", "r:x", "r:65536", "r:+1", "[::1", "[r]", "[::1]x", "r r", "http://r",
        ] {
            assert_eq!(
                checked(Version::HTTP_11, "/v2/", &[host]),
                Err(HostError::Header),
                "{host}"
            );
        }
        for target in [
            "http://u@r/v2/",
            "http://r:x/v2/",
            "http://r:65536/v2/",
            "http://[r]/v2/",
        ] {
            assert_eq!(
                checked(Version::HTTP_11, target, &["r"]),
                Err(HostError::Target),
                "{target}"
            );
        }
    }

    #[test]
    fn how_many_there_are_depends_on_the_version() {
        assert_eq!(checked(Version::HTTP_11, "/", &[]), Err(HostError::Missing));
        assert_eq!(checked(Version::HTTP_11, "http://r/", &[]), Err(HostError::Missing));
        assert_eq!(checked(Version::HTTP_10, "/", &[]), Ok(()));
        assert_eq!(checked(Version::HTTP_2, "http://r/", &[]), Ok(()));
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert_eq!(checked(version, "http://r/", &["r"]), Ok(()));
            assert_eq!(checked(version, "http://r/", &["r", "r"]), Err(HostError::Several));
        }
    }
}
