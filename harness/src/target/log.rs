//! What a server prints, line by line, since its first start in a run.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    io::{self, AsyncBufReadExt, AsyncRead, BufReader},
    sync::watch,
};

/// How long what a server printed may take to arrive after its end.
pub(super) const DRAIN: Duration = Duration::from_secs(2);
/// How many lines are kept of one run.
const MOST_LINES: usize = 200_000;

/// A line that a server printed.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it came.
    pub at: Instant,
    /// The same, in milliseconds since the run began.
    pub at_ms: u128,
    /// The line, without its end.
    pub text: String,
    /// What it says, if it is a JSON object.
    pub fields: Option<Value>,
}

/// The lines of a run, from standard output and standard error as they came.
#[derive(Clone, Debug)]
pub struct Log {
    began: Instant,
    lines: Arc<Mutex<Vec<Line>>>,
    count: watch::Sender<usize>,
    /// Whether what comes is read and let go.
    is_deaf: Arc<AtomicBool>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            lines: Arc::default(),
            count: watch::Sender::new(0),
            is_deaf: Arc::default(),
        }
    }
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Vec<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing was printed.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// The lines from `begin` on.
    pub fn since(&self, begin: usize) -> Vec<Line> {
        self.lock().get(begin..).unwrap_or_default().to_vec()
    }

    /// Keeps nothing that a server prints from now on, until the next start.
    pub fn stop_keeping(&self) {
        self.is_deaf.store(true, Ordering::Relaxed);
    }

    /// Waits for the first line from `begin` on for which `look` gives something. Never returns if there is none.
    pub(super) async fn find<T>(&self, begin: usize, look: impl Fn(&Line) -> Option<T>) -> T {
        let mut count = self.count.subscribe();
        let mut seen = begin;
        loop {
            count.borrow_and_update();
            let lines = self.since(seen);
            if let Some(found) = lines.iter().find_map(&look) {
                return found;
            }
            seen += lines.len();
            // The sender lives as long as `self`.
            if count.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Takes in what `stream` gives, until it ends.
    pub(super) async fn collect(self, stream: impl AsyncRead + Unpin) {
        self.is_deaf.store(false, Ordering::Relaxed);
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            if self.is_deaf.load(Ordering::Relaxed) {
                // Not even looked for lines: whoever asks for this is measuring.
                let _ = io::copy_buf(&mut stream, &mut io::sink()).await;
                return;
            }
            line.clear();
            let Ok(1..) = stream.read_until(b'\n', &mut line).await else {
                return;
            };
            let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line));
            let text = text.trim_end_matches('\r').to_owned();
            let fields = serde_json::from_str(&text).ok().filter(Value::is_object);
            let at = Instant::now();
            let at_ms = (at - self.began).as_millis();
            let mut lines = self.lock();
            if lines.len() < MOST_LINES {
                lines.push(Line {
                    at,
                    at_ms,
                    text,
                    fields,
                });
            }
            let length = lines.len();
            drop(lines);
            self.count.send_replace(length);
        }
    }
}
