//! `memory`: how much of it a server took.

use std::fs;

use crate::{
    assertion::{self, Actual},
    runner::{context::Context, stop::Stop},
    scenario::MemoryCheck,
};

pub(super) fn run(run: &mut Context, check: &MemoryCheck) -> Result<(), Stop> {
    let server = run.site.server(&check.server)?;
    let process = server.process();
    let process = process.ok_or_else(|| Stop::error(format!("`{}` does not run", check.server)))?;
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path)
        .map_err(|error| Stop::error(format!("cannot see the memory of a process: {path}: {error}")))?;
    let peak = peak(&status).ok_or_else(|| Stop::error(format!("{path} does not say VmHWM")))?;
    run.checks += 1;
    let held = assertion::check(&check.peak, &Actual::Json(peak.into()), &run.scope);
    held.map_err(|error| {
        error
            .map(|mismatch| mismatch.of(&format!("the peak of memory of `{}`, in bytes,", check.server)))
            .into()
    })
}

/// The most that was resident, in bytes.
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_in_bytes() {
        let status = "Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 7 kB\n";
        assert_eq!(peak(status), Some(2 << 20));
        assert_eq!(peak("Name:\tx\n"), None);
    }
}
