//! How a server that the harness plays itself answers: rules, of which the first that fits counts.

use std::time::Duration;

use super::{Body, Span, Template};

/// How a proxy or a scripted server behaves. Without a rule that fits, a proxy passes on and a script answers 404.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// The rules; the first that fits counts.
    pub rules: Vec<Rule>,
}

impl Behaviour {
    /// The texts of its answers and headers, in which addresses may stand.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.rules.iter().flat_map(|rule| {
            let headers = rule.headers.iter().filter_map(|(_, value)| value.as_ref());
            let replied: Vec<&Template> = match &rule.reply {
                Some(Reply::Answer { headers, body, .. }) => {
                    let body = match body {
                        Some(Body::Text(template)) => Some(template),
                        _ => None,
                    };
                    headers.iter().map(|(_, value)| value).chain(body).collect()
                }
                Some(Reply::Redirect(url)) => vec![url],
                Some(Reply::Hang) | None => Vec::new(),
            };
            headers.chain(replied)
        })
    }
}

/// What is done with requests of a kind.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Where it stands.
    pub span: Span,
    /// `method`, in capitals.
    pub method: Option<String>,
    /// `path`: of the request's path, without its query.
    pub path: Option<PathPattern>,
    /// `times`: it fits so many requests only.
    pub times: Option<u64>,
    /// `answer`, `redirect` or `hang`: it is not passed on.
    pub reply: Option<Reply>,
    /// `delay`: before anything is done.
    pub delay: Option<Duration>,
    /// `headers`, set in the answer; `None` removes one.
    pub headers: Vec<(String, Option<Template>)>,
    /// `pages: endless`: the answer has a Link to a next page, whatever it is.
    pub endless: bool,
    /// `body`: so many bytes of the answer's body in a second at most.
    pub rate: Option<u64>,
    /// `corrupt`: the lowest bit of this byte of the body is flipped.
    pub corrupt: Option<u64>,
    /// `cut`, `truncate` or `stall`.
    pub ending: Option<Ending>,
}

/// Which paths a rule is about.
#[derive(Clone, Debug)]
pub enum PathPattern {
    /// Just this one.
    Equals(Template),
    /// `/regex/`.
    Matches(regex::Regex),
}

/// What is answered without asking anybody.
#[derive(Clone, Debug)]
pub enum Reply {
    /// `answer`.
    Answer {
        /// `status`.
        status: u16,
        /// `headers`.
        headers: Vec<(String, Template)>,
        /// `body`.
        body: Option<Body>,
    },
    /// `redirect`: 307 to this URL.
    Redirect(Template),
    /// `hang`: nothing, until the behaviour is changed.
    Hang,
}

/// How a body ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `cut`: the connection is closed after so many bytes; Content-Length promises all of them.
    Cut(u64),
    /// `truncate`: the body has so many bytes, and Content-Length says so.
    Truncate(u64),
    /// `stall`: nothing comes after so many bytes, until the behaviour is changed.
    Stall(u64),
}
