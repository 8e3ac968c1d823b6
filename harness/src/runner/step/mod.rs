//! Steps: one file for each kind.

mod acknowledged;
mod behave;
mod body;
mod capture;
mod clients;
mod command;
mod delete;
mod disk;
mod file_system;
mod flow;
mod generate;
mod layout;
mod log;
mod memory;
mod metric;
mod pages;
mod pull;
mod push;
mod race;
mod raw;
mod request;
mod requests;
mod server;
mod stream;
mod token;
mod upload;

pub(super) use behave::rendered as behaviour;
pub(super) use clients::Background;
pub(super) use server::ready;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::future::BoxFuture;

use super::{
    context::{Context, Current},
    failure::{failure, position},
    stop::Stop,
};
use crate::{
    assertion::Kind,
    scenario::{Action, Step},
};

/// Does `steps` in order, until one stops.
pub(super) async fn run_all(context: &mut Context, steps: &[Step]) -> Result<(), Stop> {
    for step in steps {
        run(context, step).await?;
    }
    Ok(())
}

/// Does a step. Boxed, for steps hold steps.
fn run<'run>(context: &'run mut Context, step: &'run Step) -> BoxFuture<'run, Result<(), Stop>> {
    Box::pin(async move {
        let spec = if step.spec.is_empty() {
            &context.current.spec
        } else {
            &step.spec
        };
        let authorization = match &step.auth {
            Some(credentials) => {
                let credentials = context
                    .scope
                    .text(credentials)
                    .map_err(|error| Stop::from(error).at(&step.span))?;
                let authorization = format!("Basic {}", BASE64_STANDARD.encode(credentials));
                context.secrets.authorization(&authorization);
                Some(authorization)
            }
            None => None,
        };
        let current = Current {
            authorization,
            span: step.span.clone(),
            note: step.note.clone(),
            spec: spec.clone(),
            log_begin: context.log_lengths(),
        };
        let outer = std::mem::replace(&mut context.current, current);
        let (line, text) = written(&context.job.scenario.source, step);
        let entry = context.trail.begins(line, text, context.client_number);
        // A step that stopped stays the current one: the failure tells of it.
        let ended = act(context, step).await;
        context.trail.ends(entry);
        let ended = ended.map_err(|stop| stop.being(kind(&step.action)).at(&step.span));
        if let Err(Stop::Failed(mismatch)) = &ended
            && let Some(about) = context.options.goes_on(&step.spec, mismatch.span.as_ref())
        {
            let failure = failure(context, mismatch.clone());
            context.deviations.push((about, failure));
        } else {
            ended?;
        }
        context.current = outer;
        Ok(())
    })
}

/// The line that a step begins on: its number, and the text.
fn written<'source>(source: &'source str, step: &Step) -> (usize, &'source str) {
    let (line, _) = position(source, step.span.start);
    let text = source.lines().nth(line - 1).unwrap_or_default().trim();
    (line, text.strip_prefix("- ").unwrap_or(text))
}

/// The kind of failure that it is when a step does not hold, unless a check in it says more.
const fn kind(action: &Action) -> Kind {
    match action {
        Action::Stream(_) | Action::Upload(_) | Action::Push(_) | Action::Pull(_) | Action::Delete(_) => Kind::Content,
        Action::Server(_) => Kind::Ended,
        Action::Requests(_) => Kind::Requests,
        Action::Memory(_) => Kind::Memory,
        Action::Command(_) => Kind::Command,
        Action::File(_)
        | Action::Corrupt { .. }
        | Action::Remove { .. }
        | Action::Write { .. }
        | Action::Disk(_)
        | Action::Layout { .. } => Kind::Disk,
        Action::Log(_) => Kind::Log,
        Action::Metric(_) => Kind::Metric,
        Action::Race(_) => Kind::History,
        Action::Acknowledged => Kind::Lost,
        Action::Request(_)
        | Action::Pages(_)
        | Action::Token(_)
        | Action::Raw(_)
        | Action::Generate(_)
        | Action::Behave(_)
        | Action::Set(_)
        | Action::Check { .. }
        | Action::Clients(_)
        | Action::Sometimes(_)
        | Action::Repeat(_)
        | Action::Eventually(_) => Kind::Value,
    }
}

async fn act(context: &mut Context, step: &Step) -> Result<(), Stop> {
    match &step.action {
        Action::Request(request) => request::run(context, request).await.map(drop),
        Action::Pages(pages) => pages::run(context, pages).await,
        Action::Token(step) => token::run(context, step).await,
        Action::Raw(raw) => raw::run(context, raw).await,
        Action::Generate(generate) => generate::run(context, generate),
        Action::Stream(stream) => stream::run(context, stream).await,
        Action::Upload(upload) => upload::run(context, upload).await,
        Action::Push(push) => push::run(context, push).await,
        Action::Pull(pull) => pull::run(context, pull).await,
        Action::Server(step) => server::run(context, step).await,
        Action::Behave(behave) => behave::run(context, behave),
        Action::Requests(check) => requests::run(context, check),
        Action::Memory(check) => memory::run(context, check),
        Action::Command(command) => command::run(context, command).await,
        Action::File(check) => disk::check(context, check),
        Action::Corrupt { path, at } => disk::corrupt(context, path, *at),
        Action::Remove { path } => disk::remove(context, path),
        Action::Write { path, content } => disk::write(context, path, content),
        Action::Disk(step) => file_system::run(context, step).await,
        Action::Layout { server } => layout::run(context, server.as_deref()).await,
        Action::Log(check) => log::run(context, check),
        Action::Metric(check) => metric::run(context, check).await,
        Action::Set(variables) => flow::set(context, variables),
        Action::Check { value, expect } => flow::check(context, value, expect),
        Action::Delete(delete) => delete::run(context, delete).await,
        Action::Clients(clients) => clients::run(context, clients).await,
        Action::Race(race) => race::run(context, race).await,
        Action::Sometimes(step) => {
            if context.scope.random_below(2) == 0 {
                return Ok(());
            }
            run(context, step).await
        }
        Action::Acknowledged => acknowledged::run(context).await,
        Action::Repeat(repeat) => flow::repeat(context, repeat).await,
        Action::Eventually(eventually) => flow::eventually(context, eventually).await,
    }
}
