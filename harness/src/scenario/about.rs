//! What a step is about: which statements of the specification it checks.

use super::{Action, Check, Expect, Span};

/// Which of a scenario's statements a step checks: with all that it looks at, or with some of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// `spec: ID`: whatever the step looks at.
    pub whole: Vec<String>,
    /// `spec: { status: ID }`: what it looks at in this place.
    pub parts: Vec<(Span, Vec<String>)>,
}

impl About {
    /// Whether the step does not say.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.parts.is_empty()
    }

    /// Every statement that it names.
    pub fn all(&self) -> Vec<String> {
        let mut all = self.whole.clone();
        for id in self.parts.iter().flat_map(|(_, ids)| ids) {
            if !all.contains(id) {
                all.push(id.clone());
            }
        }
        all
    }

    /// What the check at `span` is about; where nothing is said of it, all that the step is.
    pub fn of(&self, span: Option<&Span>) -> Vec<String> {
        let part = self.parts.iter().find(|(place, _)| Some(place) == span);
        part.map_or_else(|| self.all(), |(_, ids)| ids.clone())
    }
}

impl Action {
    /// What it expects of an answer, if it asks for one.
    pub fn expect(&self) -> Option<&Expect> {
        match self {
            Self::Request(request) => Some(&request.expect),
            Self::Pages(pages) => Some(&pages.request.expect),
            Self::Token(token) => Some(&token.request.expect),
            Self::Raw(raw) => Some(&raw.expect),
            Self::Upload(upload) => Some(&upload.expect),
            Self::Push(push) => Some(&push.expect),
            _ => None,
        }
    }
}

impl Check {
    /// What a step's `spec` calls it: `status`, a header's name, a JSONPath …
    pub fn key(&self) -> &str {
        match self {
            Self::Status(_) => "status",
            Self::Error(_) => "error",
            Self::Header(name, _) => name,
            Self::Json(path, _) => path,
            Self::Body(_) => "body",
            Self::Size(_) => "size",
            Self::Digest(_) => "digest",
        }
    }
}
