//! Writes lines, on a thread of its own.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::layer::JsonLayer;
use crate::config::{Level, Log};

/// How many lines may wait. What is said while so many do is lost, and the loss is told.
const QUEUE: usize = 16 * 1024;
/// How long the end of the program waits for the last lines.
const FLUSH: Duration = Duration::from_secs(5);

/// Writes out, when it is dropped, whatever has been said until then.
#[must_use = "the log's last lines are written when this is dropped"]
#[derive(Debug)]
pub struct LogGuard {
    sender: SyncSender<Message>,
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        let (done, wait) = sync_channel(1);
        if self.sender.send(Message::Flush(done)).is_ok() {
            let _ = wait.recv_timeout(FLUSH);
        }
    }
}

/// Starts the log of this process.
pub fn start(log: &Log) -> io::Result<LogGuard> {
    let output: Box<dyn Write + Send> = match &log.output {
        None => Box::new(io::stdout()),
        Some(path) => Box::new(OpenOptions::new().create(true).append(true).open(path)?),
    };
    let (sender, receiver) = sync_channel(QUEUE);
    let writer = LogWriter::new(sender.clone());
    let lost = Arc::clone(&writer.lost);
    thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || write_lines(&receiver, output, &lost))?;
    let level = match log.level {
        Level::Trace => LevelFilter::TRACE,
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warn => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
    };
    let subscriber = tracing_subscriber::registry().with(JsonLayer::new(level, writer));
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)?;
    Ok(LogGuard { sender })
}

/// What the writing thread is told.
#[derive(Debug)]
pub(super) enum Message {
    /// A line, with its end.
    Line(String),
    /// Write everything, then say so.
    Flush(SyncSender<()>),
}

impl Message {
    #[cfg(test)]
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Line(line) => line.as_bytes(),
            Self::Flush(_) => b"",
        }
    }
}

/// The way to the writing thread.
#[derive(Clone)]
pub(super) struct LogWriter {
    sender: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

impl LogWriter {
    pub(super) fn new(sender: SyncSender<Message>) -> Self {
        Self {
            sender,
            lost: Arc::default(),
        }
    }

    /// Takes a line, or counts it as lost. It never waits.
    pub(super) fn write(&self, line: String) {
        if let Err(TrySendError::Full(_)) = self.sender.try_send(Message::Line(line)) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes what comes, and flushes whenever nothing waits. Errors of the output have nowhere to be told.
fn write_lines(receiver: &Receiver<Message>, output: impl Write, lost: &AtomicU64) {
    let mut output = BufWriter::with_capacity(64 * 1024, output);
    loop {
        let waiting = receiver.try_recv().or_else(|_| {
            catch_up(&mut output, lost);
            receiver.recv()
        });
        match waiting {
            Ok(Message::Line(line)) => {
                let _ = output.write_all(line.as_bytes());
            }
            Ok(Message::Flush(done)) => {
                catch_up(&mut output, lost);
                let _ = done.send(());
            }
            Err(_) => break,
        }
    }
}

/// Tells how many lines were lost since the last time, and writes everything out.
fn catch_up(output: &mut impl Write, lost: &AtomicU64) {
    let lines = lost.swap(0, Ordering::Relaxed);
    if lines > 0 {
        let now = jiff::Timestamp::now();
        let _ = writeln!(
            output,
            "{{\"level\":\"warn\",\"message\":\"log lines were lost: they came faster than they could be written\",\
             \"time\":\"{now}\",\"lines\":{lines}}}"
        );
    }
    let _ = output.flush();
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_written_in_order_and_those_that_find_no_room_are_counted() {
        let (sender, receiver) = sync_channel(2);
        let writer = LogWriter::new(sender);
        for number in 0..5 {
            writer.write(format!("{number}\n"));
        }
        let lost = Arc::clone(&writer.lost);
        drop(writer);
        // With no sender left the loop ends once it has read everything.
        let output = Shared::default();
        write_lines(&receiver, output.clone(), &lost);
        let written = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        assert!(written.starts_with("0\n1\n{"), "{written}");
        assert!(written.ends_with("\"lines\":3}\n"), "{written}");
    }

    #[test]
    fn the_guard_waits_for_the_last_line() {
        let (sender, receiver) = sync_channel(8);
        let output = Shared::default();
        let written = output.clone();
        let thread = thread::spawn(move || write_lines(&receiver, output, &AtomicU64::new(0)));
        let writer = LogWriter::new(sender.clone());
        writer.write("last\n".to_owned());
        drop(LogGuard { sender });
        assert_eq!(*written.0.lock().unwrap(), b"last\n");
        drop(writer);
        thread.join().unwrap();
    }
}
