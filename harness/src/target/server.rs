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

use super::{Announcement, Front, Log, ProcessTarget, config, folder, identity};

/// How often it is looked whether a server listens that does not say so.
const LOOK: Duration = Duration::from_millis(10);
/// How often a server is started with another port, if somebody else is faster.
const PORT_TRIES: usize = 3;
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
    #[error("the server did not listen within {within:?}{}", last_lines(.log))]
    NotReady {
        /// How long it had.
        within: Duration,
        /// What it said last.
        log: Vec<String>,
    },
    /// It had to be killed.
    #[error("the server did not end within {within:?} of {signal} and was killed{}", last_lines(.log))]
    NotStopped {
        /// How long it had.
        within: Duration,
        /// What asked it to end.
        signal: &'static str,
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
    config: Option<Value>,
    log: Log,
    running: Option<Running>,
    authority: Option<String>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    group: Option<Pid>,
    readers: Vec<JoinHandle<()>>,
    /// Ends with the process that it stands before.
    front: Option<Box<dyn Front>>,
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
        Ok(Self {
            target: target.clone(),
            folder,
            root,
            config: target.serve.config.clone(),
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
        self.folder.path().join(&self.target.serve.config_file)
    }

    /// What asks it to end.
    pub fn stop_signal(&self) -> Signal {
        self.target.serve.stop_signal.signal()
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
        let config = self.config.as_mut();
        config::merge(config.ok_or(ServerError::State("takes no configuration file"))?, over);
        // A command of the binary may read it before the next start.
        self.write_config(&self.values(None))
    }

    /// What the names in arguments and configuration stand for.
    fn values(&self, port: Option<u16>) -> Vec<(&'static str, String)> {
        let mut values = vec![
            ("{root}", self.root().display().to_string()),
            ("{config}", self.config_file().display().to_string()),
        ];
        values.extend(port.map(|port| ("{port}", port.to_string())));
        values
    }

    fn write_config(&self, values: &[(&str, String)]) -> Result<(), ServerError> {
        let Some(mut config) = self.config.clone() else {
            return Ok(());
        };
        config::fill(&mut config, values);
        let path = self.config_file();
        let text = match config {
            // A configuration in a language of its own.
            Value::String(text) => text,
            config => format!("{config:#}"),
        };
        std::fs::write(&path, text).map_err(surroundings(format!("write {}", path.display())))
    }

    /// Starts it and waits until it listens: until our own child says where, or holds the socket.
    pub async fn start(&mut self) -> Result<(), ServerError> {
        if self.running.is_some() {
            return Err(ServerError::State("is running already"));
        }
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_to_start().await {
                // Somebody else took the port before the server could: that says nothing of the server.
                Err(ServerError::EndedEarly { .. }) if tries < PORT_TRIES && self.port_is_ours() => {}
                started => return started,
            }
        }
    }

    /// Whether it is the harness that chooses the port.
    fn port_is_ours(&self) -> bool {
        matches!(self.target.serve.announcement, Announcement::Port(_))
    }

    async fn try_to_start(&mut self) -> Result<(), ServerError> {
        let port = self
            .port_is_ours()
            .then(identity::free_port)
            .transpose()
            .map_err(surroundings("find a free port"))?;
        let values = self.values(port);
        self.write_config(&values)?;
        let begin = self.log.len();
        let mut running = self.spawn(&values)?;
        let within = self.target.serve.start_within;
        let authority = tokio::select! {
            authority = listening(&self.target.serve.announcement, &self.log, begin, running.group, port) => authority,
            status = running.child.wait() => {
                drain(&mut running).await;
                let status = status.map_err(surroundings("wait for the server"))?;
                return Err(ServerError::EndedEarly { status, log: self.last(begin) });
            }
            () = tokio::time::sleep(within) => {
                return Err(ServerError::NotReady { within, log: self.last(begin) });
            }
        };
        let front = self.target.front.as_ref();
        running.front = front
            .map(|front| front.stand_before(&authority))
            .transpose()
            .map_err(surroundings("listen before the server"))?;
        let shown = running.front.as_ref().map(|front| front.authority().to_owned());
        self.authority = Some(shown.unwrap_or(authority));
        self.running = Some(running);
        Ok(())
    }

    fn spawn(&self, values: &[(&str, String)]) -> Result<Running, ServerError> {
        let serve = &self.target.serve;
        let fill = |text: &String| config::fill_text(text, values);
        let mut child = Command::new(&self.target.binary)
            .args(serve.arguments.iter().map(fill))
            .envs(serve.environment.iter().map(|(name, value)| (name, fill(value))))
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
        Ok(Running {
            child,
            group,
            readers,
            front: None,
        })
    }

    /// Asks it to end, and waits. If it does not, it is killed and that is an error.
    pub async fn stop(&mut self) -> Result<ExitStatus, ServerError> {
        let begin = self.log.len().saturating_sub(LAST_LINES);
        let mut running = self.running.take().ok_or(ServerError::State("is not running"))?;
        if let (Some(group), Some(_)) = (running.group, running.child.id()) {
            // Only the server is asked; what it started ends with it or is killed below.
            let _ = rustix::process::kill_process(group, self.stop_signal());
            // A server that was paused could not obey.
            let _ = rustix::process::kill_process(group, Signal::CONT);
        }
        let within = self.target.serve.stop_within;
        if let Ok(status) = timeout(within, running.child.wait()).await {
            drain(&mut running).await;
            return status.map_err(surroundings("wait for the server"));
        }
        end_now(&mut running).await;
        let signal = self.target.serve.stop_signal.name();
        let log = self.last(begin);
        Err(ServerError::NotStopped { within, signal, log })
    }

    /// Kills it with a signal, and waits until it is gone. One that outlives another signal than SIGKILL is killed by
    /// that, which is an error.
    pub async fn kill(&mut self, signal: Signal) -> Result<(), ServerError> {
        let begin = self.log.len().saturating_sub(LAST_LINES);
        let mut running = self.running.take().ok_or(ServerError::State("is not running"))?;
        if signal != Signal::KILL
            && let (Some(group), Some(_)) = (running.group, running.child.id())
        {
            let _ = kill_process_group(group, signal);
            let within = self.target.serve.stop_within;
            if timeout(within, running.child.wait()).await.is_err() {
                end_now(&mut running).await;
                let (signal, log) = ("the signal that was to kill it", self.last(begin));
                return Err(ServerError::NotStopped { within, signal, log });
            }
        }
        end_now(&mut running).await;
        Ok(())
    }

    /// Sends it a signal that does not end it, such as SIGSTOP.
    pub fn signal(&self, signal: Signal) -> Result<(), ServerError> {
        let running = self.running.as_ref().ok_or(ServerError::State("is not running"))?;
        let group = running.group.ok_or(ServerError::State("is not running"))?;
        kill_process_group(group, signal).map_err(|error| surroundings(format!("send {signal:?}"))(error.into()))
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

/// Returns where the server listens, once it does.
async fn listening(
    announcement: &Announcement,
    log: &Log,
    begin: usize,
    group: Option<Pid>,
    port: Option<u16>,
) -> String {
    let (Announcement::Port(address), Some(port)) = (announcement, port) else {
        return log.find(begin, |line| announcement.read(line)).await;
    };
    // Nothing tells when somebody begins to listen: it has to be looked for.
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        let ours = group.is_none_or(|group| identity::listens(group.as_raw_nonzero().get(), port));
        if ours {
            return address.replace("{port}", &port.to_string());
        }
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
