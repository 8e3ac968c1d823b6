//! What a server and the processes that it started use, as Linux tells it. Elsewhere nothing is known.

use std::{fs, time::Duration};

/// The ticks of a second, as Linux tells them to programs whatever its own clock does.
const TICKS: u64 = 100;

/// The processes of one group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group(u32);

impl Group {
    /// The group that `leader` leads.
    pub(super) const fn of(leader: u32) -> Self {
        Self(leader)
    }

    fn members(self) -> Vec<u32> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        processes
            .filter(|process| Stat::read(*process).is_some_and(|stat| stat.group == self.0))
            .collect()
    }

    /// The processor time that they have used so far.
    pub(super) fn processor_time(self) -> Option<Duration> {
        let stats: Vec<Stat> = self.members().into_iter().filter_map(Stat::read).collect();
        let ticks: u64 = stats.iter().map(|stat| stat.ticks).sum();
        (!stats.is_empty()).then(|| Duration::from_millis(ticks * 1000 / TICKS))
    }

    /// What they hold in memory now, in MiB.
    pub(super) fn memory(self) -> Option<f64> {
        self.sum("VmRSS:")
    }

    /// The most that they held since [`Self::forget_peak`], in MiB.
    pub(super) fn peak(self) -> Option<f64> {
        self.sum("VmHWM:")
    }

    /// Has the peak begin anew.
    pub(super) fn forget_peak(self) {
        for process in self.members() {
            // Where that may not be done the peak is that of the whole life, which is more and never less.
            let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
        }
    }

    fn sum(self, field: &str) -> Option<f64> {
        let status = |process| fs::read_to_string(format!("/proc/{process}/status")).ok();
        let kibibytes = |text: String| {
            let line = text.lines().find_map(|line| line.strip_prefix(field))?;
            line.trim().trim_end_matches(" kB").parse::<f64>().ok()
        };
        let all: Vec<f64> = self
            .members()
            .into_iter()
            .filter_map(status)
            .filter_map(kibibytes)
            .collect();
        (!all.is_empty()).then(|| all.iter().sum::<f64>() / 1024.0)
    }
}

struct Stat {
    group: u32,
    ticks: u64,
}

impl Stat {
    fn read(process: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name, in parentheses, may have anything in it. What follows: state, parent, group, … and the twelfth and
        // thirteenth from there are the ticks in user and in system mode.
        let (_, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        Some(Self {
            group: fields.get(2)?.parse().ok()?,
            ticks: number(11)? + number(12)?,
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{
        io::{BufRead as _, BufReader},
        process::{Command, Stdio},
    };

    use super::*;

    #[test]
    fn a_group_is_seen_with_what_it_uses_and_gone_when_it_has_ended() {
        use std::os::unix::process::CommandExt as _;
        let mut child = Command::new("sh")
            .args(["-c", "echo ready; read line"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        // A shell that still starts takes more memory from one look to the next.
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut ready)
            .unwrap();
        let group = Group::of(child.id());
        let memory = group.memory().unwrap();
        assert!(memory > 0.0);
        assert!(group.peak().unwrap() >= memory);
        assert!(group.processor_time().is_some());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(group.memory(), None);
        assert_eq!(group.processor_time(), None);
    }
}
