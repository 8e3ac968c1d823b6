//! A scenario file as the loader leaves it: checked, with the place of everything that can fail.
//!
//! Texts are still templates; the runner renders them. See `docs/scenarios.md` for what each part means. What a
//! step does is described in a file for each concept, which has the name of the one that reads it in `decode`.

use std::{collections::BTreeMap, ops::Range, path::PathBuf, sync::Arc};

use super::{
    About, Accounts, Behave, Body, Clients, Command, Delete, DiskStep, Eventually, FileCheck, Generate, LogCheck,
    Matcher, MemoryCheck, MetricCheck, Pages, Pull, Push, Race, Raw, Repeat, Request, RequestsCheck, ServerDeclaration,
    ServerStep, Stream, TokenStep, Upload,
};
use crate::combination::Expression;

/// A place in a scenario file: bytes of the source, half-open.
pub type Span = Range<usize>;

/// A file of the scenario language.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name in reports and filters: the path below the scenario folder, without `.yaml`, with `/`.
    pub name: String,
    /// The path as it is shown, relative to the project where it can be.
    pub path: PathBuf,
    /// The file's text, for diagnostics.
    pub source: Arc<str>,
    /// `scenario`: the sentence.
    pub title: String,
    /// `spec`: ids of statements.
    pub statements: Vec<String>,
    /// `requires`: always true where the file does not say.
    pub requires: Expression,
    /// `each`: at least one row; the only one is empty where the file has no `each`.
    pub rows: Vec<Row>,
    /// `servers`, in the order in which they can be started. None: there is one, `registry`.
    pub servers: Vec<ServerDeclaration>,
    /// `steps` with `config` and `teardown`; none if the file has only `absent`.
    pub on: Option<Script>,
    /// `off`.
    pub off: Option<Script>,
    /// `absent`.
    pub absent: Option<Script>,
    /// `accounts`: those that the configuration knows. A run against a URL brings others.
    pub accounts: Option<Accounts>,
    /// `differs`: how what is answered may differ among builds.
    pub differs: Option<Differs>,
}

/// What is answered may differ among builds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Differs {
    /// Among builds that differ in one of these extensions.
    pub by: Vec<String>,
    /// Why that is right.
    pub because: String,
}

/// A row of `each`: the variables of one run.
pub type Row = BTreeMap<String, serde_json::Value>;

/// What is done in one run.
#[derive(Clone, Debug)]
pub struct Script {
    /// `config`: for each server that it names, merged into what it has.
    pub config: Vec<(String, Value)>,
    /// `steps`.
    pub steps: Vec<Step>,
    /// `teardown`.
    pub teardown: Vec<Step>,
}

/// A text with `{{ }}` in it, perhaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A value with templates in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null` or `~`.
    Null,
    /// A plain `true` or `false`.
    Bool(bool),
    /// A plain number; `text` is how the author wrote it.
    Number {
        /// As JSON has it.
        number: serde_json::Number,
        /// As it was written.
        text: String,
    },
    /// Any other scalar.
    Text(Template),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping, in the file's order. Keys are not templates.
    Map(Vec<(String, Value)>),
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The key that says what it does, where a failure points if nothing closer is known.
    pub span: Span,
    /// `note`.
    pub note: Option<String>,
    /// `spec`: which of the scenario's statements it checks; none if it does not say.
    pub spec: About,
    /// `auth`: whom its requests come from, as `user:password`.
    pub auth: Option<Template>,
    /// What it does.
    pub action: Action,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// `get`, `head`, `put`, `post`, `patch`, `delete`, `options`.
    Request(Request),
    /// `pages`.
    Pages(Pages),
    /// `token`.
    Token(TokenStep),
    /// `raw`.
    Raw(Raw),
    /// `generate`.
    Generate(Generate),
    /// `stream`.
    Stream(Stream),
    /// `upload`.
    Upload(Upload),
    /// `push`.
    Push(Push),
    /// `pull`.
    Pull(Pull),
    /// `start`, `stop`, `kill`, `restart`.
    Server(ServerStep),
    /// `behave`.
    Behave(Behave),
    /// `requests`.
    Requests(RequestsCheck),
    /// `memory`.
    Memory(MemoryCheck),
    /// `command`.
    Command(Command),
    /// `file`.
    File(FileCheck),
    /// `corrupt`: flips the lowest bit of the byte `at`.
    Corrupt {
        /// Below the root.
        path: Template,
        /// The byte, 0 unless said.
        at: u64,
    },
    /// `remove`.
    Remove {
        /// Below the root.
        path: Template,
    },
    /// `write`.
    Write {
        /// Below the root.
        path: Template,
        /// What is written.
        content: Body,
    },
    /// `fill`, `free`, `remount`.
    Disk(DiskStep),
    /// `layout: valid`.
    Layout {
        /// `of`: a server; all of them unless said.
        server: Option<String>,
    },
    /// `log`.
    Log(LogCheck),
    /// `metric`.
    Metric(MetricCheck),
    /// `set`.
    Set(Vec<(String, Value)>),
    /// `check`.
    Check {
        /// The value.
        value: Value,
        /// What it has to be.
        expect: Matcher,
    },
    /// `repeat`.
    Repeat(Repeat),
    /// `eventually`.
    Eventually(Eventually),
    /// `delete` of a tag, a manifest or a blob.
    Delete(Delete),
    /// `clients`.
    Clients(Clients),
    /// `race`.
    Race(Race),
    /// `sometimes`: half of the times.
    Sometimes(Box<Step>),
    /// `acknowledged: intact`.
    Acknowledged,
}
