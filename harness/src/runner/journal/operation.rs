//! Requests as operations on tags, manifests, blobs and uploads.

use crate::{
    client::{Request, Response, Source, TransportError},
    template::Algorithm,
};

/// Something that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runner) struct Operation {
    /// The number of the client that asked; none outside of clients.
    pub(in crate::runner) client: Option<usize>,
    /// Where.
    pub(in crate::runner) place: Place,
    /// What.
    pub(in crate::runner) action: Action,
    /// When it was asked for.
    pub(in crate::runner) call: u64,
    /// When it was answered.
    pub(in crate::runner) returned: Option<u64>,
    /// What came of it.
    pub(in crate::runner) answered: Answered,
}

/// A repository on a root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::runner) struct Place {
    /// The server that owns the root.
    pub(in crate::runner) server: String,
    /// The repository.
    pub(in crate::runner) repository: String,
    /// Whether it was asked through a proxy, whose word is not the server's.
    pub(in crate::runner) proxied: bool,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runner) enum Action {
    /// A manifest is put under a tag or its digest.
    PutManifest {
        /// The tag, if it is one.
        tag: Option<String>,
        /// The digest of what was sent.
        digest: String,
    },
    /// A tag is deleted.
    DeleteTag(String),
    /// A manifest is deleted by its digest.
    DeleteManifest(String),
    /// A tag is read.
    ReadTag(String),
    /// A blob is uploaded to its end, or mounted.
    PutBlob {
        /// Its digest.
        digest: String,
        /// The session that this closes, if one was open.
        session: Option<String>,
        /// How many bytes the closing request carries.
        bytes: u64,
    },
    /// A blob is deleted.
    DeleteBlob(String),
    /// A blob is read.
    ReadBlob(String),
    /// Bytes are added to a session.
    Append {
        /// The session.
        session: String,
        /// Where they begin, if that is said.
        begin: Option<u64>,
        /// How many.
        bytes: u64,
    },
    /// It is asked how far a session is.
    AskSession(String),
    /// A session is given up.
    CancelSession(String),
}

impl Action {
    /// Whether it changes what is stored, be it in an upload.
    pub(super) fn changes(&self) -> bool {
        !matches!(self, Self::ReadTag(_) | Self::ReadBlob(_) | Self::AskSession(_))
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runner) enum Answered {
    /// No answer: it may have happened, or may yet.
    Nothing,
    /// The registry failed (5xx): it may have happened.
    Failed(u16),
    /// It was refused: it did not happen.
    Refused(u16),
    /// It has happened.
    Done,
    /// What was read: a digest, or that there is nothing.
    Saw(Option<String>),
    /// So many bytes are in the session.
    Reached(u64),
}

impl Answered {
    /// What an answer says of an action.
    pub(super) fn of(action: &Action, answer: &Result<Response, TransportError>) -> Self {
        let Ok(response) = answer else {
            return match answer {
                // Nothing was sent, or nobody was there to take it.
                Err(TransportError::Refused | TransportError::NotAdmitted(_) | TransportError::Unsendable(_)) => {
                    Self::Refused(0)
                }
                _ => Self::Nothing,
            };
        };
        match (action, response.status) {
            (Action::ReadTag(_) | Action::ReadBlob(_), 200) => Self::Saw(Some(seen(response))),
            (Action::ReadTag(_) | Action::ReadBlob(_), 404) => Self::Saw(None),
            (Action::Append { .. } | Action::AskSession(_), 202 | 204) => match reached(response) {
                Some(bytes) => Self::Reached(bytes),
                None => Self::Nothing,
            },
            // A session instead of a mount: nothing has happened to the blob.
            (Action::PutBlob { .. }, 202) => Self::Refused(202),
            (_, 200..=299) => Self::Done,
            (_, status @ 500..) => Self::Failed(status),
            (_, status) => Self::Refused(status),
        }
    }
}

/// The digest of what was read; of a HEAD, the one that is said.
fn seen(response: &Response) -> String {
    match response.header("docker-content-digest") {
        Some(said) if response.body.is_empty() => said,
        _ => Algorithm::Sha256.digest(&response.body),
    }
}

/// How many bytes the header Range says that there are.
fn reached(response: &Response) -> Option<u64> {
    let range = response.header("range")?;
    let end: u64 = range.rsplit_once('-')?.1.trim().parse().ok()?;
    // `0-0` is said of an empty session too; what is only one byte long is not told from it.
    Some(if end == 0 { 0 } else { end + 1 })
}

/// The repository of a request, and what it asks for there.
pub(super) fn classify(request: &Request) -> Option<(&str, Action)> {
    let (path, query) = split(&request.url.target);
    let path = path.strip_prefix("/v2/")?;
    let method = request.method.as_str();
    if let Some((repository, session)) = path.split_once("/blobs/uploads/") {
        let action = match (method, session) {
            ("POST", "") => Action::PutBlob {
                digest: parameter(query, "digest").or_else(|| parameter(query, "mount"))?,
                session: None,
                bytes: length(request),
            },
            (_, "") => return None,
            (_, session) => on_session(request, session)?,
        };
        return Some((repository, action));
    }
    if let Some((repository, digest)) = path.rsplit_once("/blobs/") {
        let action = match method {
            "GET" | "HEAD" => Action::ReadBlob(digest.to_owned()),
            "DELETE" => Action::DeleteBlob(digest.to_owned()),
            _ => return None,
        };
        return Some((repository, action));
    }
    let (repository, reference) = path.rsplit_once("/manifests/")?;
    let tag = (!reference.contains(':')).then(|| reference.to_owned());
    let action = match (method, tag) {
        ("PUT", tag) => Action::PutManifest {
            digest: match (&tag, reference.split_once(':')) {
                (None, Some((algorithm, _))) => Algorithm::from_name(algorithm)?.digest(&request.payload.bytes),
                _ => Algorithm::Sha256.digest(&request.payload.bytes),
            },
            tag,
        },
        ("DELETE", Some(tag)) => Action::DeleteTag(tag),
        ("DELETE", None) => Action::DeleteManifest(reference.to_owned()),
        ("GET" | "HEAD", Some(tag)) => Action::ReadTag(tag),
        _ => return None,
    };
    Some((repository, action))
}

/// What a request to a location of an upload asks of it.
pub(super) fn on_session(request: &Request, session: &str) -> Option<Action> {
    let session = session.to_owned();
    Some(match request.method.as_str() {
        "PUT" => Action::PutBlob {
            digest: parameter(split(&request.url.target).1, "digest")?,
            session: Some(session),
            bytes: length(request),
        },
        "PATCH" => Action::Append {
            session,
            begin: begin(request),
            bytes: length(request),
        },
        "GET" => Action::AskSession(session),
        "DELETE" => Action::CancelSession(session),
        _ => return None,
    })
}

/// Path and query of a target.
fn split(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}

/// How many bytes a request carries.
fn length(request: &Request) -> u64 {
    let made = request.payload.source.as_ref();
    made.map_or(request.payload.bytes.len() as u64, Source::length)
}

/// Where the bytes of a chunk begin.
fn begin(request: &Request) -> Option<u64> {
    let range = request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-range"));
    range?.1.split_once('-')?.0.trim().parse().ok()
}

/// A parameter of a query, its colon perhaps percent-encoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query
        .split('&')
        .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name));
    value.map(|(_, value)| value.replace("%3A", ":").replace("%3a", ":"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Url;

    fn action(method: &str, target: &str) -> Option<(String, Action)> {
        let url = Url::parse(&format!("http://h{target}")).unwrap();
        let request = Request::new(method, url)
            .header("Content-Range", "10-19")
            .body("{}".into());
        classify(&request).map(|(repository, action)| (repository.to_owned(), action))
    }

    #[test]
    fn requests_are_told_apart_by_method_and_path() {
        let digest = Algorithm::Sha256.digest(b"{}");
        let table = [
            (
                "PUT",
                "/v2/a/b/manifests/1".to_owned(),
                Action::PutManifest {
                    tag: Some("1".to_owned()),
                    digest: digest.clone(),
                },
            ),
            (
                "PUT",
                format!("/v2/a/b/manifests/{digest}"),
                Action::PutManifest {
                    tag: None,
                    digest: digest.clone(),
                },
            ),
            (
                "DELETE",
                "/v2/a/b/manifests/1".to_owned(),
                Action::DeleteTag("1".to_owned()),
            ),
            (
                "DELETE",
                format!("/v2/a/b/manifests/{digest}"),
                Action::DeleteManifest(digest.clone()),
            ),
            (
                "HEAD",
                "/v2/a/b/manifests/1".to_owned(),
                Action::ReadTag("1".to_owned()),
            ),
            (
                "POST",
                "/v2/a/b/blobs/uploads/?mount=sha256%3Aab&from=c".to_owned(),
                Action::PutBlob {
                    digest: "sha256:ab".to_owned(),
                    session: None,
                    bytes: 2,
                },
            ),
            (
                "PUT",
                "/v2/a/b/blobs/uploads/7?x=y&digest=sha256:ab".to_owned(),
                Action::PutBlob {
                    digest: "sha256:ab".to_owned(),
                    session: Some("7".to_owned()),
                    bytes: 2,
                },
            ),
            (
                "PATCH",
                "/v2/a/b/blobs/uploads/7".to_owned(),
                Action::Append {
                    session: "7".to_owned(),
                    begin: Some(10),
                    bytes: 2,
                },
            ),
            (
                "GET",
                "/v2/a/b/blobs/uploads/7".to_owned(),
                Action::AskSession("7".to_owned()),
            ),
            (
                "DELETE",
                "/v2/a/b/blobs/sha256:ab".to_owned(),
                Action::DeleteBlob("sha256:ab".to_owned()),
            ),
        ];
        for (method, target, wanted) in table {
            assert_eq!(
                action(method, &target),
                Some(("a/b".to_owned(), wanted)),
                "{method} {target}"
            );
        }
        for (method, target) in [
            ("POST", "/v2/a/blobs/uploads/"),
            ("GET", "/v2/"),
            ("GET", "/v2/a/tags/list"),
        ] {
            assert_eq!(action(method, target), None, "{method} {target}");
        }
    }
}
