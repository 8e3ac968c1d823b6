//! A server of our own, as a process or in a container: its folder, its start and its end. Nothing of it outlives the run.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use testcontainers::TestcontainersError;
use tokio::time::timeout;

use super::{
    Announcement, Disk, Log, ProcessTarget,
    clock::Clock,
    config,
    container::Container,
    folder, identity,
    process::Process,
    running::{Body, Running},
};

/// How often a server is started with another port, if somebody else is faster.
const PORT_TRIES: usize = 3;
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
    /// The engine did not start a container, or says nothing of it.
    #[error("cannot start a container of {image}: {source}")]
    Container {
        /// The image.
        image: String,
        /// Why.
        source: Box<TestcontainersError>,
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
    /// This process may not mount.
    #[error("a file system of its own (`disk`) needs root, or CAP_SYS_ADMIN, to be mounted")]
    Unprivileged,
    /// There is no library that makes a clock wrong.
    #[error("a wrong clock (`clock`) needs libfaketime; `apt-get install faketime` has it")]
    NoFaketime,
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

fn temporary() -> Result<TempDir, ServerError> {
    folder::temporary().map_err(surroundings("make a temporary folder"))
}

/// Makes a folder.
fn made(path: PathBuf) -> Result<PathBuf, ServerError> {
    std::fs::create_dir(&path).map_err(surroundings(format!("make {}", path.display())))?;
    Ok(path)
}

/// A server process with its folder. Dropping it kills the process and removes the folder.
#[derive(Debug)]
pub struct Server {
    target: ProcessTarget,
    /// Unmounted before the folder that it is in is removed.
    disk: Option<Disk>,
    folder: TempDir,
    root: PathBuf,
    config: Option<Value>,
    clock: Option<Clock>,
    log: Log,
    running: Option<Running>,
    authority: Option<String>,
}

impl Server {
    /// A server that is not started yet, with an empty root.
    pub fn new(target: &ProcessTarget) -> Result<Self, ServerError> {
        Self::with_root(target, None)
    }

    /// A server that is not started yet, with the root of another, which has to live longer, if there is one.
    pub fn with_root(target: &ProcessTarget, root: Option<&Path>) -> Result<Self, ServerError> {
        let folder = temporary()?;
        let root = match root {
            Some(root) => root.to_owned(),
            None => made(folder.path().join("root"))?,
        };
        Ok(Self::within(target, folder, root, None))
    }

    /// A server that is not started yet, with an empty root on a file system of its own of so many bytes.
    pub fn with_disk(target: &ProcessTarget, size: u64) -> Result<Self, ServerError> {
        let folder = temporary()?;
        let at = made(folder.path().join("disk"))?;
        let disk = Disk::mount(&at, size).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => ServerError::Unprivileged,
            _ => surroundings(format!("mount a file system at {}", at.display()))(error),
        })?;
        let root = made(at.join("root"))?;
        Ok(Self::within(target, folder, root, Some(disk)))
    }

    fn within(target: &ProcessTarget, folder: TempDir, root: PathBuf, disk: Option<Disk>) -> Self {
        Self {
            target: target.clone(),
            disk,
            folder,
            root,
            config: target.serve.config.clone(),
            clock: None,
            log: Log::default(),
            running: None,
            authority: None,
        }
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

    /// The binary, or the image.
    pub fn binary(&self) -> &Path {
        &self.target.binary
    }

    /// Another binary, from the next start on.
    pub fn set_binary(&mut self, binary: PathBuf) {
        self.target.binary = binary;
    }

    /// A clock that is wrong by so many seconds, from the next start on.
    pub fn set_clock(&mut self, offset: i64) -> Result<(), ServerError> {
        self.clock = match offset {
            0 => None,
            offset => Some(Clock::wrong_by(offset).ok_or(ServerError::NoFaketime)?),
        };
        Ok(())
    }

    /// The process that runs, if one does.
    pub fn process(&self) -> Option<u32> {
        self.running.as_ref()?.body.process()
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

    /// Does something to the file system of its own.
    pub fn change_disk(&self, change: impl FnOnce(&Disk) -> io::Result<()>) -> Result<(), ServerError> {
        let disk = self.disk.as_ref();
        let disk = disk.ok_or(ServerError::State("has no file system of its own"))?;
        change(disk).map_err(surroundings(format!(
            "change the file system at {}",
            disk.path().display()
        )))
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
        let within = self.target.serve.container.as_ref().map(|container| container.port);
        let port = match within {
            None if self.port_is_ours() => Some(identity::free_port().map_err(surroundings("find a free port"))?),
            within => within,
        };
        let values = self.values(port);
        self.write_config(&values)?;
        let begin = self.log.len();
        let mut body = self.spawn(&values).await?;
        let within = self.target.serve.start_within;
        let place = body.place(port);
        let authority = tokio::select! {
            authority = place.listening(&self.target.serve.announcement, &self.log, begin) => authority,
            status = body.wait() => {
                body.finish().await;
                let status = status.map_err(surroundings("wait for the server"))?;
                return Err(ServerError::EndedEarly { status, log: self.last(begin) });
            }
            () = tokio::time::sleep(within) => {
                body.end().await;
                return Err(ServerError::NotReady { within, log: self.last(begin) });
            }
        };
        let front = self.target.front.as_ref();
        let front = front
            .map(|front| front.stand_before(&authority))
            .transpose()
            .map_err(surroundings("listen before the server"))?;
        let shown = front.as_ref().map(|front| front.authority().to_owned());
        self.authority = Some(shown.unwrap_or(authority));
        self.running = Some(Running { body, front });
        Ok(())
    }

    async fn spawn(&self, values: &[(&str, String)]) -> Result<Body, ServerError> {
        let serve = &self.target.serve;
        let fill = |text: &String| config::fill_text(text, values);
        let arguments = serve.arguments.iter().map(fill);
        let environment = serve
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), fill(value)));
        let Some(settings) = &serve.container else {
            let binary = &self.target.binary;
            let environment = environment.chain(self.clock.iter().flat_map(Clock::environment));
            let process = Process::start(binary, arguments, environment, self.folder(), &self.log);
            let process = process.map_err(surroundings(format!("start {}", binary.display())))?;
            return Ok(Body::Process(Box::new(process)));
        };
        let mut folders = vec![self.folder()];
        folders.extend((!self.root.starts_with(self.folder())).then_some(self.root.as_path()));
        let container = Container::start(settings, arguments, environment, &folders, &self.log).await;
        let container = container.map_err(|source| ServerError::Container {
            image: settings.image.clone(),
            source: Box::new(source),
        })?;
        Ok(Body::Container(Box::new(container)))
    }

    /// Asks it to end, and waits. If it does not, it is killed and that is an error.
    pub async fn stop(&mut self) -> Result<ExitStatus, ServerError> {
        let begin = self.log.len().saturating_sub(LAST_LINES);
        let Running { mut body, front } = self.running.take().ok_or(ServerError::State("is not running"))?;
        // It may have ended already; then there is nobody to ask.
        let _ = body.ask(self.stop_signal()).await;
        let within = self.target.serve.stop_within;
        let ended = timeout(within, body.wait()).await;
        drop(front);
        let Ok(status) = ended else {
            body.end().await;
            let signal = self.target.serve.stop_signal.name();
            let log = self.last(begin);
            return Err(ServerError::NotStopped { within, signal, log });
        };
        body.finish().await;
        status.map_err(surroundings("wait for the server"))
    }

    /// Kills it with a signal, and waits until it is gone. One that outlives another signal than SIGKILL is killed by
    /// that, which is an error.
    pub async fn kill(&mut self, signal: Signal) -> Result<(), ServerError> {
        let begin = self.log.len().saturating_sub(LAST_LINES);
        let Running { mut body, front } = self.running.take().ok_or(ServerError::State("is not running"))?;
        let within = self.target.serve.stop_within;
        let survived = signal != Signal::KILL && {
            let _ = body.signal(signal).await;
            timeout(within, body.wait()).await.is_err()
        };
        body.end().await;
        drop(front);
        if survived {
            let (signal, log) = ("the signal that was to kill it", self.last(begin));
            return Err(ServerError::NotStopped { within, signal, log });
        }
        Ok(())
    }

    /// Sends it a signal that does not end it, such as SIGSTOP.
    pub async fn signal(&self, signal: Signal) -> Result<(), ServerError> {
        let running = self.running.as_ref().ok_or(ServerError::State("is not running"))?;
        let sent = running.body.signal(signal).await;
        sent.map_err(surroundings(format!("send {signal:?}")))
    }

    /// Whether it runs, or is thought to.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// How it ended, if it did so without having been asked.
    pub async fn ended_by_itself(&mut self) -> Option<ExitStatus> {
        self.running.as_mut()?.body.ended().await
    }

    fn last(&self, begin: usize) -> Vec<String> {
        let lines = self.log.since(begin);
        let skip = lines.len().saturating_sub(LAST_LINES);
        lines.into_iter().skip(skip).map(|line| line.text).collect()
    }
}
