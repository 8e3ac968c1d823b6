//! A server in a container. It sees the folder of its run, and that of the project, under the same names as the harness
//! does, so that a configuration and a step mean the same file.

use std::{
    io,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use rustix::process::{Signal, getgid, getuid};
use testcontainers::{
    ContainerAsync, GenericImage, ImageExt as _, TestcontainersError,
    bollard::{
        Docker,
        errors::Error as EngineError,
        query_parameters::{InspectContainerOptions, KillContainerOptionsBuilder},
    },
    core::{ContainerPort, Mount, client::docker_client_instance, logs::LogFrame},
    runners::AsyncRunner as _,
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::io::StreamReader;

use super::{Log, log::DRAIN};
use crate::client::{Client, Request, Url};

/// How often it is asked whether it answers.
const LOOK: Duration = Duration::from_millis(20);
/// What an exit status adds to the signal that ended a process in a container.
const BY_SIGNAL: i64 = 128;

/// What is started in a container, and how it is reached there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerSettings {
    /// The image: `name:tag`.
    pub image: String,
    /// The port that the server listens on within.
    pub port: u16,
    /// A folder that it may read, under the same name: the project's.
    pub project: PathBuf,
}

/// A container that runs. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Container {
    itself: ContainerAsync<GenericImage>,
    engine: Docker,
    authority: String,
    readers: Vec<JoinHandle<()>>,
}

impl Container {
    /// Starts a container in which the server sees `folders`. What it prints goes to `log`.
    pub(super) async fn start(
        settings: &ContainerSettings,
        arguments: impl Iterator<Item = String>,
        environment: impl Iterator<Item = (String, String)>,
        folders: &[&Path],
        log: &Log,
    ) -> Result<Self, TestcontainersError> {
        let (name, tag) = name_and_tag(&settings.image);
        let port = ContainerPort::Tcp(settings.port);
        // What it prints comes in pieces, which are not always lines.
        let (out, out_reader) = pipe(log);
        let (err, err_reader) = pipe(log);
        let consume = move |frame: &LogFrame| {
            let pipe = match frame {
                LogFrame::StdOut(_) => &out,
                LogFrame::StdErr(_) => &err,
            };
            // Nobody reads any more: then nobody wants to know.
            let _ = pipe.send(frame.bytes().clone());
        };
        let shown = |path: &Path| path.display().to_string();
        let project = Mount::bind_mount(shown(&settings.project), shown(&settings.project));
        let mut request = GenericImage::new(name, tag)
            .with_exposed_port(port)
            .with_cmd(arguments)
            // What it writes has to be ours: we look at it, and remove it.
            .with_user(format!("{}:{}", getuid().as_raw(), getgid().as_raw()))
            .with_mount(project.with_access_mode(testcontainers::core::AccessMode::ReadOnly))
            .with_log_consumer(consume);
        for folder in folders {
            request = request.with_mount(Mount::bind_mount(shown(folder), shown(folder)));
        }
        for (name, value) in environment {
            request = request.with_env_var(name, value);
        }
        let container = request.start().await?;
        let host = container.get_host().await?;
        let mapped = container.get_host_port_ipv4(port).await?;
        Ok(Self {
            authority: format!("{host}:{mapped}"),
            itself: container,
            engine: docker_client_instance().await?,
            readers: vec![out_reader, err_reader],
        })
    }

    /// Where its port is on this machine. The engine gives it to this container alone.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Sends a signal to its first process.
    pub(super) async fn signal(&self, signal: Signal) -> io::Result<()> {
        let options = KillContainerOptionsBuilder::new()
            .signal(&signal.as_raw().to_string())
            .build();
        let sent = self.engine.kill_container(self.itself.id(), Some(options)).await;
        sent.map_err(io::Error::other)
    }

    /// Waits until it has ended.
    pub(super) async fn wait(&self) -> io::Result<ExitStatus> {
        let mut ends = std::pin::pin!(self.engine.wait_container(self.itself.id(), None));
        match ends.next().await {
            Some(Ok(end)) => Ok(status(end.status_code)),
            Some(Err(EngineError::DockerContainerWaitError { code, .. })) => Ok(status(code)),
            Some(Err(error)) => Err(io::Error::other(error)),
            None => Err(io::Error::other("the engine does not say how the container ended")),
        }
    }

    /// How it ended, if it did.
    pub(super) async fn ended(&self) -> Option<ExitStatus> {
        let container = self
            .engine
            .inspect_container(self.itself.id(), None::<InspectContainerOptions>);
        let state = container.await.ok()?.state?;
        (state.running == Some(false)).then(|| status(state.exit_code.unwrap_or_default()))
    }

    /// Waits until everything that was printed is in the log.
    pub(super) async fn drain(&mut self) {
        for reader in self.readers.drain(..) {
            let abort = reader.abort_handle();
            if timeout(DRAIN, reader).await.is_err() {
                abort.abort();
            }
        }
    }

    /// Removes it, which it would be when it is dropped, too.
    pub(super) async fn remove(self) -> Result<(), TestcontainersError> {
        self.itself.rm().await
    }
}

/// Returns once something at `authority` answers in HTTP: the engine takes connections before the server does.
pub(super) async fn answers(authority: &str) {
    let client = Client::default();
    let url = Url {
        scheme: "http".to_owned(),
        authority: authority.to_owned(),
        target: "/v2/".to_owned(),
    };
    while client
        .send(Request::new("GET", url.clone()), false)
        .await
        .answer
        .is_err()
    {
        tokio::time::sleep(LOOK).await;
    }
}

/// A way for bytes to the lines of the log.
fn pipe(log: &Log) -> (mpsc::UnboundedSender<Bytes>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let pieces = stream::unfold(receiver, |mut receiver: mpsc::UnboundedReceiver<Bytes>| async move {
        let piece = receiver.recv().await?;
        Some((io::Result::Ok(piece), receiver))
    });
    let reader = StreamReader::new(Box::pin(pieces));
    (sender, tokio::spawn(log.clone().collect(reader)))
}

/// The status of a process that ended with `code` as containers have it.
fn status(code: i64) -> ExitStatus {
    let signal = code - BY_SIGNAL;
    let raw = if (1..=64).contains(&signal) { signal } else { code << 8 };
    ExitStatus::from_raw(i32::try_from(raw).unwrap_or(i32::MAX))
}

/// The parts of `name:tag`; a port of the registry in the name is no tag.
pub(crate) fn name_and_tag(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_name_and_a_tag() {
        assert_eq!(name_and_tag("plimsoll-registry:dev"), ("plimsoll-registry", "dev"));
        assert_eq!(
            name_and_tag("registry:5000/team/app"),
            ("registry:5000/team/app", "latest")
        );
        assert_eq!(name_and_tag("registry:5000/app:1"), ("registry:5000/app", "1"));
    }

    #[test]
    fn a_container_that_a_signal_ended_is_a_process_that_it_ended() {
        assert_eq!(status(137).signal(), Some(9));
        assert_eq!(status(0).code(), Some(0));
        assert_eq!(status(2).code(), Some(2));
    }
}
