//! What scenarios are run against: a server process of our own, or a registry that is already there.

mod clock;
mod config;
mod container;
mod disk;
mod folder;
mod front;
mod identity;
mod log;
mod process;
mod running;
mod serve;
mod server;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use crate::{
    client::{Access, Url, UrlError},
    combination::Combination,
    scenario::Accounts,
};

pub use config::merge;
pub use container::ContainerSettings;
pub(crate) use container::name_and_tag;
pub use disk::Disk;
pub use front::{Front, Interpose};
pub use log::{Line, Log};
pub use serve::{Announcement, Serve, StopSignal};
pub use server::{Server, ServerError};

/// What scenarios are run against.
#[derive(Clone, Debug)]
pub enum Target {
    /// A binary or an image that is started for every run of a scenario, with an empty root.
    Process(ProcessTarget),
    /// A registry that somebody else runs.
    Url(UrlTarget),
}

impl Target {
    /// Who we are to it, where that is not ours to say.
    pub fn access(&self) -> Option<&Arc<Access>> {
        match self {
            Self::Process(_) => None,
            Self::Url(target) => Some(&target.access),
        }
    }
}

/// A binary, and how it is started.
#[derive(Clone, Debug)]
pub struct ProcessTarget {
    /// The binary; where it runs in a container, the image.
    pub binary: PathBuf,
    /// Binaries of other combinations that there are, for scenarios that name them.
    pub companions: BTreeMap<Combination, PathBuf>,
    /// How it is started.
    pub serve: Arc<Serve>,
    /// What stands before it, if something does.
    pub front: Option<Arc<dyn Interpose>>,
}

/// A registry that somebody else runs.
#[derive(Clone, Debug)]
pub struct UrlTarget {
    /// Its address, such as `http://127.0.0.1:5000`.
    pub url: Url,
    /// Whether somebody said which extensions it has. If not, what requires one is left out.
    pub extensions_known: bool,
    /// Who we are to it.
    pub access: Arc<Access>,
    /// Two who have accounts there, for scenarios that take them.
    pub accounts: Option<Accounts>,
    /// The words of the command line that lead to it; none if the project file does.
    pub words: String,
}

impl UrlTarget {
    /// A registry that asks nobody who they are.
    ///
    /// # Errors
    /// `url` is no URL.
    pub fn open(url: &str) -> Result<Self, UrlError> {
        let url = Url::parse(url)?;
        Ok(Self {
            access: Arc::new(Access::open(url.clone())),
            words: format!("--url {}", url.origin()),
            url,
            extensions_known: false,
            accounts: None,
        })
    }

    /// Why its bytes cannot be written by hand, if they cannot.
    pub fn takes_no_raw_bytes(&self) -> Option<&'static str> {
        if self.url.scheme == "https" {
            return Some("speaks TLS");
        }
        self.access.user().map(|_| "wants credentials")
    }
}
