//! `capture`: values of an answer that later steps use.

use minijinja::value::{Serde, Value};

use crate::{
    assertion::{Actual, Mismatch, query},
    client::Response,
    runner::{context::Context, stop::Stop},
    scenario::{Capture, CaptureSource},
    template::{Algorithm, Content},
};

/// Takes what `captures` say out of `response`.
pub(super) fn capture(run: &mut Context, captures: &[Capture], response: &Response) -> Result<(), Stop> {
    for capture in captures {
        let value = take(&capture.source, response).map_err(|stop| stop.at(&capture.span))?;
        run.scope.set(capture.name.clone(), value);
    }
    Ok(())
}

fn take(source: &CaptureSource, response: &Response) -> Result<Value, Stop> {
    let missing = |what: String| {
        Stop::from(Mismatch::new(
            format!("the answer has no {what} to capture"),
            what,
            "nothing",
        ))
    };
    Ok(match source {
        CaptureSource::Header { name, otherwise } => response
            .header(name)
            .or_else(|| otherwise.clone())
            .ok_or_else(|| missing(format!("header {name}")))?
            .into(),
        CaptureSource::Status => response.status.into(),
        CaptureSource::Body => Content::new(response.body.clone(), Algorithm::Sha256).into_value(),
        CaptureSource::Digest => Algorithm::Sha256.digest(&response.body).into(),
        CaptureSource::Link(rel) => response
            .link(rel)
            .ok_or_else(|| missing(format!("Link with rel {rel}")))?
            .into(),
        CaptureSource::Json(path) => match json(response, path)? {
            Actual::Json(value) => Value::from(Serde(value)),
            Actual::Nodes(nodes) if nodes.len() == 1 => Value::from(Serde(&nodes[0])),
            Actual::Nodes(nodes) => Value::from(Serde(nodes)),
            Actual::Absent | Actual::Bytes(_) => return Err(missing(format!("value at {path}"))),
        },
    })
}

/// What a JSONPath finds in a body.
pub(super) fn json(response: &Response, path: &str) -> Result<Actual, Stop> {
    let document: serde_json::Value = serde_json::from_slice(&response.body).map_err(|error| {
        let shown = Actual::Bytes(response.body.clone()).shown();
        Mismatch::new(format!("the body is not JSON ({error})"), "JSON", shown)
    })?;
    Ok(query(&document, path)?)
}
