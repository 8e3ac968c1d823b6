//! What was asked and answered in a run, without what differs from run to run: the same scenario, with the same seed, has
//! the same transcript on every build that behaves the same.

use std::{collections::HashMap, sync::LazyLock};

use regex::{Captures, Regex};
use sha2::{Digest, Sha256};

use super::{Asked, Event, TranscriptKept, Variant, context::Last};
use crate::client::{Response, TransportError};

/// The longest text of a body that is kept, in bytes. Of what is longer, and of what is no text, the digest is.
const LONGEST_BODY: usize = 16 << 10;
/// How many digits of its digest name a transcript.
const DIGITS: usize = 16;
/// Headers that say something of the connection or the moment, and nothing of the registry.
const OF_THE_MOMENT: [&str; 5] = ["connection", "date", "keep-alive", "x-request-id", "content-length"];

/// What differs from run to run, each with a name that stands for it. In ASCII: with the classes of Unicode the automaton is so
/// large that to build it took a tenth of the harness's time.
static CHANGING: LazyLock<Regex> = LazyLock::new(|| {
    let parts = [
        r"(?P<session>/blobs/uploads/[^/?#\x22[:space:]]+)",
        // A JSON web token: three parts, of which the first begins with `{"`. It is as secret as it is new each time.
        r"(?P<token>(?-u:\b)eyJ[-0-9A-Za-z_]+\.[-0-9A-Za-z_]+\.[-0-9A-Za-z_]+)",
        r"(?P<state>_state=[^&\x22[:space:]]+)",
        r"(?P<uuid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})",
        r"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2}))",
        r"(?P<date>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT)",
        r"(?P<address>(?:127\.0\.0\.1|localhost|\[::1\]):[0-9]+)",
        r"(?P<folder>/[-0-9A-Za-z_/.]*/plimsoll-[0-9A-Za-z]{6}(?-u:\b))",
    ];
    Regex::new(&parts.join("|")).expect("the parts are regular expressions")
});

/// The exchanges of a run, so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Transcript {
    exchanges: Vec<Asked>,
}

impl Transcript {
    /// Adds what was asked last by the step at `line`, and what came of it.
    pub(super) fn add(&mut self, line: usize, last: &Last) {
        let (request, answer) = match last {
            Last::Http(exchange) => {
                let request = format!("{} {}", exchange.request.method, exchange.request.url.target);
                (request, answer(&exchange.answer.as_ref().map(Some)))
            }
            Last::Raw { sent, response, .. } => {
                let first = sent.split(|byte| *byte == b'\n').next().unwrap_or_default();
                let request = String::from_utf8_lossy(first).trim_end().to_owned();
                (request, answer(&response.as_ref().map(Option::as_ref)))
            }
        };
        self.exchanges.push(Asked {
            line,
            request: steady(&request),
            answer,
        });
    }

    /// How many exchanges there are.
    pub(super) fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Forgets all but the first `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        self.exchanges.truncate(length);
    }

    /// The exchanges, and the digest that names them.
    pub(super) fn finish(self) -> TranscriptKept {
        let mut hash = Sha256::new();
        for exchange in &self.exchanges {
            for part in [&exchange.line.to_string(), &exchange.request, &exchange.answer] {
                hash.update(part.len().to_le_bytes());
                hash.update(part);
            }
        }
        let mut digest = hex(&hash.finalize());
        digest.truncate(DIGITS);
        TranscriptKept {
            digest,
            exchanges: self.exchanges,
        }
    }
}

fn answer(answer: &Result<Option<&Response>, &TransportError>) -> String {
    match answer {
        Ok(Some(response)) => shown(response),
        // That the connection ended is one outcome, whatever the system calls it.
        Ok(None) | Err(TransportError::Closed(_)) => "closed without an answer".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Status, headers in the order of their names, and the body.
fn shown(response: &Response) -> String {
    let mut lines = vec![response.status.to_string()];
    let mut headers: Vec<String> = response
        .headers
        .iter()
        .filter(|(name, _)| !OF_THE_MOMENT.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", steady(&String::from_utf8_lossy(value.as_bytes()))))
        .collect();
    headers.sort();
    lines.append(&mut headers);
    let kind = response.header("content-type").unwrap_or_default();
    if kind.contains("version=0.0.4") || kind.starts_with("application/openmetrics-text") {
        // Counters count what happens beside the scenario too. `metric` says what has to hold of them.
        lines.push("(metrics)".to_owned());
    } else if response.body.is_empty() {
        // Only an answer without a body says with its length something that the body does not.
        lines.extend(
            response
                .header("content-length")
                .map(|length| format!("content-length: {length}")),
        );
    } else {
        lines.push(String::new());
        lines.push(body(&response.body));
    }
    lines.join("\n")
}

fn body(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) if text.len() <= LONGEST_BODY => steady(text),
        _ => format!("({} bytes, sha256:{})", body.len(), hex(&Sha256::digest(body))),
    }
}

/// `text` with names for what differs from run to run.
fn steady(text: &str) -> String {
    let replaced = CHANGING.replace_all(text, |found: &Captures<'_>| {
        if found.name("session").is_some() {
            return "/blobs/uploads/{session}".to_owned();
        }
        if found.name("state").is_some() {
            return "_state={state}".to_owned();
        }
        let names = ["token", "uuid", "time", "date", "address", "folder"];
        let name = names.into_iter().find(|name| found.name(name).is_some());
        format!("{{{}}}", name.unwrap_or_default())
    });
    replaced.into_owned()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// One script of a scenario, with one of its rows.
pub(super) type Script = (String, Variant, Option<String>);

/// Keeps one transcript of each script until another one differs from it: only then both are worth telling.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    /// The digests that each script had, and the first transcript as long as it is not told.
    scripts: HashMap<Script, (Vec<String>, Option<TranscriptKept>)>,
}

impl Keeper {
    /// The transcripts that are worth telling now that `script` had this one.
    pub(super) fn keep(&mut self, script: Script, transcript: TranscriptKept) -> Vec<Event> {
        let (digests, first) = self.scripts.entry(script).or_default();
        if digests.contains(&transcript.digest) {
            return Vec::new();
        }
        digests.push(transcript.digest.clone());
        if digests.len() == 1 {
            *first = Some(transcript);
            return Vec::new();
        }
        first
            .take()
            .into_iter()
            .chain([transcript])
            .map(Event::Transcript)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::client::{Exchange, Request, Url};

    fn last(target: &str, status: u16, headers: &[(&'static str, &str)], body: &str) -> Last {
        let url = Url::parse("http://127.0.0.1:1").unwrap().join(target).unwrap();
        let headers = headers.iter().map(|(name, value)| {
            let value = http::HeaderValue::from_str(value).unwrap();
            (http::HeaderName::from_static(name), value)
        });
        Last::Http(Box::new(Exchange {
            request: Request::new("GET", url),
            answer: Ok(Response {
                status,
                headers: headers.collect(),
                body: Bytes::copy_from_slice(body.as_bytes()),
            }),
        }))
    }

    fn digest(last: &Last) -> String {
        let mut transcript = Transcript::default();
        transcript.add(3, last);
        transcript.finish().digest
    }

    #[test]
    fn what_differs_from_run_to_run_is_no_difference() {
        let of = |uuid: &str, port: u16, time: &str, date: &str, folder: &str| {
            let location = format!("http://127.0.0.1:{port}/v2/a/blobs/uploads/{uuid}?_state={uuid}x&a=1");
            let body = format!("{{\"created\":\"{time}\",\"at\":\"{folder}/root\",\"id\":\"{uuid}\"}}");
            let length = body.len().to_string();
            let headers = [
                ("location", location.as_str()),
                ("date", date),
                ("content-length", &length),
                ("last-modified", date),
            ];
            digest(&last(&format!("/v2/a/blobs/uploads/{uuid}"), 202, &headers, &body))
        };
        assert_eq!(
            of(
                "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
                40_123,
                "2026-11-25T16:04:21Z",
                "Wed, 25 Nov 2026 16:04:21 GMT",
                "/tmp/plimsoll-Ab12Cd"
            ),
            of(
                "a3bb189e-8bf9-3888-9912-ace4e6543002",
                9,
                "2026-11-25T16:04:22.125+01:00",
                "Thu, 26 Nov 2026 00:00:00 GMT",
                "/var/tmp/plimsoll-zz99ZZ"
            ),
        );
    }

    #[test]
    fn status_header_body_target_and_place_are_told_apart() {
        let usual = last(
            "/v2/",
            200,
            &[("docker-distribution-api-version", "registry/2.0")],
            "{}",
        );
        let others = [
            last(
                "/v2/",
                204,
                &[("docker-distribution-api-version", "registry/2.0")],
                "{}",
            ),
            last(
                "/v2/",
                200,
                &[("docker-distribution-api-version", "registry/2.1")],
                "{}",
            ),
            last(
                "/v2/",
                200,
                &[("docker-distribution-api-version", "registry/2.0")],
                "{ }",
            ),
            last("/v2/", 200, &[], "{}"),
            last(
                "/v2/a",
                200,
                &[("docker-distribution-api-version", "registry/2.0")],
                "{}",
            ),
        ];
        for other in &others {
            assert_ne!(digest(&usual), digest(other), "{other:?}");
        }
        let mut elsewhere = Transcript::default();
        elsewhere.add(4, &usual);
        assert_ne!(digest(&usual), elsewhere.finish().digest);
    }

    #[test]
    fn a_length_counts_where_there_is_no_body_and_headers_are_sorted() {
        assert_ne!(
            digest(&last("/a", 200, &[("content-length", "3")], "")),
            digest(&last("/a", 200, &[("content-length", "4")], ""))
        );
        assert_eq!(
            digest(&last("/a", 200, &[("b", "1"), ("a", "2")], "x")),
            digest(&last("/a", 200, &[("a", "2"), ("b", "1")], "x"))
        );
    }

    #[test]
    fn a_token_is_neither_compared_nor_told() {
        let answered = |claims: &str| {
            let token = format!("eyJhbGciOiJIUzI1NiJ9.{claims}.c2lnbmF0dXJlLW9m-_x");
            let mut transcript = Transcript::default();
            transcript.add(
                1,
                &last(
                    "/token",
                    200,
                    &[],
                    &format!("{{\"token\":\"{token}\",\"expires_in\":300}}"),
                ),
            );
            transcript.finish()
        };
        let (one, other) = (answered("eyJqdGkiOiIxIn0"), answered("eyJqdGkiOiIyIn0"));
        assert_eq!(one, other);
        assert!(
            one.exchanges[0]
                .answer
                .ends_with("{\"token\":\"{token}\",\"expires_in\":300}"),
            "{one:?}"
        );
    }

    #[test]
    fn of_metrics_only_that_there_are_some_counts() {
        let kind = (
            "content-type",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        );
        let metrics =
            |length: &str, body: &str| digest(&last("/metrics", 200, &[kind, ("content-length", length)], body));
        assert_eq!(metrics("9", "up 1\nx 2\n"), metrics("4", "up 1\n"));
        assert_eq!(metrics("9", ""), metrics("4", ""));
    }

    #[test]
    fn transcripts_are_told_once_there_are_two_that_differ() {
        let script = || ("s".to_owned(), Variant::On, None);
        let transcript = |target: &str| {
            let mut transcript = Transcript::default();
            transcript.add(1, &last(target, 200, &[], ""));
            transcript.finish()
        };
        let mut keeper = Keeper::default();
        let told = |events: Vec<Event>| -> Vec<String> {
            let digests = events.into_iter().map(|event| match event {
                Event::Transcript(transcript) => transcript.digest,
                other => panic!("{other:?}"),
            });
            digests.collect()
        };
        let (one, two, three) = (transcript("/1"), transcript("/2"), transcript("/3"));
        assert!(keeper.keep(script(), one.clone()).is_empty());
        assert!(keeper.keep(script(), one.clone()).is_empty());
        assert_eq!(
            told(keeper.keep(script(), two.clone())),
            [one.digest, two.digest.clone()]
        );
        assert!(keeper.keep(script(), two).is_empty());
        assert_eq!(told(keeper.keep(script(), three.clone())), [three.digest]);
    }

    proptest! {
        #[test]
        fn naming_twice_changes_nothing_more(text in "[ -~\n]{0,80}") {
            let once = steady(&text);
            prop_assert_eq!(steady(&once), once);
        }
    }
}
