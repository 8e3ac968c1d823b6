//! A server process that the clients of a run share.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::process::Signal;
use serde_json::Value;
use tokio::sync;

use crate::{
    peer::Addresses,
    target::{Disk, Log, Server, ServerError},
};

/// A server process with a name. Whoever asks where it listens does not wait for one who starts or ends it.
#[derive(Debug)]
pub(in crate::runner) struct Registry {
    name: String,
    log: Log,
    root: PathBuf,
    folder: PathBuf,
    config_file: PathBuf,
    stop_signal: Signal,
    server: sync::Mutex<Server>,
    facts: Mutex<Facts>,
    addresses: Addresses,
}

/// What is known of the process without waiting for it.
#[derive(Clone, Debug, Default)]
struct Facts {
    authority: Option<String>,
    process: Option<u32>,
    running: bool,
    binary: PathBuf,
}

impl Registry {
    pub(super) fn new(name: &str, server: Server, addresses: Addresses) -> Self {
        let facts = Facts {
            binary: server.binary().to_owned(),
            ..Facts::default()
        };
        Self {
            name: name.to_owned(),
            log: server.log().clone(),
            root: server.root().to_owned(),
            folder: server.folder().to_owned(),
            config_file: server.config_file(),
            stop_signal: server.stop_signal(),
            server: sync::Mutex::new(server),
            facts: Mutex::new(facts),
            addresses,
        }
    }

    /// What the scenario calls it.
    pub(in crate::runner) fn name(&self) -> &str {
        &self.name
    }

    /// What it printed.
    pub(in crate::runner) fn log(&self) -> &Log {
        &self.log
    }

    /// The folder of its content.
    pub(in crate::runner) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that it runs in.
    pub(in crate::runner) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its configuration file.
    pub(in crate::runner) fn config_file(&self) -> &Path {
        &self.config_file
    }

    /// What asks it to end.
    pub(in crate::runner) fn stop_signal(&self) -> Signal {
        self.stop_signal
    }

    /// Its binary.
    pub(in crate::runner) fn binary(&self) -> PathBuf {
        self.facts().binary.clone()
    }

    /// Where it listens, or did last.
    pub(in crate::runner) fn authority(&self) -> Option<String> {
        self.facts().authority.clone()
    }

    /// The process that runs, if one does.
    pub(in crate::runner) fn process(&self) -> Option<u32> {
        self.facts().process
    }

    /// Whether it runs, or is thought to.
    pub(in crate::runner) fn is_running(&self) -> bool {
        self.facts().running
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Merges into the configuration of the next start.
    pub(in crate::runner) async fn configure(&self, over: Value) -> Result<(), ServerError> {
        self.server.lock().await.configure(over)
    }

    /// Does something to the file system of its own.
    pub(in crate::runner) async fn change_disk(
        &self,
        change: impl FnOnce(&Disk) -> io::Result<()>,
    ) -> Result<(), ServerError> {
        self.server.lock().await.change_disk(change)
    }

    /// A clock that is wrong by so many seconds, from the next start on.
    pub(in crate::runner) async fn set_clock(&self, offset: i64) -> Result<(), ServerError> {
        self.server.lock().await.set_clock(offset)
    }

    /// Another binary, from the next start on.
    pub(in crate::runner) async fn set_binary(&self, binary: PathBuf) {
        let mut server = self.server.lock().await;
        server.set_binary(binary);
        self.look(&server);
    }

    /// Starts it and waits until it listens.
    pub(in crate::runner) async fn start(&self) -> Result<(), ServerError> {
        let mut server = self.server.lock().await;
        let started = server.start().await;
        self.look(&server);
        started
    }

    /// Asks it to end, and waits.
    pub(in crate::runner) async fn stop(&self) -> Result<ExitStatus, ServerError> {
        let mut server = self.server.lock().await;
        let stopped = server.stop().await;
        self.look(&server);
        stopped
    }

    /// Kills it with a signal, and waits until it is gone.
    pub(in crate::runner) async fn kill(&self, signal: Signal) -> Result<(), ServerError> {
        let mut server = self.server.lock().await;
        let killed = server.kill(signal).await;
        self.look(&server);
        killed
    }

    /// Sends it a signal that does not end it.
    pub(in crate::runner) async fn signal(&self, signal: Signal) -> Result<(), ServerError> {
        self.server.lock().await.signal(signal).await
    }

    /// How it ended, if it did so without having been asked.
    pub(in crate::runner) async fn ended_by_itself(&self) -> Option<ExitStatus> {
        self.server.lock().await.ended_by_itself().await
    }

    fn look(&self, server: &Server) {
        if let Some(authority) = server.authority() {
            self.addresses.set(&self.name, authority.to_owned());
        }
        *self.facts() = Facts {
            authority: server.authority().map(str::to_owned),
            process: server.process(),
            running: server.is_running(),
            binary: server.binary().to_owned(),
        };
    }
}
