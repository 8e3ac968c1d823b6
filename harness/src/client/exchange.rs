//! A request, its answer, and why there may be none.

use std::{fmt::Write as _, time::Duration};

use bytes::Bytes;
use http::HeaderMap;

use super::{Source, Url};

/// The bytes of a request, and how they are sent.
#[derive(Clone, Debug, Default)]
pub struct Payload {
    /// The bytes; none is sent as none.
    pub bytes: Bytes,
    /// What is sent instead of `bytes`, and made meanwhile.
    pub source: Option<Source>,
    /// Whether they are sent with chunked transfer encoding, without a length.
    pub chunked: bool,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Where it goes.
    pub url: Url,
    /// Its headers, in order.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub payload: Payload,
    /// Whether it is sent without credentials even where the registry's are known.
    pub anonymous: bool,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: &str, url: Url) -> Self {
        Self {
            method: method.to_owned(),
            url,
            headers: Vec::new(),
            payload: Payload::default(),
            anonymous: false,
        }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, bytes: Bytes) -> Self {
        self.payload.bytes = bytes;
        self
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Response {
    /// A header's value; several are joined by commas. Bytes that are not ASCII are replaced.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self
            .headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The target of the Link header with this `rel`.
    pub fn link(&self, rel: &str) -> Option<String> {
        self.headers.get_all("link").iter().find_map(|value| {
            let value = String::from_utf8_lossy(value.as_bytes());
            linked(&value, rel).map(str::to_owned)
        })
    }

    /// The head as it is shown: status line and headers.
    pub fn head(&self) -> String {
        let reason = http::StatusCode::from_u16(self.status)
            .ok()
            .and_then(|status| status.canonical_reason());
        let mut text = format!("{} {}", self.status, reason.unwrap_or_default())
            .trim_end()
            .to_owned();
        for (name, value) in &self.headers {
            let _ = write!(text, "\n{name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
        text
    }
}

/// The target of the first link of a Link header (RFC 8288) that has this `rel`.
fn linked<'header>(value: &'header str, rel: &str) -> Option<&'header str> {
    let mut rest = value;
    loop {
        let (target, parameters) = rest.split_once('<')?.1.split_once('>')?;
        // Parameters reach to the comma before the next link; a comma within quotes is none.
        let mut quoted = false;
        let end = parameters
            .find(|character| {
                quoted ^= character == '"';
                character == ',' && !quoted
            })
            .unwrap_or(parameters.len());
        let mut named = parameters[..end]
            .split(';')
            .filter_map(|parameter| parameter.split_once('='));
        let has_rel = named.any(|(name, rels)| {
            let mut rels = rels.trim().trim_matches('"').split_ascii_whitespace();
            name.trim().eq_ignore_ascii_case("rel") && rels.any(|found| found.eq_ignore_ascii_case(rel))
        });
        if has_rel {
            return Some(target);
        }
        rest = &parameters[end..];
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nobody listens.
    #[error("the connection was refused")]
    Refused,
    /// The connection ended first.
    #[error("the connection ended before the answer was whole: {0}")]
    Closed(String),
    /// It took too long.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The answer is longer than the harness reads.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// What came is not HTTP.
    #[error("the answer is not HTTP: {0}")]
    Malformed(String),
    /// The registry lets nobody in, as far as can be told.
    #[error("not admitted: {0}")]
    NotAdmitted(String),
    /// The harness cannot send this.
    #[error("cannot be sent: {0}")]
    Unsendable(String),
}

impl TransportError {
    /// Whether the registry is to blame, as far as can be told from here.
    pub const fn is_the_registrys(&self) -> bool {
        !matches!(self, Self::NotAdmitted(_) | Self::Unsendable(_))
    }
}

/// A request and what came of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What was sent; after redirects, the last.
    pub request: Request,
    /// What came.
    pub answer: Result<Response, TransportError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_found_by_its_rel_among_others() {
        let response = Response {
            status: 200,
            headers: [(
                "link",
                r#"</a?x=1,2>; title="a, b"; rel=prev, </b?last=z>; rel="next last""#,
            )]
            .into_iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    http::HeaderValue::from_static(value),
                )
            })
            .collect(),
            body: Bytes::new(),
        };
        assert_eq!(response.link("next").as_deref(), Some("/b?last=z"));
        assert_eq!(response.link("prev").as_deref(), Some("/a?x=1,2"));
        assert_eq!(response.link("first"), None);
    }
}
