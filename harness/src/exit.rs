//! How the program ends: what each exit status says.

use std::process::ExitCode;

/// What the program's exit status says. The worst of what happened counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Everything that applies passed.
    Passed = 0,
    /// A check failed.
    Failed = 1,
    /// The command line, the project file or a scenario file is wrong.
    Usage = 2,
    /// A build or a start failed, or the surroundings did.
    Broken = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
