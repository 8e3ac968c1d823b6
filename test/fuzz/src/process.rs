//! Each target is tried in a process of its own, as an overflow of the stack, or an input that takes for ever, ends a process
//! without a word. The one that started it then lets another one do the same again, which writes down every input, and so
//! finds the one that it was.

use std::{
    cell::Cell,
    env, fs, io,
    path::Path,
    process::{Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::{
    effort::Effort,
    table::Row,
    target::{Outcome, Target},
    targets,
    trace::{HUNG, Trace, last_batch, last_input},
};

/// The first argument of a process that tries one target.
const ARGUMENT: &str = "--one-target";
/// How long an input that ends the process is made smaller.
const SHRINKING: Duration = Duration::from_secs(20);

/// How large a stack is that parsers run on, in bytes: that of tokio's threads, and of the standard library's.
const STACK: usize = 2 << 20;

/// What such a process is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// To try the target.
    Try,
    /// To do again what the one before did last, and to write down each input.
    Again,
    /// To give it the input that is written down.
    Input,
}

impl Task {
    const ALL: [Self; 3] = [Self::Try, Self::Again, Self::Input];

    fn name(self) -> &'static str {
        match self {
            Self::Try => "try",
            Self::Again => "again",
            Self::Input => "input",
        }
    }
}

/// What such a process prints.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    outcome: Outcome,
    /// Seconds of all processors that it used.
    cpu: f64,
}

/// What this process is to do with one target, and its exit code; `None` if it is the one that starts those.
pub(crate) fn as_one_target(effort: Effort) -> Option<Result<(), String>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [argument, name, task, folder] = arguments.as_slice() else {
        return None;
    };
    if argument != ARGUMENT {
        return None;
    }
    let target = targets::all().into_iter().find(|target| target.name == name);
    let task = Task::ALL.into_iter().find(|known| known.name() == task);
    Some(match (target, task) {
        (Some(target), Some(task)) => on_usual_stack(|| perform(&target, task, Path::new(folder), effort)),
        _ => Err(format!("there is no target {name}, or nothing that is called {task:?}")),
    })
}

/// Does something on a stack of the size that threads have. That of a process's first one is larger, and would hide what overflows.
fn on_usual_stack(act: impl FnOnce() -> Result<(), String> + Send) -> Result<(), String> {
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, act)
            .map_err(|error| format!("no thread can be started: {error}"))?
            .join()
            .map_err(|_| "the thread of the target panicked".to_owned())?
    })
}

fn perform(target: &Target, task: Task, folder: &Path, effort: Effort) -> Result<(), String> {
    let trace = Trace::new(folder, task != Task::Try);
    let executions = Cell::new(0);
    let outcome = match (task, last_batch(folder)) {
        (Task::Again, Some(batch)) => target.batch(batch.seed, &trace).map(|()| Outcome::default()),
        (Task::Input, _) => last_input(folder)
            .ok_or_else(|| "no input is written down".to_owned())
            .and_then(|input| target.once(&input, &executions, &trace))
            .map(|()| Outcome::default()),
        _ => Ok(target.try_out(effort, &trace)),
    };
    let answer = Answer {
        outcome: outcome?,
        cpu: cpu_time().as_secs_f64(),
    };
    println!("{}", serde_json::to_string(&answer).map_err(|error| error.to_string())?);
    Ok(())
}

/// Tries a target in a process of its own.
pub(crate) fn try_out(target: &Target) -> (Row, Result<(), String>) {
    let began = Instant::now();
    let tried = TempDir::new()
        .map_err(|error| error.to_string())
        .and_then(|folder| in_folder(target, folder.path()));
    let (outcome, cpu) = match tried {
        Ok(Answer { outcome, cpu }) => (outcome, cpu),
        Err(reason) => (
            Outcome {
                executions: 0,
                finding: Some(reason),
            },
            0.0,
        ),
    };
    let row = Row {
        target: target.name,
        executions: outcome.executions,
        took: began.elapsed(),
        cpu: Duration::from_secs_f64(cpu),
        failed: outcome.finding.is_some(),
    };
    (row, outcome.finding.map_or(Ok(()), Err))
}

fn in_folder(target: &Target, folder: &Path) -> Result<Answer, String> {
    let output = start(target.name, Task::Try, folder)?;
    if output.status.success() {
        return serde_json::from_str(&output.stdout).map_err(|error| format!("{error}: {}", output.stdout));
    }
    let executions = last_batch(folder).map_or(0, |batch| batch.executions);
    let reason = reason(output.status, &output.stderr);
    let finding = if start(target.name, Task::Again, folder)?.status.success() {
        format!("{reason}\nwhich it did not do again: {:?}", last_batch(folder))
    } else {
        let input = last_input(folder).ok_or_else(|| reason.clone())?;
        let input = smaller(target.name, input, output.status, folder)?;
        target.found(&reason, &input)
    };
    Ok(Answer {
        outcome: Outcome {
            executions,
            finding: Some(finding),
        },
        cpu: 0.0,
    })
}

/// What is left of an input, when everything is taken away without which a process ends as it did. Nothing is, if it gives up on
/// the input, as it would have to do that many times.
fn smaller(name: &str, mut input: Vec<u8>, status: ExitStatus, folder: &Path) -> Result<Vec<u8>, String> {
    let began = Instant::now();
    let mut piece = if status.code() == Some(HUNG) {
        0
    } else {
        input.len().div_ceil(2)
    };
    while piece > 0 {
        let mut at = 0;
        while at < input.len() && began.elapsed() < SHRINKING {
            let mut less = input.clone();
            less.drain(at..(at + piece).min(input.len()));
            fs::write(folder.join("input"), &less).map_err(|error| error.to_string())?;
            if start(name, Task::Input, folder)?.status == status {
                input = less;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    Ok(input)
}

/// How a process ended that should have said something.
fn reason(status: ExitStatus, stderr: &str) -> String {
    if status.code() == Some(HUNG) {
        return "it took more than a minute".to_owned();
    }
    let last = stderr.lines().rev().find(|line| !line.trim().is_empty());
    format!("its process ended with {status}: {}", last.unwrap_or("without a word"))
}

struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

fn start(name: &str, task: Task, folder: &Path) -> Result<Ended, String> {
    let output = env::current_exe()
        .and_then(|program| {
            Command::new(program)
                .args([ARGUMENT, name, task.name()])
                .arg(folder)
                .output()
        })
        .map_err(|error: io::Error| format!("no process can be started: {error}"))?;
    Ok(Ended {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// What this process has used of all processors.
fn cpu_time() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(used.tv_sec)) + Duration::from_nanos(part(used.tv_nsec))
}
