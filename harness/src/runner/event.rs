//! What happens in a run, as a stream of events: the one thing that every report is made from.

use serde::{Deserialize, Serialize};

use super::Place;
use crate::{
    combination::{Coverage, Responsible},
    conformance::Binding,
    scenario::Differs,
};

/// Something that happened in a run. Written one a line to `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run begins.
    RunStarted(RunStarted),
    /// What the registry is held to.
    RegisterKnown(RegisterKnown),
    /// A combination was built, or could not be.
    BuildFinished(BuildFinished),
    /// A scenario ended, in one of its runs. What failed when it was run again to compare it is told once more.
    ScenarioFinished(Box<ScenarioFinished>),
    /// A transcript that is not the only one of its script.
    Transcript(TranscriptKept),
    /// Two builds that answered a script differently were asked again, side by side.
    Compared(Compared),
    /// A script ended in a combination that is no part of the plan: it was asked which extensions are responsible.
    Probed(Box<ScenarioFinished>),
    /// It is known, as far as it can be, which extensions are responsible for something.
    Localised(Localised),
    /// The run checks less than the committed census says.
    Shortfall(Shortfall),
    /// The official conformance suite ended for one combination.
    OfficialFinished(OfficialFinished),
    /// Something is left out, because the machine lacks a tool for it.
    ToolMissing(ToolMissing),
    /// The run ends.
    RunFinished {
        /// From the first event to this one.
        duration_ms: u64,
        /// How much of that the builds took.
        builds_ms: u64,
    },
}

/// What the run is about to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunStarted {
    /// The version of the harness.
    pub version: String,
    /// When, RFC 3339.
    pub time: String,
    /// Decides all generated content.
    pub seed: u64,
    /// What is tested: the project's name, or a URL.
    pub target: String,
    /// Every extension of the project, in the recommended order.
    pub extensions: Vec<String>,
    /// The combinations, in the order of the report.
    pub combinations: Vec<String>,
    /// What they cover of the interactions of extensions.
    pub coverage: Vec<Coverage>,
    /// How many scenario files were selected.
    pub scenarios: usize,
}

/// What the registry is held to: the statements of the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RegisterKnown {
    /// The version of the specification.
    pub version: String,
    /// The least of what fails the run.
    pub level: Binding,
    /// All statements, in the order of the specification.
    pub statements: Vec<StatementKnown>,
}

/// A statement, as the version has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StatementKnown {
    /// What scenarios call it.
    pub id: String,
    /// Its level: in the version, or in the first one that has it.
    pub level: String,
    /// What breaking it means; none if the version does not have it.
    pub binding: Option<Binding>,
    /// The section that it stands in.
    pub section: String,
    /// What holds.
    pub text: String,
    /// `checked`, `exception` or `not testable`.
    pub state: String,
    /// Why it is not checked, if it is not.
    pub unchecked: Option<String>,
}

/// How the build of one combination went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BuildFinished {
    /// The combination.
    pub combination: String,
    /// How long it took.
    pub duration_ms: u64,
    /// The binary's size in bytes, if there is one.
    pub size: Option<u64>,
    /// Whether nothing had to be compiled.
    pub fresh: bool,
    /// What the build printed, if it failed.
    pub error: Option<String>,
}

/// What became of one run of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every check held.
    Pass,
    /// A check did not hold that binds less than what the run asks for: that is told, and fails nothing.
    Warn,
    /// A check did not hold, which the expectations file says with its reason.
    KnownFailure,
    /// A check did not hold.
    Fail,
    /// Every check held, and the expectations file says that one does not.
    UnexpectedPass,
    /// Some of several runs failed, and others did not.
    Flaky,
    /// The harness or its surroundings failed, not the registry.
    Error,
    /// The target says, as the specification allows, that it does not have this.
    Unsupported,
    /// What the scenario builds on did not hold.
    PreconditionFailed,
    /// The plan leaves it out: the target cannot take it, or a filter says so.
    Excluded,
    /// An earlier failure ended the run.
    NotReached,
}

impl Verdict {
    /// Whether the run as a whole is red because of it.
    pub const fn is_red(self) -> bool {
        matches!(self, Self::Fail | Self::UnexpectedPass | Self::Flaky | Self::Error)
    }
}

/// Which script of a scenario was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// `steps`.
    On,
    /// `off`.
    Off,
    /// `absent`.
    Absent,
}

/// One run of one scenario: one row, one script, one combination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ScenarioFinished {
    /// The combination.
    pub combination: String,
    /// The scenario's name: its path below the scenario folder, without `.yaml`.
    pub scenario: String,
    /// The file, as it is shown.
    pub path: String,
    /// The sentence.
    pub title: String,
    /// The script.
    pub variant: Variant,
    /// The row of `each`, such as `way=chunked`, if there are several.
    pub row: Option<String>,
    /// The build that its server was restarted with, where the run chose that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// The statements of the specification that it checks.
    pub statements: Vec<String>,
    /// Those of them that did not hold.
    #[serde(default)]
    pub broken: Vec<String>,
    /// What it looked at for each statement, if it got that far.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why it was not run, for the verdicts that say so.
    pub reason: Option<String>,
    /// How many checks were made.
    pub checks: u64,
    /// How many requests were sent.
    pub requests: u64,
    /// How long it took.
    pub duration_ms: u64,
    /// The outcomes of `one_of` that were taken, as `line: name`.
    pub outcomes: Vec<String>,
    /// Names what was asked and answered. None if nothing was, or nobody can say what it has to equal.
    pub transcript: Option<String>,
    /// The differences from other combinations that the scenario declares.
    pub differs: Option<Differs>,
    /// What did not hold.
    pub failure: Option<Failure>,
}

/// What was asked and answered in a run, without what differs from run to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TranscriptKept {
    /// Its name: a digest of all of it.
    pub digest: String,
    /// The exchanges, in order.
    pub exchanges: Vec<Asked>,
}

/// What two builds that answered a script differently answered when they were asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Compared {
    /// The scenario's name.
    pub scenario: String,
    /// The script.
    pub variant: Variant,
    /// The row, if there are several.
    pub row: Option<String>,
    /// The transcript of the usual build in the run, if it is known.
    pub usual: Option<String>,
    /// That of the other build.
    pub other: Option<String>,
    /// The two builds.
    pub builds: [String; 2],
    /// How often each was asked again.
    pub repetitions: usize,
    /// Where no answer of the one is among the other's. None if there is no such place: then chance decided.
    pub apart: Option<Place>,
}

/// Which extensions are responsible for a failure or a difference, after further builds were asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Localised {
    /// The scenario's name.
    pub scenario: String,
    /// The script.
    pub variant: Variant,
    /// The row, if there are several.
    pub row: Option<String>,
    /// The first combination of the plan in which it came.
    pub combination: String,
    /// Whether it is a difference, and no failure.
    pub difference: bool,
    /// What is responsible. None if nobody knows.
    pub responsible: Option<Responsible>,
    /// How many combinations were asked beside the plan's.
    pub builds: usize,
}

/// A request, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Asked {
    /// The line of the step in the scenario file, from 1.
    pub line: usize,
    /// The method and the target.
    pub request: String,
    /// The status, the headers and the body, or why there is none.
    pub answer: String,
}

/// How many checks a run made for one statement, by what they look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// The statement.
    pub statement: String,
    /// The status of an answer.
    pub status: u32,
    /// A header.
    pub headers: u32,
    /// The body.
    pub body: u32,
    /// What came of a request: whatever is looked at after it.
    pub after: u32,
}

impl Evidence {
    /// None at all, yet.
    pub fn of(statement: &str) -> Self {
        Self {
            statement: statement.to_owned(),
            status: 0,
            headers: 0,
            body: 0,
            after: 0,
        }
    }
}

/// A check that did not hold, with what a person needs to find out why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Failure {
    /// The code of its kind, such as `PLM1002`, which `plimsoll explain` explains.
    #[serde(default)]
    pub code: String,
    /// The line in the scenario file, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The lines around it, with line numbers and a caret.
    pub excerpt: String,
    /// What did not hold, in a sentence.
    pub message: String,
    /// What was expected.
    pub expected: Option<String>,
    /// What came.
    pub actual: Option<String>,
    /// The step's `note`.
    pub note: Option<String>,
    /// The last request as a `curl` command.
    pub curl: Option<String>,
    /// The head of its answer, and the beginning of its body.
    pub response: Option<String>,
    /// What the server logged during the step.
    pub log: Vec<String>,
    /// What was seen by a step that looked several times: the same in a row is one.
    #[serde(default)]
    pub looks: Vec<Look>,
    /// The last steps, with their times.
    #[serde(default)]
    pub steps: Vec<StepTaken>,
    /// Where the script is that asks all of it again.
    #[serde(default)]
    pub script: Option<String>,
    /// The command that runs just this again.
    pub again: String,
}

/// What a step saw that looks until something holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Look {
    /// How often in a row.
    pub times: u64,
    /// When first, in milliseconds since the step began.
    pub at_ms: u64,
    /// What did not hold, and what came.
    pub saw: String,
}

/// A step that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StepTaken {
    /// Its line in the scenario file, from 1.
    pub line: usize,
    /// The line, as it is written.
    pub text: String,
    /// The client that did it, where several do steps at once.
    pub client: Option<usize>,
    /// When it began, in microseconds since the run did.
    pub begin_us: u64,
    /// How long it took, in microseconds; none if it did not end.
    pub took_us: Option<u64>,
}

/// Where a run checks less than the committed census says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Shortfall {
    /// The group of scenarios.
    pub group: String,
    /// `scenarios`, `runs` or `checks`.
    pub what: String,
    /// How many there were when the census was taken.
    pub committed: u64,
    /// How many there are.
    pub now: u64,
}

/// What is left out for want of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ToolMissing {
    /// The tool.
    pub tool: String,
    /// What is not run without it.
    pub left_out: String,
    /// How to get it.
    pub remedy: String,
}

/// What the official suite says of one combination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OfficialFinished {
    /// The combination.
    pub combination: String,
    /// The version of the specification it was asked to check: `1.1`, `dev`.
    pub spec: String,
    /// The pinned version of the suite.
    pub suite: String,
    /// How many of its tests passed.
    pub passed: u64,
    /// The names of those that failed.
    pub failed: Vec<String>,
    /// The names of those that it skipped.
    pub skipped: Vec<String>,
    /// Why it could not be run.
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
}
