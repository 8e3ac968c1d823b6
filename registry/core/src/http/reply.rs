//! Small parts that answers are made of.

use std::fmt::Display;

use axum::{body::Body, response::Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// `Docker-Content-Digest`.
pub(super) const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// What a client is warned of where an upstream registry could not be asked.
pub(super) const STALE: &str = "the upstream registry could not be asked, so this may not be its newest content";

/// An answer in the making.
#[derive(Debug)]
pub(super) struct Reply(Response);

impl Reply {
    /// An answer without a body.
    pub(super) fn new(status: StatusCode) -> Self {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        Self(response)
    }

    /// A JSON document of the given media type.
    pub(super) fn json(media_type: &str, document: &serde_json::Value) -> Self {
        Self::new(StatusCode::OK)
            .header(header::CONTENT_TYPE, media_type)
            .body(Body::from(document.to_string()))
    }

    /// Adds a header. A value that no header can have is left out: all that come from clients were checked before they
    /// were stored.
    pub(super) fn header(mut self, name: HeaderName, value: impl Display) -> Self {
        if let Ok(value) = HeaderValue::try_from(value.to_string()) {
            self.0.headers_mut().append(name, value);
        }
        self
    }

    /// Adds a warning for the client's user (spec.md#warnings). `text` has neither quotes nor backslashes.
    pub(super) fn warning(self, text: &str) -> Self {
        self.header(header::WARNING, format!("299 - \"{text}\""))
    }

    /// Sets the body.
    pub(super) fn body(mut self, body: Body) -> Self {
        *self.0.body_mut() = body;
        self
    }

    /// The answer.
    pub(super) fn done(self) -> Response {
        self.0
    }
}
