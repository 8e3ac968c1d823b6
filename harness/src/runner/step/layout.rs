//! `layout: valid`: every repository on disk is a valid OCI image layout, and every blob has the digest of its name.

use std::{collections::BTreeSet, path::Path, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    assertion::Mismatch,
    layout,
    runner::{context::Context, site::Registry, stop::Stop},
};

/// `index.json` of a server that runs may be this much behind what it serves, and then some.
const CATCH_UP: Duration = Duration::from_secs(3);
/// How often it is looked at meanwhile.
const EVERY: Duration = Duration::from_millis(100);
/// How many of the things that are wrong are told.
const TOLD: usize = 10;

/// Looks at all repositories, of one server or of all. While one runs, it looks until all is right or the time to
/// catch up is over.
pub(super) async fn run(run: &mut Context, server: Option<&str>) -> Result<(), Stop> {
    run.checks += 1;
    let servers = run.site.servers()?.registries();
    let servers: Vec<&Registry> = servers
        .iter()
        .filter(|one| server.is_none_or(|name| one.name() == name))
        .collect();
    let running = servers.iter().any(|server| server.is_running());
    let roots: BTreeSet<&Path> = servers.iter().map(|server| server.root()).collect();
    let deadline = Instant::now() + CATCH_UP;
    loop {
        let looked: Vec<_> = roots
            .iter()
            .filter_map(|root| layout::problems(root, layout::ANY_PART))
            .collect();
        let mut wrong: Vec<String> = looked.iter().flatten().cloned().collect();
        if looked.is_empty() {
            return Err(Stop::failed("there is no repository on disk that could be valid"));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        if !running || Instant::now() >= deadline {
            if wrong.len() > TOLD {
                let more = wrong.len() - TOLD;
                wrong.truncate(TOLD);
                wrong.push(format!("… {more} more"));
            }
            return Err(Mismatch::new(
                "not every repository is a valid OCI image layout",
                "valid",
                wrong.join("\n"),
            )
            .into());
        }
        sleep(EVERY).await;
    }
}
