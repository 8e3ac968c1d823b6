//! What a run is told beside its jobs.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::Bar;

/// What a run is told beside its jobs.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Decides all generated content: the same seed gives the same run.
    pub seed: u64,
    /// The project's folder: `file:` in a scenario, and `fixtures/images`, are below it.
    pub project_root: PathBuf,
    /// Where the servers' logs are kept, one file a run, and scripts of what failed, in a folder per combination. Nowhere
    /// if not said.
    pub logs: Option<PathBuf>,
    /// Against what the registry is judged.
    pub bar: Bar,
    /// Ends the run early: what runs is torn down, what does not run yet is reported as not reached.
    pub cancel: CancellationToken,
}
