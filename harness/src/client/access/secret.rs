//! Where a password is: never on the command line, which everybody on the machine can read.

use std::{env, fs, io, path::PathBuf};

/// Where a password is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Password {
    /// In an environment variable.
    Variable(String),
    /// The first line of a file.
    File(PathBuf),
}

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or is empty or no text.
    #[error("the variable {0}, which should have the password, is not set or empty")]
    Variable(String),
    /// The file cannot be read.
    #[error("cannot read the password in {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file has no first line.
    #[error("there is no password in {}: its first line is empty", .0.display())]
    Empty(PathBuf),
}

impl Password {
    /// The password.
    ///
    /// # Errors
    /// There is none where it should be.
    pub fn read(&self) -> Result<String, SecretError> {
        match self {
            Self::Variable(name) => env::var(name)
                .ok()
                .filter(|value| !value.is_empty())
                .ok_or_else(|| SecretError::Variable(name.clone())),
            Self::File(path) => {
                let content = fs::read_to_string(path).map_err(|source| SecretError::Unreadable {
                    path: path.clone(),
                    source,
                })?;
                let line = content.lines().next().filter(|line| !line.is_empty());
                line.map(str::to_owned).ok_or_else(|| SecretError::Empty(path.clone()))
            }
        }
    }
}
