//! The `serve` command.

use std::{io, path::Path, thread};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{
    Binary, Exit,
    output::{chain, complain, fail, load_config},
};
use crate::{
    auth,
    config::{Config, Loaded, Report},
    logging,
    server::{Server, ServerError},
};

pub(super) fn serve(binary: &Binary, path: Option<&Path>) -> Exit {
    let (config, warnings) = match path.map(|path| load_config(binary, path)) {
        Some(Ok(Loaded { config, warnings })) => (config, Some(warnings)),
        Some(Err(exit)) => return exit,
        None => (Config::without_file(&binary.included()), None),
    };
    // Held until the end, so that the last lines are written.
    let _log = match logging::start(&config.log) {
        Ok(guard) => guard,
        Err(error) => {
            let output = config.log.output.unwrap_or_else(|| "standard output".into());
            complain(&format!(
                "error: the log {} cannot be written: {error}\n",
                output.display()
            ));
            return Exit::Failure;
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(listen(binary, &config, warnings.as_ref())) {
        Ok(()) => {
            tracing::info!("stopped");
            Exit::Success
        }
        Err(error) => {
            tracing::error!(error = chain(&error), "cannot serve");
            fail(&error)
        }
    }
}

async fn listen(binary: &Binary, config: &Config, warnings: Option<&Report>) -> Result<(), ServeError> {
    // Before the address is announced: who reads it may send a signal at once.
    let shutdown = Shutdown::watch().map_err(ServeError::Signals)?;
    let server = Server::bind(&config.http).await?;
    tracing::info!(
        address = %server.local_addr(),
        version = binary.version,
        extensions = binary.included().join(","),
        "listening"
    );
    for problem in warnings.iter().flat_map(|report| &report.problems) {
        tracing::warn!(key = problem.key, "{}; {}", problem.found, problem.help);
    }
    if !config.storage.commit {
        tracing::warn!("storage.commit is off: a push that was acknowledged may be lost when the power is");
    }
    for advice in auth::advise(config, false) {
        tracing::warn!(key = advice.key, "{}", advice.message);
    }
    guess(config);
    take_descriptors();
    // With the port that was really taken: an extension may have to know the registry's own address.
    let mut config = config.clone();
    config.http.port = server.local_addr().port();
    server
        .serve(&config, binary.hooks(&config), shutdown.requested())
        .await?;
    Ok(())
}

/// Tries passwords that everyone would try, while the registry serves.
fn guess(config: &Config) {
    let known = auth::advise(config, false);
    let config = config.clone();
    // A thread that nobody waits for: it must not hold up the end of the registry.
    let guesses = move || {
        for advice in auth::advise(&config, true) {
            if !known.contains(&advice) {
                tracing::warn!(key = advice.key, "{}", advice.message);
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("advice".to_owned()).spawn(guesses) {
        tracing::debug!(%error, "passwords that are easy to guess are not looked for");
    }
}

/// Lets the process have as many descriptors as the system gives it: a connection takes one, and content another.
fn take_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, all) {
        tracing::debug!(%error, "the limit of descriptors stays as it was");
    }
}

#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("signals cannot be received")]
    Signals(#[source] io::Error),
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// The signals that end the registry.
struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
}

impl Shutdown {
    fn watch() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Completes at the first SIGTERM or SIGINT.
    async fn requested(mut self) {
        let name = tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "signal received");
    }
}
