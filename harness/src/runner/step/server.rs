//! `start`, `stop`, `kill`, `restart`, `pause`, `resume`.

use std::{os::unix::process::ExitStatusExt, sync::Arc, time::Duration};

use rustix::process::Signal;

use super::clients;
use crate::{
    runner::{
        context::{Context, new_request},
        site::{Registry, binary},
        stop::Stop,
    },
    scenario::{self, OtherBuild, ServerStep, ServerVerb},
    target::Target,
};

pub(super) async fn run(run: &mut Context, step: &ServerStep) -> Result<(), Stop> {
    let config = step.config.as_ref().map(|config| run.scope.json(config)).transpose()?;
    let site = Arc::clone(&run.site);
    let server = site.server(&step.server)?;
    if matches!(step.verb, ServerVerb::Stop | ServerVerb::Restart) {
        stop(server).await?;
    }
    match step.verb {
        ServerVerb::Kill => {
            let after = step.after.choose(|below| run.scope.random_below(below));
            return kill(run, server, after, step.signal).await;
        }
        ServerVerb::Pause => {
            return server
                .signal(Signal::STOP)
                .await
                .map_err(|error| Stop::of_server(&error));
        }
        ServerVerb::Resume => {
            return server
                .signal(Signal::CONT)
                .await
                .map_err(|error| Stop::of_server(&error));
        }
        ServerVerb::Start | ServerVerb::Stop | ServerVerb::Restart => {}
    }
    if let Some(config) = config {
        let configured = server.configure(config).await;
        configured.map_err(|error| Stop::of_server(&error))?;
    }
    if let (Some(build), Target::Process(target)) = (&step.combination, &*run.job.target) {
        let combination = match build {
            OtherBuild::Named(combination) => combination,
            OtherBuild::Any => {
                let chosen = run.job.other.as_ref();
                chosen
                    .ok_or_else(|| Stop::Precondition("needs another build, and the run has chosen none".to_owned()))?
            }
        };
        server.set_binary(binary(&run.job, target, combination)?).await;
    }
    if let Some(offset) = step.clock {
        let set = server.set_clock(offset).await;
        set.map_err(|error| Stop::of_server(&error))?;
    }
    if matches!(step.verb, ServerVerb::Start | ServerVerb::Restart) {
        server.start().await.map_err(|error| Stop::of_server(&error))?;
        run.publish_site();
        ready(run, &step.server).await?;
    }
    Ok(())
}

/// Kills the server. Clients that go on until then have done something by then, and are awaited.
async fn kill(run: &mut Context, server: &Registry, after: Duration, signal: scenario::Signal) -> Result<(), Stop> {
    clients::under_way(run).await;
    tokio::time::sleep(after).await;
    clients::about_to_kill(run);
    let signal = match signal {
        scenario::Signal::Kill => Signal::KILL,
        scenario::Signal::Term => Signal::TERM,
        scenario::Signal::Int => Signal::INT,
        scenario::Signal::Quit => Signal::QUIT,
        scenario::Signal::Abrt => Signal::ABORT,
    };
    server.kill(signal).await.map_err(|error| Stop::of_server(&error))?;
    clients::join(run).await
}

/// Stops the server. That it ends by a signal other than the one that it was sent is a failure.
async fn stop(server: &Registry) -> Result<(), Stop> {
    let sent = server.stop_signal().as_raw();
    let status = server.stop().await.map_err(|error| Stop::of_server(&error))?;
    match status.signal() {
        Some(signal) if signal != sent => Err(Stop::failed(format!("the server ended with signal {signal}"))),
        _ => Ok(()),
    }
}

/// Asks for `/v2/`: what announced its address has to answer there.
pub(in crate::runner) async fn ready(run: &mut Context, server: &str) -> Result<(), Stop> {
    let request = new_request("GET", run.base(server)?.join("/v2/")?);
    run.send(request, false).await.map(drop)
}
