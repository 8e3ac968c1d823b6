//! The events themselves, one JSON line each.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::runner::Event;

/// A file of events.
#[derive(Debug)]
pub struct EventLog {
    file: BufWriter<File>,
}

impl EventLog {
    /// An empty file at `path`; folders that are missing are made.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(Self {
            file: BufWriter::new(File::create(path)?),
        })
    }

    /// Adds a line.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        serde_json::to_writer(&mut self.file, event)?;
        self.file.write_all(b"\n")
    }

    /// Writes what is kept in memory.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The events of `text`, one a line, as an event log has them.
///
/// # Errors
/// A line is no event.
pub fn read_events(text: &str) -> Result<Vec<Event>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| format!("line {} is no event: {error}", number + 1))
    };
    lines.map(read).collect()
}
