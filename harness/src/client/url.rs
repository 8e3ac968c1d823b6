//! URLs that keep their path as it was written. The `url` crate would resolve `/../` in it, as browsers do.

use std::fmt;

/// An absolute URL over http or https.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// `http` or `https`.
    pub scheme: String,
    /// `host:port`, or `host`.
    pub authority: String,
    /// Path and query, as they are sent.
    pub target: String,
}

/// A text that is not a URL we can send to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a path that begins with `/`, nor a URL with http or https")]
pub struct UrlError(String);

/// A text that does not say where a server is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerUrlError {
    /// It is no URL of a server.
    #[error("`{0}` is not the URL of a registry")]
    NotOne(String),
    /// It has a user or a password in it, where everybody can read them.
    #[error("the URL has credentials in it, which everybody can read who sees the command or the file")]
    Credentials,
    /// It goes on behind the server.
    #[error("`{0}` goes on behind the host: a registry's paths begin with /v2/ there")]
    Path(String),
}

impl ServerUrlError {
    /// What to write instead.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NotOne(_) => "write it like http://127.0.0.1:5000",
            Self::Credentials => "name the user beside the URL, and where the password is: a variable or a file",
            Self::Path(_) => "write the host and the port alone, like https://registry.example.org",
        }
    }
}

impl Url {
    /// Parses an absolute URL.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let error = || UrlError(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(error)?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(error());
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let target = target.split('#').next().unwrap_or_default();
        if authority.is_empty() {
            return Err(error());
        }
        Ok(Self {
            scheme,
            authority: authority.to_owned(),
            target: if target.starts_with('/') {
                target.to_owned()
            } else {
                format!("/{target}")
            },
        })
    }

    /// Parses the URL of a server: scheme and `host:port`, or `host`.
    ///
    /// # Errors
    /// It is none, has credentials in it, or a path.
    pub fn of_server(text: &str) -> Result<Self, ServerUrlError> {
        let url = Self::parse(text).map_err(|_| ServerUrlError::NotOne(text.to_owned()))?;
        if url.authority.contains('@') {
            return Err(ServerUrlError::Credentials);
        }
        if url.authority.parse::<http::uri::Authority>().is_err() {
            return Err(ServerUrlError::NotOne(text.to_owned()));
        }
        if url.target != "/" {
            return Err(ServerUrlError::Path(text.to_owned()));
        }
        Ok(url)
    }

    /// `reference`, which is a URL or an absolute path, as seen from here. An empty path is `/`.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::parse(&format!("{}://{rest}", self.scheme));
        }
        if reference.starts_with('/') {
            return Ok(Self {
                target: reference.to_owned(),
                ..self.clone()
            });
        }
        if let Some(query) = reference.strip_prefix('?') {
            let path = self.target.split('?').next().unwrap_or_default();
            return Ok(Self {
                target: format!("{path}?{query}"),
                ..self.clone()
            });
        }
        Self::parse(reference)
    }

    /// `scheme://authority`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}{}", self.scheme, self.authority, self.target)
    }
}

/// Adds `pairs` to the query of `target`, percent-encoded.
pub fn append_query(target: &mut String, pairs: &[(String, String)]) {
    for (name, value) in pairs {
        target.push(if target.contains('?') { '&' } else { '?' });
        encode(target, name);
        target.push('=');
        encode(target, value);
    }
}

/// Percent-encodes all but what may stand in a query's name or value. `:` and `/` may: digests and media types stay legible.
fn encode(target: &mut String, text: &str) {
    use fmt::Write as _;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte) {
            target.push(char::from(byte));
        } else {
            let _ = write!(target, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_kept_as_it_is() {
        let base = Url::parse("http://host:5000").unwrap();
        assert_eq!(base.target, "/");
        assert_eq!(
            base.join("/v2/../x//y").unwrap().to_string(),
            "http://host:5000/v2/../x//y"
        );
        assert_eq!(base.join("http://other/a?b=c").unwrap().authority, "other");
        assert_eq!(base.join("//other/a").unwrap().to_string(), "http://other/a");
        assert_eq!(base.join("/a?x").unwrap().join("?y").unwrap().target, "/a?y");
    }

    #[test]
    fn a_server_is_a_scheme_and_a_host() {
        assert_eq!(Url::of_server("http://h:5000/").unwrap().origin(), "http://h:5000");
        assert_eq!(Url::of_server("http://a:b@h"), Err(ServerUrlError::Credentials));
        for text in ["h:5000", "ftp://h", "http://h h"] {
            assert_eq!(Url::of_server(text), Err(ServerUrlError::NotOne(text.to_owned())));
        }
        let path = "http://h/v2/";
        assert_eq!(Url::of_server(path), Err(ServerUrlError::Path(path.to_owned())));
    }

    #[test]
    fn what_is_neither_path_nor_url_is_refused() {
        for text in ["v2/", "ftp://host/", "http:///x", ""] {
            assert!(Url::parse("http://host").unwrap().join(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_query_is_added_and_encoded() {
        let mut target = "/v2/a/blobs/uploads/1?state=x".to_owned();
        append_query(
            &mut target,
            &[("digest".into(), "sha256:ab".into()), ("tag".into(), "a b&c".into())],
        );
        assert_eq!(target, "/v2/a/blobs/uploads/1?state=x&digest=sha256:ab&tag=a%20b%26c");
    }
}
