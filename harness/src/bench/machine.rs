//! What the figures were measured on.

use std::{fs, thread::available_parallelism};

use serde::Serialize;

/// What the figures were measured on.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// How many processors there are.
    pub processors: usize,
    /// Which.
    pub model: String,
    /// The memory, in MiB.
    pub memory: u64,
    /// The system and its version.
    pub system: String,
    /// How many processes wanted a processor when it began, on average of the minute before. Where that is not near zero,
    /// only the ratios are worth something.
    pub load: f64,
}

impl Machine {
    /// This machine, as far as it says.
    pub(super) fn here() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name))?.trim_start();
            Some(value.trim_start_matches(':').trim().to_owned())
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal:");
        let memory = memory.and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok());
        let release = read("/proc/sys/kernel/osrelease");
        Self {
            processors: available_parallelism().map_or(1, std::num::NonZero::get),
            model: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            memory: memory.unwrap_or_default() / 1024,
            system: format!("{} {}", std::env::consts::OS, release.trim())
                .trim_end()
                .to_owned(),
            load: read("/proc/loadavg")
                .split(' ')
                .next()
                .and_then(|text| text.parse().ok())
                .unwrap_or_default(),
        }
    }
}
