//! The audit log: who changed what, and who was turned away. A line for each, none is lost.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    net::IpAddr,
    path::Path,
    thread,
};

use serde_json::json;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many lines may wait to be written; whoever has another one waits as well.
const QUEUE: usize = 1024;

/// The log. Lines are written by a thread of its own.
#[derive(Clone, Debug)]
pub struct AuditLog {
    lines: Sender<String>,
}

/// What is told of a request.
#[derive(Clone, Copy, Debug)]
pub struct Audited<'a> {
    /// Who it came from.
    pub client: Option<IpAddr>,
    /// Who that proved to be.
    pub subject: Option<&'a str>,
    /// The method.
    pub action: &'a str,
    /// Path and query, without secrets.
    pub object: &'a str,
    /// The status of the answer.
    pub status: u16,
}

impl AuditLog {
    /// Adds to the file at `path`, which it makes, readable to its owner alone, if it is not there.
    pub fn open(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let (lines, waiting) = channel(QUEUE);
        thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || write_lines(waiting, file))?;
        Ok(Self { lines })
    }

    /// Takes a line. It waits where more is said than can be written.
    pub async fn record(&self, audited: Audited<'_>) {
        let line = json!({
            "time": jiff::Timestamp::now().to_string(),
            "level": "info",
            "message": "HTTP API Audit",
            "clientIP": audited.client.map(|address| address.to_string()),
            "subject": audited.subject.unwrap_or_default(),
            "action": audited.action,
            "object": audited.object,
            "status": audited.status,
        });
        // The thread ends with the last sender, and not before.
        let _ = self.lines.send(format!("{line}\n")).await;
    }
}

fn write_lines(mut waiting: Receiver<String>, mut file: File) {
    while let Some(line) = waiting.blocking_recv() {
        // A whole line at once: others may write to the same file.
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::error!(%error, "failed to write to the audit log");
        }
    }
}
