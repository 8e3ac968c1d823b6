//! `token`: a token of the service that the registry names.

use std::sync::Arc;

use super::{capture::capture, request};
use crate::{
    assertion::Answer,
    client::{Access, token_in},
    runner::{
        context::{Context, new_request},
        failure::position,
        stop::Stop,
    },
    scenario::TokenStep,
};

pub(super) async fn run(run: &mut Context, step: &TokenStep) -> Result<(), Stop> {
    let mut question = request::build(run, &step.request)?;
    let mut scopes = Vec::new();
    for scope in &step.scopes {
        scopes.push(run.scope.text(scope)?);
    }
    let mut bare = new_request("GET", question.url.clone());
    bare.anonymous = true;
    let shown = run.current.authorization.take();
    let refused = run.send(bare.clone(), true).await;
    run.current.authorization = shown;
    let refused = refused?;
    let access = match run.job.target.access() {
        Some(access) => Arc::clone(access),
        None => Arc::new(Access::open(bare.url)),
    };
    let Some(url) = access.token_service(&refused.headers, &scopes)? else {
        let (line, _) = position(&run.job.scenario.source, run.current.span.start);
        let status = refused.status;
        return Err(Stop::Unsupported(format!(
            "line {line}: the registry names no token service, it answers {status}"
        )));
    };
    question.url = url;
    let response = run.send(question, true).await?;
    let token = token_in(&response.body).unwrap_or_default();
    run.scope.set(step.name.clone(), token.into());
    run.hold(&step.request.expect, Answer::Response(&response))?;
    capture(run, &step.request.captures, &response)
}
