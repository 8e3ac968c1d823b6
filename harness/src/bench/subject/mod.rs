//! Who is measured: registries, and what shows the limits of the machine.

mod disk;
mod nginx;

use serde::Serialize;
use serde_json::Value;

use super::plan::{What, Workload};
use crate::target::ProcessTarget;

pub(super) use disk::write;
pub(super) use nginx::FILES;
pub use nginx::NginxError;

/// Somebody who is measured.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What it is called.
    pub(super) name: String,
    /// Whether the aims are for it.
    pub(super) is_own: bool,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A registry that is started, with this over the configuration that the project says.
    Registry(Box<ProcessTarget>, Option<Value>),
    /// A registry that somebody else runs.
    Url(String),
    /// nginx, which serves the same bytes as files: about what a pull can come to on this machine.
    Files(Box<ProcessTarget>),
    /// sha256, write and fsync of the same bytes: about what a push can come to.
    Disk,
}

impl Subject {
    /// A registry of the project.
    pub fn own(name: impl Into<String>, target: ProcessTarget, config: Option<Value>) -> Self {
        Self {
            is_own: true,
            ..Self::peer(name, target, config)
        }
    }

    /// Another registry.
    pub fn peer(name: impl Into<String>, target: ProcessTarget, config: Option<Value>) -> Self {
        Self {
            name: name.into(),
            is_own: false,
            kind: Kind::Registry(Box::new(target), config),
        }
    }

    /// A registry that is there already.
    pub fn url(url: &str) -> Self {
        Self {
            name: url.to_owned(),
            is_own: true,
            kind: Kind::Url(url.to_owned()),
        }
    }

    /// What pulls can come to.
    ///
    /// # Errors
    /// There is no nginx.
    pub fn nginx() -> Result<Self, NginxError> {
        Ok(Self {
            name: "nginx".to_owned(),
            is_own: false,
            kind: Kind::Files(Box::new(nginx::target()?)),
        })
    }

    /// What pushes can come to.
    pub fn disk() -> Self {
        Self {
            name: "disk".to_owned(),
            is_own: false,
            kind: Kind::Disk,
        }
    }

    /// Whether it can do all of a workload.
    pub(super) fn takes(&self, workload: &Workload) -> bool {
        let mut operations = workload.operations.iter().map(|operation| operation.what);
        match self.kind {
            Kind::Registry(..) => true,
            // It is not ours to start and stop.
            Kind::Url(_) => !workload.fresh && operations.all(|what| what != What::Start),
            Kind::Files(_) => operations.all(|what| {
                matches!(
                    what,
                    What::ManifestByTag | What::ManifestByDigest | What::HeadBlob | What::PullBlob | What::PullImage
                )
            }),
            Kind::Disk => operations.all(|what| what == What::PushBlob),
        }
    }

    /// As it stands in results.
    pub(super) fn named(&self) -> Named {
        let about = match &self.kind {
            Kind::Registry(target, _) => target
                .binary
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            Kind::Url(url) => url.clone(),
            Kind::Files(_) => "the same bytes as files, without a log: about what a pull can come to".to_owned(),
            Kind::Disk => "sha256, write and fsync of the same bytes: about what a push can come to".to_owned(),
        };
        Named {
            name: self.name.clone(),
            about,
        }
    }
}

/// A subject in results.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub about: String,
}
