//! `behave`: how a server that the harness plays itself answers from now on.

use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::body;
use crate::{
    peer::{self, Pattern},
    runner::{context::Context, stop::Stop},
    scenario::{Behave, Behaviour, PathPattern, Reply, Rule, Template},
};

pub(super) fn run(run: &Context, step: &Behave) -> Result<(), Stop> {
    let behaviour = rendered(run, &step.behaviour)?;
    run.site.servers()?.peer(&step.server)?.behave(behaviour);
    Ok(())
}

/// What the rules say, with the variables of now.
pub(in crate::runner) fn rendered(run: &Context, behaviour: &Behaviour) -> Result<peer::Behaviour, Stop> {
    let rules = behaviour.rules.iter().map(|rule| {
        let rendered = one(run, rule);
        rendered.map_err(|stop| stop.at(&rule.span))
    });
    Ok(peer::Behaviour {
        rules: rules.collect::<Result<_, _>>()?,
    })
}

fn one(run: &Context, rule: &Rule) -> Result<peer::Rule, Stop> {
    let mut headers = Vec::new();
    for (name, value) in &rule.headers {
        let value = value.as_ref().map(|value| header_value(run, value)).transpose()?;
        headers.push((header_name(name)?, value));
    }
    let method = rule.method.as_ref().map(|method| Method::from_bytes(method.as_bytes()));
    let path = rule.path.as_ref().map(|path| match path {
        PathPattern::Equals(template) => run.scope.text(template).map(Pattern::Equals),
        PathPattern::Matches(regex) => Ok(Pattern::Matches(regex.clone())),
    });
    Ok(peer::Rule {
        method: method.transpose().map_err(|error| Stop::error(error.to_string()))?,
        path: path.transpose()?,
        times: rule.times,
        reply: rule.reply.as_ref().map(|one| reply(run, one)).transpose()?,
        delay: rule.delay,
        headers,
        endless: rule.endless,
        rate: rule.rate,
        corrupt: rule.corrupt,
        ending: rule.ending,
        ..peer::Rule::default()
    })
}

fn reply(run: &Context, reply: &Reply) -> Result<peer::Reply, Stop> {
    Ok(match reply {
        Reply::Answer { status, headers, body } => peer::Reply::Answer {
            status: StatusCode::from_u16(*status).map_err(|error| Stop::error(error.to_string()))?,
            headers: headers
                .iter()
                .map(|(name, value)| Ok((header_name(name)?, header_value(run, value)?)))
                .collect::<Result<_, Stop>>()?,
            body: body
                .as_ref()
                .map(|body| body::bytes(run, body))
                .transpose()?
                .unwrap_or_default(),
        },
        Reply::Redirect(url) => peer::Reply::Answer {
            status: StatusCode::TEMPORARY_REDIRECT,
            headers: vec![(header::LOCATION, header_value(run, url)?)],
            body: bytes::Bytes::new(),
        },
        Reply::Hang => peer::Reply::Hang,
    })
}

fn header_name(name: &str) -> Result<HeaderName, Stop> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|error| Stop::error(error.to_string()))
}

fn header_value(run: &Context, template: &Template) -> Result<HeaderValue, Stop> {
    let text = run.scope.text(template)?;
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| Stop::error(format!("`{text}` cannot be the value of a header")).at(&template.span))
}
