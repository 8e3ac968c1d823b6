//! How long each target is tried.

use std::{env, time::Duration};

const VARIABLE: &str = "PLIMSOLL_FUZZ_SECONDS";

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effort {
    /// A number of inputs, always the same.
    Short,
    /// New inputs for so long.
    Long(Duration),
}

impl Effort {
    /// What the environment says.
    pub(crate) fn from_environment() -> Result<Self, String> {
        match env::var(VARIABLE) {
            Err(env::VarError::NotPresent) => Ok(Self::Short),
            Err(error) => Err(format!("{VARIABLE}: {error}")),
            Ok(text) => match text.parse() {
                Ok(seconds) if seconds > 0 => Ok(Self::Long(Duration::from_secs(seconds))),
                _ => Err(format!(
                    "{VARIABLE} is `{text}`; write how many seconds each target shall have, such as 60"
                )),
            },
        }
    }
}
