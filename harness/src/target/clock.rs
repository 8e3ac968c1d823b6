//! A clock that is wrong: libfaketime says another time to the server alone.

use std::{fs, path::PathBuf};

/// Where libraries are, below which Debian has a folder for each architecture.
const LIBRARIES: &str = "/usr/lib";
/// The library, below such a folder: the one for programs with threads.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// A clock that is wrong by so many seconds.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    library: PathBuf,
    offset: i64,
}

impl Clock {
    /// None where libfaketime is not installed.
    pub(super) fn wrong_by(offset: i64) -> Option<Self> {
        let architectures = fs::read_dir(LIBRARIES).ok()?.flatten();
        let mut libraries = architectures.map(|folder| folder.path().join(LIBRARY));
        let library = libraries.find(|library| library.exists())?;
        Some(Self { library, offset })
    }

    /// What the server is started with. Its timers and the times of files stay as they are: only what time it is changes.
    pub(super) fn environment(&self) -> impl Iterator<Item = (String, String)> + use<> {
        [
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAKETIME", format!("{:+}", self.offset)),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
    }
}
