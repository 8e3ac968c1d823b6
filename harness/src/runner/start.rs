//! The servers of a run, as they start: each finds the addresses that it needs.

use std::sync::Arc;

use super::{Job, context::Context, site::Registry, step, stop::Stop};
use crate::{
    scenario::{Script, Value},
    target::ServerError,
};

/// Starts the servers of a run, and waits until each answers. At a URL there is none to start.
pub(super) async fn start(context: &mut Context, script: &Script) -> Result<(), Stop> {
    let (job, site) = (Arc::clone(&context.job), Arc::clone(&context.site));
    let Some(servers) = site.own() else {
        return Ok(());
    };
    if job.scenario.servers.is_empty() {
        for server in servers.registries() {
            registry(context, server, script).await?;
        }
    }
    for declared in &job.scenario.servers {
        match declared.behaviour() {
            Some(behaviour) => {
                let behaviour = step::behaviour(context, behaviour)?;
                servers.peer(&declared.name)?.behave(behaviour);
            }
            None => registry(context, servers.registry(&declared.name)?, script).await?,
        }
    }
    Ok(())
}

async fn registry(context: &mut Context, server: &Registry, script: &Script) -> Result<(), Stop> {
    let surroundings = |error: ServerError| Stop::error(error.to_string());
    let job = Arc::clone(&context.job);
    for config in configs(&job, script, server.name()) {
        // Not before now: it may name the address of a server that has just started.
        let config = context.scope.json(config)?;
        server.configure(config).await.map_err(surroundings)?;
    }
    server.start().await.map_err(surroundings)?;
    context.publish_site();
    step::ready(context, server.name()).await
}

/// What is merged into the configuration of a server, in this order.
fn configs<'job>(job: &'job Job, script: &'job Script, server: &str) -> Vec<&'job Value> {
    let declared = job.scenario.servers.iter().find(|declared| declared.name == server);
    let declared = declared.and_then(|declared| declared.registry()?.config.as_ref());
    let script = script.config.iter().filter(|(name, _)| name == server);
    declared.into_iter().chain(script.map(|(_, config)| config)).collect()
}
