//! What the operating system says of this process, under the names that every Prometheus client uses.

use std::{
    fmt, fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

/// What the kernel counts processor time in, for every program: hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads `/proc/self` at each scrape.
#[derive(Debug)]
pub(crate) struct ProcessCollector {
    started: Duration,
}

impl Default for ProcessCollector {
    fn default() -> Self {
        Self {
            started: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let seconds = ConstCounter::new(processor_seconds().unwrap_or_default());
        let kind = seconds.metric_type();
        seconds.encode(encoder.encode_descriptor(
            "process_cpu_seconds",
            "Processor time that was used",
            None,
            kind,
        )?)?;
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kibibytes = |name| 1024.0 * status_field(&status, name).unwrap_or_default();
        let files = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        #[expect(clippy::cast_precision_loss, reason = "no process has 2^52 files")]
        let files = files as f64;
        for (name, help, value) in [
            ("process_resident_memory_bytes", "Memory in use", kibibytes("VmRSS:")),
            (
                "process_virtual_memory_bytes",
                "Address space in use",
                kibibytes("VmSize:"),
            ),
            ("process_open_fds", "Open files", files),
            (
                "process_threads",
                "Threads",
                status_field(&status, "Threads:").unwrap_or_default(),
            ),
            (
                "process_start_time_seconds",
                "When the process started, since 1970",
                self.started.as_secs_f64(),
            ),
        ] {
            let gauge = ConstGauge::new(value);
            let kind = gauge.metric_type();
            gauge.encode(encoder.encode_descriptor(name, help, None, kind)?)?;
        }
        Ok(())
    }
}

/// User and system time. The program's name, which may hold anything, ends with the last parenthesis.
fn processor_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    let user = ticks.next()?.ok()?;
    let system = ticks.next()?.ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

fn status_field(status: &str, name: &str) -> Option<f64> {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}
