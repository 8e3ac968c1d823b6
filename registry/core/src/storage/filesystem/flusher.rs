//! The thread that writes `index.json` behind the journal, soon enough that it is never a second old.

use std::{
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::repository::{Repository, lock};

/// How long changes are gathered before `index.json` is written: long enough to write it rarely while many come, short
/// enough to leave time for the writing itself.
const DELAY: Duration = Duration::from_millis(500);

enum Message {
    Dirty(Arc<Repository>),
    Stop,
}

/// Wakes the thread.
#[derive(Clone)]
pub(super) struct Wake(Sender<Message>);

impl Wake {
    pub(super) fn dirty(&self, repository: Arc<Repository>) {
        // After the thread's end there is no one to write it: the journal has the change, and the next start writes it.
        let _ = self.0.send(Message::Dirty(repository));
    }
}

/// The thread, which ends with this value.
pub(super) struct Flusher {
    wake: Wake,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Flusher {
    /// Makes the way to wake the thread, and what starts it.
    pub(super) fn new() -> (Wake, impl FnOnce() -> std::io::Result<Self>) {
        let (sender, receiver) = mpsc::channel();
        let wake = Wake(sender);
        let its_wake = wake.clone();
        let start = move || {
            let thread = thread::Builder::new()
                .name("index-writer".into())
                .spawn(move || run(&receiver))?;
            Ok(Self {
                wake: its_wake,
                thread: Mutex::new(Some(thread)),
            })
        };
        (wake, start)
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        let _ = self.wake.0.send(Message::Stop);
        if let Some(thread) = lock(&self.thread).take() {
            // A panic in there was reported by its own thread.
            let _ = thread.join();
        }
    }
}

fn run(receiver: &Receiver<Message>) {
    let mut waiting: Vec<Arc<Repository>> = Vec::new();
    let mut deadline: Option<Instant> = None;
    loop {
        let message = match deadline {
            None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())),
        };
        match message {
            Ok(Message::Dirty(repository)) => {
                waiting.push(repository);
                deadline.get_or_insert_with(|| Instant::now() + DELAY);
            }
            Err(RecvTimeoutError::Timeout) => {
                deadline = None;
                for repository in waiting.drain(..) {
                    // After an error the repository puts itself into the queue again.
                    if let Err(error) = repository.write_index() {
                        tracing::error!(repository = %repository.name, %error, "failed to write index.json");
                    }
                }
            }
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
