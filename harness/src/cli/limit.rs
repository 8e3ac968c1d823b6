//! `--time-limit`: a run that takes too long is ended, with what it has.

use std::{
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use tokio_util::sync::CancellationToken;

/// Ends a run when its time is over. Nothing happens any more once this is dropped.
#[derive(Debug)]
pub(super) struct TimeLimit {
    _running: Sender<()>,
}

impl TimeLimit {
    /// Cancels `run` after `limit`.
    pub(super) fn new(limit: Duration, run: CancellationToken) -> Self {
        let (running, ended) = mpsc::channel::<()>();
        thread::spawn(move || {
            if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                anstream::eprintln!("the time limit of {limit:?} is over: what has not begun is not run");
                run.cancel();
            }
        });
        Self { _running: running }
    }
}
