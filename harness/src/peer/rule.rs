//! Rules as they are obeyed: everything in them is rendered.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use regex::Regex;

pub use crate::scenario::Ending;

/// How a peer behaves. The first rule that fits a request counts.
#[derive(Debug, Default)]
pub struct Behaviour {
    /// The rules.
    pub rules: Vec<Rule>,
}

impl Behaviour {
    /// The rule that a request falls under.
    pub(super) fn rule(&self, method: &Method, path: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.takes(method, path))
    }
}

/// What is done with requests of a kind.
#[derive(Debug, Default)]
pub struct Rule {
    /// The method; any unless said.
    pub method: Option<Method>,
    /// The path; any unless said.
    pub path: Option<Pattern>,
    /// How many requests it fits; all unless said.
    pub times: Option<u64>,
    /// How many requests it was used for.
    pub used: AtomicU64,
    /// What is answered without asking anybody.
    pub reply: Option<Reply>,
    /// What passes before anything is done.
    pub delay: Option<Duration>,
    /// Set in the answer; `None` removes.
    pub headers: Vec<(HeaderName, Option<HeaderValue>)>,
    /// Whether each answer has a Link to a next page.
    pub endless: bool,
    /// Bytes of the body in a second.
    pub rate: Option<u64>,
    /// The byte of the body whose lowest bit is flipped.
    pub corrupt: Option<u64>,
    /// How the body ends before its end.
    pub ending: Option<Ending>,
}

impl Rule {
    /// Whether it fits the request; one of its times is used up then.
    fn takes(&self, method: &Method, path: &str) -> bool {
        let fits = self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path.as_ref().is_none_or(|pattern| pattern.fits(path));
        let left = |used: u64| self.times.is_none_or(|times| used < times).then_some(used + 1);
        fits && self.used.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok()
    }
}

/// Which paths a rule is about.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Just this one.
    Equals(String),
    /// Those in which it finds something.
    Matches(Regex),
}

impl Pattern {
    fn fits(&self, path: &str) -> bool {
        match self {
            Self::Equals(wanted) => wanted == path,
            Self::Matches(regex) => regex.is_match(path),
        }
    }
}

/// What is answered without asking anybody.
#[derive(Clone, Debug)]
pub enum Reply {
    /// This.
    Answer {
        /// The status.
        status: StatusCode,
        /// The headers.
        headers: Vec<(HeaderName, HeaderValue)>,
        /// The body.
        body: Bytes,
    },
    /// Nothing, until the behaviour changes.
    Hang,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_counts_as_often_as_it_says() {
        let rule = |method: Option<Method>, path: Option<Pattern>, times: Option<u64>, rate: u64| Rule {
            method,
            path,
            times,
            rate: Some(rate),
            ..Rule::default()
        };
        let blobs = Pattern::Matches(Regex::new("/blobs/").unwrap());
        let behaviour = Behaviour {
            rules: vec![
                rule(Some(Method::GET), Some(blobs), Some(2), 1),
                rule(None, Some(Pattern::Equals("/v2/".to_owned())), None, 2),
            ],
        };
        let taken = |method: Method, path: &str| behaviour.rule(&method, path).and_then(|rule| rule.rate);
        assert_eq!(taken(Method::HEAD, "/v2/a/blobs/x"), None);
        assert_eq!(taken(Method::GET, "/v2/a/blobs/x"), Some(1));
        assert_eq!(taken(Method::GET, "/v2/a/blobs/y"), Some(1));
        assert_eq!(taken(Method::GET, "/v2/a/blobs/x"), None);
        assert_eq!(taken(Method::GET, "/v2/"), Some(2));
        assert_eq!(taken(Method::GET, "/v2/a"), None);
    }
}
