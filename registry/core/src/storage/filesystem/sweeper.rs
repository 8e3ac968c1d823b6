//! The thread that comes by where nothing else ever would: it ends abandoned sessions where there is no repository, and
//! removes what crashes left in the pool.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{config, storage::Result};

use super::{
    catalogue::walk, disk::stat_regular, durability::failed, handles::Handles, repository::Context, uploads::Sessions,
};

/// Even if garbage is to be collected all the time, the tree is not walked more often than this.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// The thread, which ends with this value.
pub(super) struct Sweeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sweeper {
    /// Starts the thread, if garbage is to be collected at all. It first comes by after an interval.
    pub(super) fn start(
        config: &config::Storage,
        context: Arc<Context>,
        handles: Arc<Handles>,
        sessions: Arc<Sessions>,
    ) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let (interval, delay) = (config.gc_interval.max(SHORTEST_INTERVAL), config.gc_delay);
        let run = move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(interval) {
                if let Err(error) = sweep(&context, &handles, &sessions, delay, &stopped) {
                    tracing::error!(%error, "failed to look for what crashes left");
                }
            }
        };
        let thread = if config.gc {
            Some(thread::Builder::new().name("upload-sweeper".into()).spawn(run)?)
        } else {
            None
        };
        Ok(Self {
            stop: Some(stop),
            thread,
        })
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there was reported by its own thread.
            let _ = thread.join();
        }
    }
}

fn sweep(
    context: &Arc<Context>,
    handles: &Handles,
    sessions: &Sessions,
    delay: Duration,
    stopped: &Receiver<()>,
) -> Result<()> {
    let is_stopped = || matches!(stopped.try_recv(), Err(TryRecvError::Disconnected));
    context
        .sweep_pool(is_stopped)
        .map_err(failed("sweep", &context.root.pool()))?;
    let mut names = Vec::new();
    walk(context.root.path(), &mut |name, folder| {
        if is_stopped() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if folder.join(".uploads").is_dir() && stat_regular(&folder.join("oci-layout"))?.is_none() {
            names.push(name);
        }
        Ok(())
    })
    .or_else(|error| if is_stopped() { Ok(false) } else { Err(error) })
    .map_err(failed("walk", context.root.path()))?;
    for name in names {
        if is_stopped() {
            break;
        }
        // One that is corrupt must not keep the others' sessions.
        if let Err(error) = handles.get(&name, context).collect_garbage(sessions, delay) {
            tracing::warn!(repository = %name, %error, "failed to end abandoned uploads");
        }
    }
    Ok(())
}
