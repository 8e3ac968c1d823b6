//! The credentials file: users and passwords by host.

use std::{collections::BTreeMap, fmt, fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderValue;
use reqwest::Url;
use serde::Deserialize;

/// A user and a password. They are never printed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    username: String,
    password: String,
}

impl Credentials {
    /// The value of an `Authorization` header.
    pub(crate) fn basic(&self) -> HeaderValue {
        let text = format!("{}:{}", self.username, self.password);
        let value = format!("Basic {}", BASE64_STANDARD.encode(text));
        // Base64 has no character that a header could not have.
        let mut value = HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("Basic Og=="));
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials")
    }
}

/// Credentials by `host` or `host:port`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CredentialsFile(BTreeMap<String, Credentials>);

impl CredentialsFile {
    /// Reads the file. One that cannot be read is complained about and stands for none.
    pub(crate) fn read(path: Option<&Path>) -> Self {
        let Some(path) = path else {
            return Self::default();
        };
        let parse = |text: String| serde_json::from_str(&text).map_err(|error| error.to_string());
        match fs::read_to_string(path)
            .map_err(|error| error.to_string())
            .and_then(parse)
        {
            Ok(map) => Self::new(map),
            Err(error) => {
                tracing::error!(
                    component = "sync",
                    path = %path.display(),
                    error,
                    "couldn't get registry credentials from configured path"
                );
                Self::default()
            }
        }
    }

    fn new(map: BTreeMap<String, Credentials>) -> Self {
        Self(
            map.into_iter()
                .map(|(host, pair)| (host.to_ascii_lowercase(), pair))
                .collect(),
        )
    }

    /// The credentials for the host of `url`, and for no other.
    pub(crate) fn of(&self, url: &Url) -> Option<&Credentials> {
        let host = url.host_str()?;
        let port = url.port_or_known_default()?;
        let with_port = self.0.get(&format!("{host}:{port}"));
        // Without a port, the entry is for the one that the scheme has.
        with_port.or_else(|| self.0.get(host).filter(|_| url.port().is_none()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> CredentialsFile {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.json");
        fs::write(&path, text).unwrap();
        CredentialsFile::read(Some(&path))
    }

    #[test]
    fn credentials_are_for_their_host_and_port_alone() {
        let file = file(
            r#"{"Registry.example.com": {"username": "u", "password": "p"},
                "127.0.0.1:5000": {"username": "v", "password": "q"}}"#,
        );
        let user = |url: &str| Some(file.of(&url.parse().unwrap())?.username.clone());
        assert_eq!(user("https://registry.example.com/v2/").as_deref(), Some("u"));
        assert_eq!(user("http://127.0.0.1:5000/").as_deref(), Some("v"));
        assert_eq!(user("https://registry.example.com:444/"), None);
        assert_eq!(user("http://127.0.0.1:5001/"), None);
        assert_eq!(user("https://registry.example.com.evil/"), None);
    }

    #[test]
    fn a_file_that_cannot_be_read_stands_for_none() {
        assert!(file("{").0.is_empty());
        assert!(file(r#"{"h": {"username": "u"}}"#).0.is_empty());
        assert!(CredentialsFile::read(Some(Path::new("/nowhere"))).0.is_empty());
    }

    #[test]
    fn a_password_is_not_printed() {
        let file = file(r#"{"h": {"username": "user", "password": "secret"}}"#);
        assert!(!format!("{file:?}").contains("secret"));
        assert!(!format!("{:?}", file.0["h"].basic()).contains("dXNlcjpzZWNyZXQ"));
        assert_eq!(file.0["h"].basic(), "Basic dXNlcjpzZWNyZXQ=");
    }
}
