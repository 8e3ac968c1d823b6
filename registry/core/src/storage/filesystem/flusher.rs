//! The thread that writes `index.json` behind the journal: soon, and the more seldom the longer it takes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::repository::{Repository, lock};

/// How long changes are gathered before `index.json` is written: long enough to write it rarely while many come, short
/// enough that a small one is never a second old.
const DELAY: Duration = Duration::from_millis(500);

/// A repository rests for so many times as long as its `index.json` took to write, so that pushes cost the same however many
/// tags there are: what is written for them takes a fiftieth of a processor at most.
const REST: u32 = 50;

/// Longer is no rest, or the journal would grow for too long, which a start has to read.
const LONGEST_REST: Duration = Duration::from_secs(10);

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

/// When `index.json` was last written, and how long that took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    ended: Instant,
    took: Duration,
}

/// When to write an `index.json` that is behind since `now`.
fn due(now: Instant, last: Option<Written>) -> Instant {
    let soon = now + DELAY;
    last.map_or(soon, |Written { ended, took }| {
        soon.max(ended + LONGEST_REST.min(took.saturating_mul(REST)))
    })
}

fn run(receiver: &Receiver<Message>) {
    // Who is due first comes first; the number tells apart those of one instant.
    let mut waiting: BTreeMap<(Instant, u64), Arc<Repository>> = BTreeMap::new();
    let mut number = 0;
    loop {
        let message = match waiting.first_key_value() {
            None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(((due, _), _)) => receiver.recv_timeout(due.saturating_duration_since(Instant::now())),
        };
        match message {
            Ok(Message::Dirty(repository)) => {
                let due = due(Instant::now(), *lock(&repository.written));
                waiting.insert((due, number), repository);
                number += 1;
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some((_, repository)) = waiting.pop_first() {
                    write(&repository);
                }
            }
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn write(repository: &Arc<Repository>) {
    let began = Instant::now();
    // After an error the repository puts itself into the queue again.
    if let Err(error) = repository.write_index() {
        tracing::error!(repository = %repository.name, %error, "failed to write index.json");
    }
    *lock(&repository.written) = Some(Written {
        ended: Instant::now(),
        took: began.elapsed(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_written_the_more_seldom_the_longer_it_takes() {
        let now = Instant::now();
        let after = |milliseconds| {
            let written = Written {
                ended: now,
                took: Duration::from_millis(milliseconds),
            };
            due(now, Some(written)) - now
        };
        assert_eq!(due(now, None) - now, DELAY);
        assert_eq!(after(1), DELAY);
        assert_eq!(after(100), Duration::from_secs(5));
        assert_eq!(after(100_000), LONGEST_REST);
        let long_ago = Written {
            ended: now,
            took: Duration::from_secs(1),
        };
        let later = now + Duration::from_mins(1);
        assert_eq!(due(later, Some(long_ago)) - later, DELAY, "it has rested");
    }
}
