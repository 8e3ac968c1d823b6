//! What runs while a server does: a process of this machine, or a container.

use std::{io, process::ExitStatus, time::Duration};

use rustix::process::{Pid, Signal};

use super::{Announcement, Front, Log, container, container::Container, identity, process::Process};

/// How often it is looked whether a server listens that does not say so.
const LOOK: Duration = Duration::from_millis(10);

/// A server that runs, and what stands before it, which ends with it.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) body: Body,
    pub(super) front: Option<Box<dyn Front>>,
}

/// What it is.
#[derive(Debug)]
pub(super) enum Body {
    Process(Box<Process>),
    Container(Box<Container>),
}

impl Body {
    /// The process of this machine.
    pub(super) fn process(&self) -> Option<u32> {
        match self {
            Self::Process(process) => process.id(),
            Self::Container(_) => None,
        }
    }

    /// What is known of where it will listen.
    pub(super) fn place(&self, port: Option<u16>) -> Place {
        match self {
            Self::Process(process) => Place::Group(process.group(), port),
            Self::Container(container) => Place::At(container.authority().to_owned()),
        }
    }

    /// Asks the server with a signal to end. One that was paused could not obey.
    pub(super) async fn ask(&self, signal: Signal) -> io::Result<()> {
        match self {
            Self::Process(process) => process.ask(signal).and(process.ask(Signal::CONT)),
            Self::Container(container) => container.signal(signal).await.and(container.signal(Signal::CONT).await),
        }
    }

    /// Sends a signal to all that runs.
    pub(super) async fn signal(&self, signal: Signal) -> io::Result<()> {
        match self {
            Self::Process(process) => process.signal(signal),
            Self::Container(container) => container.signal(signal).await,
        }
    }

    /// Waits until it has ended.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        match self {
            Self::Process(process) => process.wait().await,
            Self::Container(container) => container.wait().await,
        }
    }

    /// How it ended, if it did.
    pub(super) async fn ended(&mut self) -> Option<ExitStatus> {
        match self {
            Self::Process(process) => process.ended(),
            Self::Container(container) => container.ended().await,
        }
    }

    /// Waits until everything that was printed is in the log, and leaves nothing behind.
    pub(super) async fn finish(self) {
        match self {
            Self::Process(mut process) => process.drain().await,
            Self::Container(mut container) => {
                container.drain().await;
                // What could not be removed now is tried again when it is dropped.
                let _ = container.remove().await;
            }
        }
    }

    /// Kills it, if it still runs, and waits until it is gone.
    pub(super) async fn end(mut self) {
        let _ = self.signal(Signal::KILL).await;
        let _ = self.wait().await;
        self.finish().await;
    }
}

/// Where a server will listen, as far as it is known before it does.
pub(super) enum Place {
    /// A process of this group listens, on this port if the harness chose one.
    Group(Option<Pid>, Option<u16>),
    /// Whatever answers at this address is it.
    At(String),
}

impl Place {
    /// Returns where the server listens, once it does. `log` has what it printed from line `begin` on.
    pub(super) async fn listening(&self, announcement: &Announcement, log: &Log, begin: usize) -> String {
        let (group, port) = match self {
            Self::At(authority) => {
                container::answers(authority).await;
                return authority.clone();
            }
            Self::Group(group, port) => (group, port),
        };
        let (Announcement::Port(address), Some(port)) = (announcement, port) else {
            return log.find(begin, |line| announcement.read(line)).await;
        };
        // Nothing tells when somebody begins to listen: it has to be looked for.
        let mut ticks = tokio::time::interval(LOOK);
        loop {
            ticks.tick().await;
            let ours = group.is_none_or(|group| identity::listens(group.as_raw_nonzero().get(), *port));
            if ours {
                return address.replace("{port}", &port.to_string());
            }
        }
    }
}
