//! The thread that reads the numbers at the start and writes them from then on.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{
    Statistics,
    file::{self, Record},
};

/// How often they are written, at most.
const INTERVAL: Duration = Duration::from_secs(5);

/// So many lines more than there are things to say may be in the file before it is written anew.
const SURPLUS: usize = 4_096;

/// The thread, which writes once more and ends with this value.
pub(crate) struct Writer {
    work: Arc<Mutex<Work>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. The numbers lie below `root`, in a folder whose name no repository can have.
    pub(crate) fn start(root: &Path, statistics: Arc<Statistics>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let work = Arc::new(Mutex::new(Work {
            path: root.join(".search").join("statistics.jsonl"),
            statistics,
            loaded: false,
            lines: 0,
            failing: false,
        }));
        let its_work = Arc::clone(&work);
        let thread = thread::Builder::new()
            .name("statistics-writer".into())
            .spawn(move || run(&its_work, &stopped));
        if let Err(error) = &thread {
            tracing::warn!(%error, component = "search", "the numbers of pulls are kept in memory alone");
        }
        Self {
            work,
            stop: Some(stop),
            thread: thread.ok(),
        }
    }

    /// Waits until what an earlier process wrote was read.
    pub(crate) async fn loaded(&self) {
        let work = Arc::clone(&self.work);
        // A panic in there was reported, and the numbers are then those since the start.
        let _ = tokio::task::spawn_blocking(move || lock(&work).load()).await;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there was reported by its own thread.
            let _ = thread.join();
        }
    }
}

fn lock(work: &Mutex<Work>) -> MutexGuard<'_, Work> {
    work.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run(work: &Mutex<Work>, stopped: &Receiver<()>) {
    lock(work).load();
    loop {
        let stop = !matches!(stopped.recv_timeout(INTERVAL), Err(RecvTimeoutError::Timeout));
        lock(work).write();
        if stop {
            return;
        }
    }
}

struct Work {
    path: PathBuf,
    statistics: Arc<Statistics>,
    loaded: bool,
    /// How many lines the file has.
    lines: usize,
    /// Whether the last writing failed, so that it is not complained of each time.
    failing: bool,
}

impl Work {
    fn load(&mut self) {
        if self.loaded {
            return;
        }
        self.loaded = true;
        match file::read(&self.path) {
            Ok(contents) => {
                let records = contents.records.into_iter();
                records.for_each(|record| self.statistics.add(record));
                // A line that is torn must not become the beginning of the next.
                self.lines = if contents.torn { usize::MAX } else { contents.lines };
            }
            Err(error) => {
                let path = self.path.display();
                tracing::warn!(%path, %error, component = "search", "the numbers of earlier pulls cannot be read");
            }
        }
    }

    fn write(&mut self) {
        let records = self.statistics.take_unwritten();
        if records.is_empty() {
            return;
        }
        let written = if self.lines.saturating_add(records.len()) > 2 * self.statistics.count() + SURPLUS {
            self.compact()
        } else {
            self.append(&records)
        };
        match written {
            Ok(()) => self.failing = false,
            Err(error) => {
                self.statistics.put_back(&records);
                if !self.failing {
                    let path = self.path.display();
                    tracing::warn!(%path, %error, component = "search", "the numbers of pulls cannot be written");
                }
                self.failing = true;
            }
        }
    }

    fn append(&mut self, records: &[Record]) -> std::io::Result<()> {
        let appended = file::append(&self.path, records);
        // After a failure the file may end within a line.
        self.lines = if appended.is_ok() {
            self.lines + records.len()
        } else {
            usize::MAX
        };
        appended
    }

    fn compact(&mut self) -> std::io::Result<()> {
        let all = self.statistics.all();
        file::replace(&self.path, &all)?;
        self.lines = all.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_registry_core::{
        hooks::{Event, Observer as _},
        oci::{Algorithm, RepositoryName},
    };

    use super::*;

    #[test]
    fn the_numbers_survive_the_end_of_the_thread_and_a_torn_file_is_mended() {
        let folder = tempfile::tempdir().unwrap();
        let name: RepositoryName = "a".parse().unwrap();
        let digest = Algorithm::Sha256.digest(b"");
        let pull = |statistics: &Statistics| {
            statistics.observe(&Event::ManifestPulled {
                repository: &name,
                digest: &digest,
            });
        };
        for count in 1..4 {
            let statistics = Arc::new(Statistics::default());
            let writer = Writer::start(folder.path(), Arc::clone(&statistics));
            pull(&statistics);
            drop(writer);
            assert_eq!(statistics.of(&name, &digest).downloads, count);
            let path = folder.path().join(".search/statistics.jsonl");
            let mut bytes = std::fs::read(&path).unwrap();
            bytes.extend_from_slice(b"{\"of\":\"mani");
            std::fs::write(&path, bytes).unwrap();
        }
    }
}
