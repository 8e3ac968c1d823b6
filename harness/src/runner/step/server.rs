//! `start`, `stop`, `kill`, `restart`.

use std::os::unix::process::ExitStatusExt;

use rustix::process::Signal;

use crate::{
    runner::{
        context::{Context, new_request},
        stop::Stop,
    },
    scenario::{ServerStep, ServerVerb},
};

pub(super) async fn run(run: &mut Context, step: &ServerStep) -> Result<(), Stop> {
    let config = step.config.as_ref().map(|config| run.scope.json(config)).transpose()?;
    if matches!(step.verb, ServerVerb::Stop | ServerVerb::Restart) {
        stop(run).await?;
    }
    if step.verb == ServerVerb::Kill {
        run.server()?.kill().await.map_err(|error| Stop::of_server(&error))?;
    }
    if let Some(config) = config {
        run.server()?
            .configure(config)
            .map_err(|error| Stop::of_server(&error))?;
    }
    if matches!(step.verb, ServerVerb::Start | ServerVerb::Restart) {
        run.server()?.start().await.map_err(|error| Stop::of_server(&error))?;
        run.publish_site();
        ready(run).await?;
    }
    Ok(())
}

/// Stops the server. That it ends by a signal other than the one that it was sent is a failure.
async fn stop(run: &mut Context) -> Result<(), Stop> {
    let status = run.server()?.stop().await.map_err(|error| Stop::of_server(&error))?;
    match status.signal() {
        Some(signal) if signal != Signal::TERM.as_raw() => {
            Err(Stop::failed(format!("the server ended with signal {signal}")))
        }
        _ => Ok(()),
    }
}

/// Asks for `/v2/`: what announced its address has to answer there.
pub(in crate::runner) async fn ready(run: &mut Context) -> Result<(), Stop> {
    let request = new_request("GET", run.url("/v2/")?);
    run.send(request, false).await.map(drop)
}
