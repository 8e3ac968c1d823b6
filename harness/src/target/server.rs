//! A server process of our own: its folder, its start and its end. Nothing of it outlives the run.

use std::{
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};

use super::{Log, ProcessTarget, config, folder};

/// How long a server may take until it says where it listens.
const START: Duration = Duration::from_secs(20);
/// How long a server may take to end when it is asked to.
const STOP: Duration = Duration::from_secs(20);
/// How long what a server printed may take to arrive after its end.
const DRAIN: Duration = Duration::from_secs(2);
/// How many lines of the log stand in an error.
const LAST_LINES: usize = 10;

/// Why a server is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The folder, the configuration or the process could not be made.
    #[error("cannot {what}: {source}")]
    Surroundings {
        /// What could not be done.
        what: String,
        /// Why.
        source: io::Error,
    },
    /// It ended before it listened.
    #[error("the server ended before it listened ({status}){}", last_lines(.log))]
    EndedEarly {
        /// How.
        status: ExitStatus,
        /// What it said last.
        log: Vec<String>,
    },
    /// It did not say where it listens.
    #[error("the server did not say where it listens within {} s{}", START.as_secs(), last_lines(.log))]
    NotReady {
        /// What it said last.
        log: Vec<String>,
    },
    /// It had to be killed.
    #[error("the server did not end within {} s of SIGTERM and was killed{}", STOP.as_secs(), last_lines(.log))]
    NotStopped {
        /// What it said last.
        log: Vec<String>,
    },
    /// It is running, or not running, against what was expected.
    #[error("the server {0}")]
    State(&'static str),
}

fn last_lines(log: &[String]) -> String {
    if log.is_empty() {
        return "; it printed nothing".to_owned();
    }
    format!("; its last lines:\n{}", log.join("\n"))
}

fn surroundings(what: impl Into<String>) -> impl FnOnce(io::Error) -> ServerError {
    let what = what.into();
    move |source| ServerError::Surroundings { what, source }
}

/// A server process with its folder. Dropping it kills the process and removes the folder.
#[derive(Debug)]
pub struct Server {
    target: ProcessTarget,
    folder: TempDir,
    root: PathBuf,
    config: Value,
    log: Log,
    running: Option<Running>,
    authority: Option<String>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    group: Option<Pid>,
    readers: Vec<JoinHandle<()>>,
}

impl Drop for Running {
    /// Kills the whole process group. `kill_on_drop` does the same for the process alone, and reaps it.
    fn drop(&mut self) {
        // Once reaped, the id may be another's.
        if let (Some(group), Some(_)) = (self.group, self.child.id()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Server {
    /// A server that is not started yet, with an empty root.
    pub fn new(target: &ProcessTarget) -> Result<Self, ServerError> {
        Self::with_root(target, None)
    }

    /// A server that is not started yet, with the root of another, which has to live longer, if there is one.
    pub fn with_root(target: &ProcessTarget, root: Option<&Path>) -> Result<Self, ServerError> {
        let folder = folder::temporary().map_err(surroundings("make a temporary folder"))?;
        let root = if let Some(root) = root {
            root.to_owned()
        } else {
            let root = folder.path().join("root");
            std::fs::create_dir(&root).map_err(surroundings(format!("make {}", root.display())))?;
            root
        };
        let mut config = target.serve.config.clone();
        config::fill_root(&mut config, &root);
        Ok(Self {
            target: target.clone(),
            folder,
            root,
            config,
            log: Log::default(),
            running: None,
            authority: None,
        })
    }

    /// The folder of its content.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the run, which holds the root and the configuration.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("config.json")
    }

    /// The binary.
    pub fn binary(&self) -> &Path {
        &self.target.binary
    }

    /// Another binary, from the next start on.
    pub fn set_binary(&mut self, binary: PathBuf) {
        self.target.binary = binary;
    }

    /// The process that runs, if one does.
    pub fn process(&self) -> Option<u32> {
        self.running.as_ref()?.child.id()
    }

    /// What it printed.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Where it listens, or did last.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Merges into the configuration of the next start.
    pub fn configure(&mut self, over: Value) -> Result<(), ServerError> {
        config::merge(&mut self.config, over);
        self.write_config()
    }

    fn write_config(&self) -> Result<(), ServerError> {
        let path = self.config_file();
        std::fs::write(&path, format!("{:#}", self.config)).map_err(surroundings(format!("write {}", path.display())))
    }

    /// Starts it and waits until it listens: until our own child says where.
    pub async fn start(&mut self) -> Result<(), ServerError> {
        if self.running.is_some() {
            return Err(ServerError::State("is running already"));
        }
        self.write_config()?;
        let config = self.config_file().display().to_string();
        let begin = self.log.len();
        let mut child = Command::new(&self.target.binary)
            .args(
                self.target
                    .serve
                    .arguments
                    .iter()
                    .map(|argument| argument.replace("{config}", &config)),
            )
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(surroundings(format!("start {}", self.target.binary.display())))?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let mut readers = Vec::new();
        if let Some(stream) = child.stdout.take() {
            readers.push(tokio::spawn(self.log.clone().collect(stream)));
        }
        if let Some(stream) = child.stderr.take() {
            readers.push(tokio::spawn(self.log.clone().collect(stream)));
        }
        let mut running = Running { child, group, readers };
        let key = &self.target.serve.address_from_log;
        let announced = self
            .log
            .find(begin, |line| Some(line.fields.as_ref()?.get(key)?.as_str()?.to_owned()));
        let authority = tokio::select! {
            authority = announced => authority,
            status = running.child.wait() => {
                drain(&mut running).await;
                let status = status.map_err(surroundings("wait for the server"))?;
                return Err(ServerError::EndedEarly { status, log: self.last(begin) });
            }
            () = tokio::time::sleep(START) => return Err(ServerError::NotReady { log: self.last(begin) }),
        };
        self.authority = Some(authority);
        self.running = Some(running);
        Ok(())
    }

    /// Asks it to end with SIGTERM, and waits. If it does not, it is killed and that is an error.
    pub async fn stop(&mut self) -> Result<ExitStatus, ServerError> {
        let begin = self.log.len().saturating_sub(LAST_LINES);
        let mut running = self.running.take().ok_or(ServerError::State("is not running"))?;
        if let (Some(group), Some(_)) = (running.group, running.child.id()) {
            // Only the server is asked; what it started ends with it or is killed below.
            let _ = rustix::process::kill_process(group, Signal::TERM);
        }
        if let Ok(status) = timeout(STOP, running.child.wait()).await {
            drain(&mut running).await;
            return status.map_err(surroundings("wait for the server"));
        }
        end_now(&mut running).await;
        Err(ServerError::NotStopped { log: self.last(begin) })
    }

    /// Kills it with SIGKILL, and waits until it is gone.
    pub async fn kill(&mut self) -> Result<(), ServerError> {
        let mut running = self.running.take().ok_or(ServerError::State("is not running"))?;
        end_now(&mut running).await;
        Ok(())
    }

    /// Whether it runs, or is thought to.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// How it ended, if it did so without having been asked.
    pub fn ended_by_itself(&mut self) -> Option<ExitStatus> {
        self.running.as_mut()?.child.try_wait().ok().flatten()
    }

    fn last(&self, begin: usize) -> Vec<String> {
        let lines = self.log.since(begin);
        let skip = lines.len().saturating_sub(LAST_LINES);
        lines.into_iter().skip(skip).map(|line| line.text).collect()
    }
}

async fn end_now(running: &mut Running) {
    if let (Some(group), Some(_)) = (running.group, running.child.id()) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = running.child.wait().await;
    drain(running).await;
}

/// Waits until everything that was printed is in the log. What the process left behind may hold the pipes open: that
/// is killed with the group, and not waited for longer.
async fn drain(running: &mut Running) {
    for reader in running.readers.drain(..) {
        let abort = reader.abort_handle();
        if timeout(DRAIN, reader).await.is_err() {
            abort.abort();
        }
    }
}
