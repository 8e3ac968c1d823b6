//! A server as a process of this machine, in a process group of its own.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::{
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};

use super::{Log, log::DRAIN};

/// A process that runs. Dropping it kills its whole group.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    group: Option<Pid>,
    readers: Vec<JoinHandle<()>>,
}

impl Drop for Process {
    /// Kills the whole process group. `kill_on_drop` does the same for the process alone, and reaps it.
    fn drop(&mut self) {
        let _ = self.signal(Signal::KILL);
    }
}

impl Process {
    /// Starts `binary` in `folder`. What it prints goes to `log`.
    pub(super) fn start(
        binary: &Path,
        arguments: impl Iterator<Item = String>,
        environment: impl Iterator<Item = (String, String)>,
        folder: &Path,
        log: &Log,
    ) -> io::Result<Self> {
        let mut child = Command::new(binary)
            .args(arguments)
            .envs(environment)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let mut readers = Vec::new();
        if let Some(stream) = child.stdout.take() {
            readers.push(tokio::spawn(log.clone().collect(stream)));
        }
        if let Some(stream) = child.stderr.take() {
            readers.push(tokio::spawn(log.clone().collect(stream)));
        }
        Ok(Self { child, group, readers })
    }

    /// Its id, as long as it runs.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The group that it is the first of, as long as that is not another's.
    pub(super) fn group(&self) -> Option<Pid> {
        // Once reaped, the id may be another's.
        self.group.filter(|_| self.child.id().is_some())
    }

    /// Sends a signal to it alone: what it started ends with it or is killed later.
    pub(super) fn ask(&self, signal: Signal) -> io::Result<()> {
        self.group()
            .map_or(Ok(()), |process| Ok(kill_process(process, signal)?))
    }

    /// Sends a signal to it and all that it started.
    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        self.group()
            .map_or(Ok(()), |group| Ok(kill_process_group(group, signal)?))
    }

    /// Waits until it has ended.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits until everything that was printed is in the log. What the process left behind may hold the pipes open: that
    /// is killed with the group, and not waited for longer.
    pub(super) async fn drain(&mut self) {
        for reader in self.readers.drain(..) {
            let abort = reader.abort_handle();
            if timeout(DRAIN, reader).await.is_err() {
                abort.abort();
            }
        }
    }
}
