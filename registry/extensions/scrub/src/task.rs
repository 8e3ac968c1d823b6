//! The background task.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use plimsoll_registry_core::{hooks::RepositoryTask, oci::RepositoryName, service::Registry};

use crate::{
    pace::Pace,
    repository::scrub_repository,
    result::{ScrubResult, Status},
};

/// How fast a pass reads, in bytes a second: well below what a disk can do, and a terabyte in some five hours.
const RATE: u64 = 64 * 1024 * 1024;

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
        match scrub_repository(registry.store(), repository, &self.pace, &mut |result| log(&result)).await {
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
