//! The server: how it starts and ends, its command line, its log and its metrics.

use super::{Matcher, Template, Value, Wait};
use crate::combination::Combination;

/// Starts or ends the server.
#[derive(Clone, Debug)]
pub struct ServerStep {
    /// What happens to it.
    pub verb: ServerVerb,
    /// Which.
    pub server: String,
    /// `config`, merged into what it had.
    pub config: Option<Value>,
    /// `combination`: another build of it.
    pub combination: Option<OtherBuild>,
    /// `clock`: by how many seconds its clock is wrong from this start on.
    pub clock: Option<i64>,
    /// `after`: how long `kill` waits before.
    pub after: Wait,
    /// `signal`: what `kill` sends, KILL unless said.
    pub signal: Signal,
}

/// Another build than the one that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherBuild {
    /// With just these extensions.
    Named(Combination),
    /// `other`: one that the run chooses; the scenario is run once for each.
    Any,
}

/// What happens to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerVerb {
    /// It is started, and awaited.
    Start,
    /// It is asked to end, and awaited.
    Stop,
    /// It is killed, with SIGKILL unless said.
    Kill,
    /// It is stopped and started.
    Restart,
    /// It is stopped with SIGSTOP: it does nothing, and stays.
    Pause,
    /// It goes on with SIGCONT.
    Resume,
}

/// What `kill` sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signal {
    /// SIGKILL.
    #[default]
    Kill,
    /// SIGTERM.
    Term,
    /// SIGINT.
    Int,
    /// SIGQUIT.
    Quit,
    /// SIGABRT.
    Abrt,
}

/// Runs the target's binary.
#[derive(Clone, Debug)]
pub struct Command {
    /// `of`: the server whose binary it is.
    pub server: String,
    /// Its arguments.
    pub arguments: Vec<Template>,
    /// `expect.exit`: 0 unless said.
    pub exit: i32,
    /// `expect.stdout`.
    pub stdout: Option<Matcher>,
    /// `expect.stderr`.
    pub stderr: Option<Matcher>,
}

/// Looks at the server's log.
#[derive(Clone, Debug)]
pub struct LogCheck {
    /// `of`: the server.
    pub server: String,
    /// `level`.
    pub level: Option<Template>,
    /// `message`.
    pub message: Option<Matcher>,
    /// `fields`: other keys of the line.
    pub fields: Vec<(String, Matcher)>,
    /// `times`: `None` is at least once.
    pub times: Option<u64>,
}

/// Looks at a metric.
#[derive(Clone, Debug)]
pub struct MetricCheck {
    /// `name`.
    pub name: Template,
    /// `labels`: those that have to be equal; others may be there.
    pub labels: Vec<(String, Template)>,
    /// `path`: `/metrics` of the server `of` unless said.
    pub path: Template,
    /// `expect`: of the sample's value.
    pub expect: Matcher,
}
