//! The background task.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use plimsoll_registry_core::{
    hooks::RepositoryTask,
    oci::{Digest, RepositoryName},
    service::Registry,
    storage::StorageError,
};

use crate::{
    pace::Pace,
    repository::scrub_repository,
    result::{ScrubResult, Status},
};

/// How fast a pass reads, in bytes a second: well below what a disk can do, and a terabyte in some five hours.
const RATE: u64 = 64 * 1024 * 1024;

/// How often a repository is looked at again because something of it was mended.
const MOST_REPAIRS: usize = 8;

/// Scrubs a repository and logs what it finds.
pub(crate) struct ScrubTask {
    root: PathBuf,
    interval: Duration,
    pace: Pace,
}

impl ScrubTask {
    pub(crate) fn new(root: &Path, interval: Duration) -> Self {
        Self {
            root: root.to_owned(),
            interval,
            pace: Pace::new(RATE),
        }
    }
}

impl ScrubTask {
    /// Scrubs, and has what is damaged fetched again where the repository mirrors another. As one image's first damage hides
    /// its others, what was mended is looked at once more.
    async fn scrub(&self, registry: &Registry, repository: &RepositoryName) -> Result<(), StorageError> {
        for _ in 0..MOST_REPAIRS {
            let mut damaged = BTreeSet::new();
            let mut report = |result: ScrubResult| {
                log(&result);
                damaged.extend(result.damaged);
            };
            scrub_repository(registry.store(), repository, &self.pace, &mut report).await?;
            if !repair(registry, repository, &damaged).await {
                break;
            }
        }
        Ok(())
    }
}

/// Whether anything of what is damaged was fetched again.
async fn repair(registry: &Registry, repository: &RepositoryName, damaged: &BTreeSet<Digest>) -> bool {
    let Some(upstream) = registry.upstream() else {
        return false;
    };
    let mut repaired = false;
    for digest in damaged {
        match upstream.repair(repository, digest).await {
            Ok(true) => {
                tracing::info!(
                    image = %repository,
                    "affected blob" = digest.hex(),
                    component = "scrub",
                    "affected blob was fetched again from upstream"
                );
                repaired = true;
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(
                image = %repository,
                "affected blob" = digest.hex(),
                %error,
                component = "scrub",
                "failed to fetch affected blob again"
            ),
        }
    }
    repaired
}

#[async_trait]
impl RepositoryTask for ScrubTask {
    fn name(&self) -> &'static str {
        "ScrubTask"
    }

    fn interval(&self) -> Duration {
        self.interval
    }

    async fn run(&self, registry: &Registry, repository: &RepositoryName) {
        let folder = self.root.join(repository.as_str());
        let folder = folder.display();
        tracing::info!("executing scrub to check manifest/blob integrity for {folder}");
        match self.scrub(registry, repository).await {
            Ok(()) => tracing::info!("scrub successfully completed for {folder}"),
            Err(error) => {
                tracing::error!(%error, "failed to run scrub for {folder}");
                tracing::info!("scrub unsuccessfully completed for {folder}");
            }
        }
    }
}

fn log(result: &ScrubResult) {
    let status = result.status.as_str();
    match result.status {
        Status::Ok => tracing::info!(
            image = result.image_name,
            tag = result.tag,
            status,
            component = "scrub",
            "blobs/manifest ok"
        ),
        Status::Affected => tracing::warn!(
            image = result.image_name,
            tag = result.tag,
            status,
            "affected blob" = result.affected_blob,
            error = result.error,
            component = "scrub",
            "blobs/manifest affected"
        ),
    }
}
