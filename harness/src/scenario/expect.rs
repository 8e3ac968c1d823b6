//! What an answer has to be.

use super::{Matcher, Span, Template};

/// What an answer has to be.
#[derive(Clone, Debug)]
pub struct Expect {
    /// Where it stands, or the step's key where it is implied.
    pub span: Span,
    /// The admissible outcomes; more than one only for `one_of`.
    pub outcomes: Vec<Outcome>,
    /// `unsupported`: with one of these statuses the scenario ends as unsupported.
    pub unsupported: Vec<u16>,
}

/// One admissible outcome. All of its checks have to hold.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// `as`.
    pub name: Option<String>,
    /// Whether this is `closed`: a connection that ends without an answer. Nothing else is checked then.
    pub closed: bool,
    /// The checks, each with its place.
    pub checks: Vec<(Span, Check)>,
}

/// One check of an answer.
#[derive(Clone, Debug)]
pub enum Check {
    /// `status`.
    Status(StatusMatcher),
    /// `error`.
    Error(Vec<Template>),
    /// `headers.NAME`.
    Header(String, Matcher),
    /// `json.PATH`.
    Json(String, Matcher),
    /// `body`.
    Body(Matcher),
    /// `size`.
    Size(Matcher),
    /// `digest`.
    Digest(Template),
}

/// Which statuses are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusMatcher {
    /// One of these.
    Exactly(Vec<u16>),
    /// `2xx`: the first digit.
    Class(u16),
}

impl StatusMatcher {
    /// Whether `status` is right.
    pub fn admits(&self, status: u16) -> bool {
        match self {
            Self::Exactly(statuses) => statuses.contains(&status),
            Self::Class(class) => status / 100 == *class,
        }
    }
}
