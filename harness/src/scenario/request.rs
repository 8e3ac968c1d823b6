//! A request over HTTP, and bytes on a connection: what is sent, and what is kept of the answer.

use super::{Expect, Span, Template, Value};

/// A request over HTTP.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path or URL.
    pub path: Template,
    /// `query`: a list repeats the key.
    pub query: Vec<(String, Vec<Template>)>,
    /// `headers`: `None` removes one that would be sent.
    pub headers: Vec<(String, Option<Template>)>,
    /// `body`.
    pub body: Option<Body>,
    /// `chunked`: no Content-Length.
    pub chunked: bool,
    /// `expect`: 2xx unless said.
    pub expect: Expect,
    /// `capture`.
    pub captures: Vec<Capture>,
}

/// The bytes of a request, or of a file.
#[derive(Clone, Debug)]
pub enum Body {
    /// Text, or content where the text is one expression.
    Text(Template),
    /// Compact JSON.
    Json(Value),
    /// A file, below the project.
    File(Template),
    /// Bytes in base64.
    Base64(Template),
}

/// Follows a paged list to its end.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The first page.
    pub request: Request,
    /// `items`: JSONPath.
    pub items: String,
    /// `as`.
    pub name: String,
}

/// Asks the token service of a registry for a token.
#[derive(Clone, Debug)]
pub struct TokenStep {
    /// What the challenge comes from that names the service; the headers, the expectation and what is captured are of the service.
    pub request: Request,
    /// `scope`.
    pub scopes: Vec<Template>,
    /// `as`.
    pub name: String,
}

/// Bytes on a connection.
#[derive(Clone, Debug)]
pub struct Raw {
    /// `of`: the server.
    pub server: String,
    /// What is sent; `\n` is sent as `\r\n`.
    pub send: Template,
    /// Of the first answer.
    pub expect: Expect,
    /// `hang_up`: whether our side of the connection is closed when all is sent, and does not wait for an answer first.
    pub hang_up: bool,
    /// `responses`: how many answers may come at most.
    pub responses_at_most: Option<u32>,
    /// `capture`.
    pub captures: Vec<Capture>,
}

/// `name: source`.
#[derive(Clone, Debug)]
pub struct Capture {
    /// The variable.
    pub name: String,
    /// Where its value comes from.
    pub source: CaptureSource,
    /// Where it stands.
    pub span: Span,
}

/// Where a captured value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureSource {
    /// `header.NAME`, `header.NAME or TEXT`.
    Header {
        /// The header.
        name: String,
        /// The value where it is not there; without one, its absence is a failure.
        otherwise: Option<String>,
    },
    /// `status`.
    Status,
    /// `body`.
    Body,
    /// `digest`: sha256 of the body.
    Digest,
    /// `json.PATH`.
    Json(String),
    /// `link.REL`.
    Link(String),
}
