//! Runs that follow what an author does.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    interactions::{has_python, project},
    plimsoll,
};

/// Far more than a run takes: it is a failure.
const LONG: Duration = Duration::from_mins(1);

/// A program that is ended, whatever becomes of the test.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn new(child: Child) -> Self {
        let mut child = child;
        let (sender, lines) = channel();
        let streams: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("it is a pipe")),
            Box::new(child.stderr.take().expect("it is a pipe")),
        ];
        for stream in streams {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Self { child, lines }
    }

    /// Everything that is said up to all of `awaited`, in any order.
    #[track_caller]
    fn until(&self, awaited: &[&str]) -> String {
        let mut said = String::new();
        while !awaited.iter().all(|awaited| said.contains(awaited)) {
            match self.lines.recv_timeout(LONG) {
                Ok(line) => said.extend([&line, "\n"]),
                Err(error) => panic!("{error}, and {awaited:?} was not said: {said}"),
            }
        }
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_a_change_concerns_is_run_again_until_somebody_ends_it() {
    if !has_python() {
        return;
    }
    let project = project();
    let here = fs::canonicalize(project.path()).unwrap();
    fs::write(here.join(".gitignore"), "/notes/\n").unwrap();
    fs::create_dir(here.join("notes")).unwrap();
    let child = std::process::Command::new(plimsoll().get_program())
        .args(["run", "--watch", "--extensions", "none"])
        .current_dir(&here)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut running = Running::new(child);
    running.until(&["1 combination × 3 scenarios", "watching"]);

    // What git ignores concerns nobody, and a scenario itself.
    fs::write(here.join("notes/today"), "nothing").unwrap();
    let scenario = here.join("scenarios/tag-moves.yaml");
    let good = fs::read_to_string(&scenario).unwrap();
    fs::write(&scenario, format!("{good}\n# changed\n")).unwrap();
    let said = running.until(&["1 combination × 1 scenario,", "watching"]);
    assert!(!said.contains("3 scenarios"), "{said}");

    // What is wrong with it is told, and waits to be mended.
    fs::write(&scenario, "scenario: broken\n").unwrap();
    running.until(&["scenarios/tag-moves.yaml has a problem", "watching"]);
    fs::write(&scenario, &good).unwrap();
    running.until(&["1 combination × 1 scenario,", "watching"]);

    // What is built from concerns everything.
    let source = here.join("registry.py");
    let program = fs::read_to_string(&source).unwrap();
    fs::write(&source, format!("{program}\n# changed\n")).unwrap();
    running.until(&["1 combination × 3 scenarios", "watching"]);

    kill_process(Pid::from_child(&running.child), Signal::INT).unwrap();
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}
