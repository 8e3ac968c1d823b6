//! What a run did, in the order in which it did it: its steps with their times, and what it asked.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{StepTaken, context::Last};
use crate::client::{Request, Response};

/// How many steps and requests are kept of a run.
const MOST: usize = 2_000;
/// How many bytes of bodies are kept of a run.
const MOST_BYTES: usize = 16 << 20;
/// How many steps a failure tells: the last.
const STEPS_TOLD: usize = 40;
/// How many digits of a body's digest are compared.
const DIGITS: usize = 16;

/// What a run did. All its clients share it.
#[derive(Clone, Debug)]
pub(super) struct Trail {
    began: Instant,
    entries: Arc<Mutex<Entries>>,
}

#[derive(Debug, Default)]
struct Entries {
    did: Vec<Did>,
    bytes: usize,
    left_out: usize,
}

/// One thing that a run did.
#[derive(Clone, Debug)]
pub(super) enum Did {
    /// A step.
    Step(StepTaken),
    /// A request.
    Asked(Box<Sent>),
}

/// What was asked, and what came.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// The server, if it is one of the run's.
    pub(super) server: Option<String>,
    /// What was sent.
    pub(super) what: What,
    /// Whether the body was too large to be kept.
    pub(super) too_large: bool,
    /// The status that came; none if no answer did.
    pub(super) status: Option<u16>,
    /// The target of the answer's `Location`.
    pub(super) location: Option<String>,
    /// The beginning of the digest of the answer's body, where another answer has to have the same.
    pub(super) body: Option<String>,
}

/// What was sent.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A request.
    Http(Request),
    /// Bytes on a connection of their own.
    Raw(Bytes),
}

impl Default for Trail {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            entries: Arc::default(),
        }
    }
}

impl Trail {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Notes that a step begins, and says which entry it is.
    pub(super) fn begins(&self, line: usize, text: &str, client: Option<usize>) -> Option<usize> {
        let begin_us = self.now();
        let mut entries = self.lock();
        let step = StepTaken {
            line,
            text: text.to_owned(),
            client,
            begin_us,
            took_us: None,
        };
        entries.add(Did::Step(step))
    }

    /// Notes that the step ends.
    pub(super) fn ends(&self, entry: Option<usize>) {
        let now = self.now();
        let mut entries = self.lock();
        if let Some(Did::Step(step)) = entry.and_then(|entry| entries.did.get_mut(entry)) {
            step.took_us = Some(now.saturating_sub(step.begin_us));
        }
    }

    /// Notes what was asked of `server`.
    pub(super) fn asked(&self, server: Option<String>, last: &Last) {
        let (what, answer) = match last {
            Last::Http(exchange) => (What::Http(exchange.request.clone()), exchange.answer.as_ref().ok()),
            Last::Raw { sent, response, .. } => {
                (What::Raw(sent.clone()), response.as_ref().ok().and_then(Option::as_ref))
            }
        };
        let body = match &what {
            What::Http(request) => request.payload.bytes.len(),
            What::Raw(bytes) => bytes.len(),
        };
        let made = matches!(&what, What::Http(request) if request.payload.source.is_some());
        let mut sent = Sent {
            server,
            status: answer.map(|answer| answer.status),
            location: answer
                .and_then(|answer| answer.header("location"))
                .map(|location| target(&location)),
            body: answer.and_then(|answer| comparable(&what, answer)),
            too_large: made,
            what,
        };
        let mut entries = self.lock();
        entries.bytes += body;
        if entries.bytes > MOST_BYTES && body > 0 {
            entries.bytes -= body;
            sent.forget();
        }
        entries.add(Did::Asked(Box::new(sent)));
    }

    /// How much there is.
    pub(super) fn len(&self) -> usize {
        self.lock().did.len()
    }

    /// Forgets all but the first `length`.
    pub(super) fn truncate(&self, length: usize) {
        self.lock().did.truncate(length);
    }

    /// The last steps.
    pub(super) fn steps(&self) -> Vec<StepTaken> {
        let entries = self.lock();
        let steps = entries.did.iter().filter_map(|did| match did {
            Did::Step(step) => Some(step.clone()),
            Did::Asked(_) => None,
        });
        let steps: Vec<StepTaken> = steps.collect();
        steps[steps.len().saturating_sub(STEPS_TOLD)..].to_vec()
    }

    /// All of it, and how much was not kept.
    pub(super) fn all(&self) -> (Vec<Did>, usize) {
        let entries = self.lock();
        (entries.did.clone(), entries.left_out)
    }
}

impl Entries {
    fn add(&mut self, did: Did) -> Option<usize> {
        if self.did.len() >= MOST {
            self.left_out += 1;
            return None;
        }
        self.did.push(did);
        Some(self.did.len() - 1)
    }
}

impl Sent {
    fn forget(&mut self) {
        self.too_large = true;
        match &mut self.what {
            What::Http(request) => request.payload.bytes = Bytes::new(),
            What::Raw(bytes) => *bytes = Bytes::new(),
        }
    }
}

/// Path and query of a `Location`.
fn target(location: &str) -> String {
    let rest = location
        .split_once("://")
        .map_or(location, |(_, rest)| rest.find('/').map_or("/", |begin| &rest[begin..]));
    rest.to_owned()
}

/// The digest of a body that is the same for who asks the same: that of a blob or manifest that is there.
fn comparable(what: &What, answer: &Response) -> Option<String> {
    let What::Http(request) = what else {
        return None;
    };
    let content = request.url.target.contains("/blobs/sha") || request.url.target.contains("/manifests/");
    if request.method != "GET" || answer.status != 200 || !content || answer.body.is_empty() {
        return None;
    }
    let digest = Sha256::digest(&answer.body);
    let mut text = String::with_capacity(DIGITS);
    for byte in &digest[..DIGITS / 2] {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}
