//! What templates and expressions of a rule see of an exchange.

use minijinja::{Value, value::Serde};

use super::{
    endpoint::Endpoint,
    memory::Memory,
    template::{Variables, digest},
};
use crate::mutation::saboteur::{Answer, Headers, Request};

/// How much of a body is looked at.
const LARGEST: usize = 16 << 20;

/// What is known before the registry is asked.
pub(super) fn of_request(request: &Request, memory: &Memory) -> Variables {
    let endpoint = Endpoint::of(&request.target);
    let query = endpoint.query.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    Variables::from([
        ("method", Value::from(request.method.as_str())),
        ("target", Value::from(request.target.as_str())),
        ("path", Value::from(endpoint.path.as_str())),
        ("repo", Value::from(endpoint.repository.as_str())),
        ("reference", Value::from(endpoint.reference.as_str())),
        ("query", Value::from_pairs(query)),
        ("header", headers(&request.headers)),
        ("body", text(&request.body)),
        ("sent", json(&request.body)),
        ("size", Value::from(request.body.len())),
        ("sha256", Value::from(digest(&request.body))),
        ("cut", Value::from(request.cut)),
        ("behind", Value::from(request.behind.len())),
        ("noted", memory.noted()),
        ("kept", memory.kept_all()),
    ])
}

/// Adds what is known once the registry has answered.
pub(super) fn add_answer(variables: &mut Variables, answer: &Answer) {
    variables.extend([
        ("status", Value::from(answer.status)),
        ("answer", headers(&answer.headers)),
        ("text", text(&answer.body)),
        ("json", json(&answer.body)),
        ("length", Value::from(answer.body.len())),
    ]);
}

/// Headers by their names in small letters, with `_` for `-`.
fn headers(headers: &Headers) -> Value {
    let pairs = headers.iter();
    Value::from_pairs(pairs.map(|(name, value)| (name.to_ascii_lowercase().replace('-', "_"), value)))
}

fn text(body: &[u8]) -> Value {
    Value::from(String::from_utf8_lossy(&body[..body.len().min(LARGEST)]).into_owned())
}

fn json(body: &[u8]) -> Value {
    if body.len() > LARGEST || !body.iter().any(|byte| !byte.is_ascii_whitespace()) {
        return Value::UNDEFINED;
    }
    serde_json::from_slice::<serde_json::Value>(body).map_or(Value::UNDEFINED, |json| Value::from(Serde(json)))
}
