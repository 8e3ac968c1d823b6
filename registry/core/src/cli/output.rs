//! Saying something on the terminal.

use std::{
    error::Error,
    io::{self, Write as _},
    path::Path,
};

use super::{Binary, Exit};
use crate::config::{Config, ConfigError, Loaded};

/// Writes to standard output. That a reader has gone away is no failure.
pub fn print(text: &str) -> Exit {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Ok(()) => Exit::Success,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Success,
        Err(error) => fail(&error),
    }
}

/// Says on standard error why the command failed.
pub fn fail(error: &(dyn Error + 'static)) -> Exit {
    complain(&format!("error: {}\n", chain(error)));
    Exit::Failure
}

/// Reads a configuration of `binary`, or says everything that is wrong with it.
pub fn load_config(binary: &Binary, path: &Path) -> Result<Loaded, Exit> {
    let extensions: Vec<_> = binary.extensions.iter().map(|extension| extension.name).collect();
    Config::load_for(&extensions, path).map_err(|error| {
        match &error {
            ConfigError::Invalid(report) => complain(&report.to_string()),
            ConfigError::Read { .. } => complain(&format!("error: {error}\n")),
        }
        Exit::Usage
    })
}

/// Writes to standard error, where there is nobody to tell of a failure.
pub fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// An error and its causes.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
