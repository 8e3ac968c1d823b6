//! What a process that tries a target leaves behind, should it end before it can say anything: which inputs it was at.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The exit code of a process that gave up on an input.
pub(crate) const HUNG: i32 = 9;
/// How long an input may take until the process gives up on it.
const LIMIT: Duration = Duration::from_mins(1);

/// Inputs that follow from a seed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Batch {
    pub(crate) seed: u64,
    /// How many inputs there were before.
    pub(crate) executions: u64,
}

/// The trace of a process.
#[derive(Debug)]
pub(crate) struct Trace {
    folder: PathBuf,
    /// Whether each input is written down: that takes longer than most targets do.
    every_input: bool,
    start: Instant,
    /// The milliseconds after `start` at which the input of now began; 0 if there is none.
    began: AtomicU64,
}

impl Trace {
    /// A trace in `folder`. A thread ends the process when an input takes longer than [`LIMIT`].
    pub(crate) fn new(folder: &Path, every_input: bool) -> Arc<Self> {
        let trace = Arc::new(Self {
            folder: folder.to_owned(),
            every_input,
            start: Instant::now(),
            began: AtomicU64::new(0),
        });
        let watched = Arc::clone(&trace);
        thread::spawn(move || watched.watch());
        trace
    }

    /// A batch begins.
    pub(crate) fn batch(&self, batch: Batch) -> Result<(), String> {
        let bytes = serde_json::to_vec(&batch).map_err(|error| error.to_string())?;
        write(&self.folder.join("batch"), &bytes)
    }

    /// An input begins.
    pub(crate) fn begins(&self, input: &[u8]) -> Result<(), String> {
        if self.every_input {
            write(&self.folder.join("input"), input)?;
        }
        self.began.store(self.now(), Ordering::Relaxed);
        Ok(())
    }

    /// It is done.
    pub(crate) fn ends(&self) {
        self.began.store(0, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).map_or(u64::MAX, |now| now + 1)
    }

    fn watch(&self) {
        let limit = u64::try_from(LIMIT.as_millis()).unwrap_or(u64::MAX);
        loop {
            thread::park_timeout(Duration::from_secs(1));
            let began = self.began.load(Ordering::Relaxed);
            if began != 0 && self.now() - began > limit {
                process::exit(HUNG);
            }
        }
    }
}

/// The batch that a process was at. `None`, if it came to none.
pub(crate) fn last_batch(folder: &Path) -> Option<Batch> {
    read(&folder.join("batch"))
}

/// The input that a process was at, if it wrote them down.
pub(crate) fn last_input(folder: &Path) -> Option<Vec<u8>> {
    fs::read(folder.join("input")).ok()
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
