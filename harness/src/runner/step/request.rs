//! `get`, `head`, `put`, `post`, `patch`, `delete`, `options`.

use super::{body, capture::capture};
use crate::{
    assertion::Answer,
    client::{Request, Response, append_query},
    runner::{
        context::{Context, new_request},
        stop::Stop,
    },
    scenario::{self, Check, Expect, StatusMatcher, Template},
};

/// Sends a request, holds its answer against what is expected, and captures.
pub(super) async fn run(run: &mut Context, step: &scenario::Request) -> Result<Response, Stop> {
    let request = build(run, step)?;
    let response = run
        .send(request, !expects_redirect(&step.expect))
        .await
        .map_err(|stop| stop.at(&step.path.span))?;
    run.hold(&step.expect, Answer::Response(&response))?;
    capture(run, &step.captures, &response)?;
    Ok(response)
}

pub(super) fn build(run: &Context, step: &scenario::Request) -> Result<Request, Stop> {
    let path = run.scope.text(&step.path)?;
    let mut url = run.url(&path).map_err(|stop| stop.at(&step.path.span))?;
    append_query(&mut url.target, &query(run, &step.query)?);
    let mut request = new_request(&step.method, url);
    headers(run, &mut request, &step.headers)?;
    if let Some(body) = &step.body {
        request.payload.bytes = body::bytes(run, body)?;
    }
    request.payload.chunked = step.chunked;
    Ok(request)
}

/// The rendered query: a value that is a list repeats its key.
pub(super) fn query(run: &Context, query: &[(String, Vec<Template>)]) -> Result<Vec<(String, String)>, Stop> {
    let mut pairs = Vec::new();
    for (name, values) in query {
        for value in values {
            pairs.push((name.clone(), run.scope.text(value)?));
        }
    }
    Ok(pairs)
}

/// Sets the rendered headers over those that would be sent; `None` removes.
pub(super) fn headers(
    run: &Context,
    request: &mut Request,
    headers: &[(String, Option<Template>)],
) -> Result<(), Stop> {
    for (name, value) in headers {
        request.anonymous |= value.is_none() && name.eq_ignore_ascii_case("authorization");
        request
            .headers
            .retain(|(present, _)| !present.eq_ignore_ascii_case(name));
    }
    for (name, value) in headers {
        if let Some(value) = value {
            request.headers.push((name.clone(), run.scope.text(value)?));
        }
    }
    Ok(())
}

/// Whether a redirect is what the step wants to see, so that it must not be followed.
fn expects_redirect(expect: &Expect) -> bool {
    expect
        .outcomes
        .iter()
        .flat_map(|outcome| &outcome.checks)
        .any(|(_, check)| match check {
            Check::Status(StatusMatcher::Exactly(statuses)) => {
                statuses.iter().any(|status| (300..400).contains(status))
            }
            Check::Status(StatusMatcher::Class(class)) => *class == 3,
            _ => false,
        })
}
