//! A scenario file as the loader leaves it: checked, with the place of everything that can fail.
//!
//! Texts are still templates; the runner renders them. See `docs/scenarios.md` for what each part means.

use std::{collections::BTreeMap, ops::Range, path::PathBuf, sync::Arc, time::Duration};

use super::{About, Behave, Clients, Delete, MemoryCheck, Race, RequestsCheck, ServerDeclaration, Wait};
use crate::combination::{Combination, Expression};

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
    /// `differs`: how what is answered may differ among builds.
    pub differs: Option<Differs>,
}

/// What is answered may differ among builds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Differs {
    /// Among builds that differ in one of these extensions; among any two, and among two runs, if there is none.
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

/// A request over HTTP.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path or URL.
    pub path: Template,
    /// `query`: a list repeats the key.
    pub query: Vec<(String, Vec<Template>)>,
    /// `headers`: `None` removes one that would be sent.
    pub headers: Vec<(String, Option<Template>)>,
    /// `body`.
    pub body: Option<Body>,
    /// `chunked`: no Content-Length.
    pub chunked: bool,
    /// `expect`: 2xx unless said.
    pub expect: Expect,
    /// `capture`.
    pub captures: Vec<Capture>,
}

/// The bytes of a request, or of a file.
#[derive(Clone, Debug)]
pub enum Body {
    /// Text, or content where the text is one expression.
    Text(Template),
    /// Compact JSON.
    Json(Value),
    /// A file, below the project.
    File(Template),
    /// Bytes in base64.
    Base64(Template),
}

/// Follows a paged list to its end.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The first page.
    pub request: Request,
    /// `items`: JSONPath.
    pub items: String,
    /// `as`.
    pub name: String,
}

/// Bytes on a connection.
#[derive(Clone, Debug)]
pub struct Raw {
    /// `of`: the server.
    pub server: String,
    /// What is sent; `\n` is sent as `\r\n`.
    pub send: Template,
    /// Of the first answer.
    pub expect: Expect,
    /// `hang_up`: whether our side of the connection is closed when all is sent, and does not wait for an answer first.
    pub hang_up: bool,
    /// `responses`: how many answers may come at most.
    pub responses_at_most: Option<u32>,
    /// `capture`.
    pub captures: Vec<Capture>,
}

/// `name: source`.
#[derive(Clone, Debug)]
pub struct Capture {
    /// The variable.
    pub name: String,
    /// Where its value comes from.
    pub source: CaptureSource,
    /// Where it stands.
    pub span: Span,
}

/// Where a captured value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureSource {
    /// `header.NAME`.
    Header(String),
    /// `status`.
    Status,
    /// `body`.
    Body,
    /// `digest`: sha256 of the body.
    Digest,
    /// `json.PATH`.
    Json(String),
    /// `link.REL`.
    Link(String),
}

/// Makes content.
#[derive(Clone, Debug)]
pub struct Generate {
    /// `as`.
    pub name: String,
    /// What.
    pub what: Generated,
    /// `algorithm`: `sha256` or `sha512`, what `.digest` is.
    pub algorithm: Option<Template>,
}

/// What is generated.
#[derive(Clone, Debug)]
pub enum Generated {
    /// `bytes`: so many random ones.
    Bytes(Template),
    /// `images`: a list of so many, each with a layer of its own.
    Images(Value),
    /// `text`, `json` or `file`.
    Body(Body),
    /// `manifest`: fields of an image manifest.
    Manifest(Vec<(String, Value)>),
    /// `index`: fields of an image index.
    Index(Vec<(String, Value)>),
}

/// Uploads a blob that is made while it is sent, and pulls it back without keeping it.
#[derive(Clone, Debug)]
pub struct Stream {
    /// `bytes`: how many.
    pub bytes: Template,
    /// `to`: a repository.
    pub to: Option<Template>,
    /// `chunk`: bytes in a chunk; without it, all are in the PUT.
    pub chunk: Option<Template>,
    /// `as`: what has the digest and the size afterwards.
    pub name: Option<String>,
}

/// Uploads a blob.
#[derive(Clone, Debug)]
pub struct Upload {
    /// `blob`: the name of content.
    pub blob: Template,
    /// `to`: a repository.
    pub to: Option<Template>,
    /// `way`.
    pub way: Option<Template>,
    /// `digest`: the digest claimed; the content's unless said.
    pub digest: Option<Template>,
    /// `chunk`: bytes in a chunk; a third of the content unless said.
    pub chunk: Option<Template>,
    /// `expect`, of the last request.
    pub expect: Expect,
    /// `capture`, of the last request.
    pub captures: Vec<Capture>,
}

/// Pushes an image or a manifest.
#[derive(Clone, Debug)]
pub struct Push {
    /// What.
    pub what: Pushed,
    /// `to`: `repository:tag` or `repository@digest`.
    pub to: Template,
    /// `annotations`, added to the manifest of an image.
    pub annotations: Vec<(String, Template)>,
    /// `blobs`: whether the content that it names goes first.
    pub blobs: bool,
    /// `as`.
    pub name: Option<String>,
    /// `headers` of the manifest's request.
    pub headers: Vec<(String, Option<Template>)>,
    /// `query` of the manifest's request.
    pub query: Vec<(String, Vec<Template>)>,
    /// `expect`, of the manifest's request.
    pub expect: Expect,
    /// `capture`, of the manifest's request.
    pub captures: Vec<Capture>,
}

/// What is pushed.
#[derive(Clone, Debug)]
pub enum Pushed {
    /// `image`: the name of a fixture, or of an image that was pushed `as` that name before.
    Image(Template),
    /// `manifest`: the name of generated content.
    Manifest(Template),
}

/// Pulls, and compares.
#[derive(Clone, Debug)]
pub struct Pull {
    /// `blob`: a digest. Without it, an image is pulled.
    pub blob: Option<Template>,
    /// `from`: `repository:tag`, `repository@digest`; for a blob, a repository.
    pub from: Option<Template>,
    /// `equals`: the name of what was pushed or generated.
    pub equals: Option<Template>,
}

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
    pub combination: Option<Combination>,
    /// `after`: how long `kill` waits before.
    pub after: Wait,
    /// `signal`: what `kill` sends, KILL unless said.
    pub signal: Signal,
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

/// Looks at a file.
#[derive(Clone, Debug)]
pub struct FileCheck {
    /// Below the root.
    pub path: Template,
    /// What it has to be.
    pub expect: FileExpect,
}

/// What a file has to be.
#[derive(Clone, Debug)]
pub enum FileExpect {
    /// There.
    Present,
    /// Not there.
    Absent,
    /// There, and like this.
    Like {
        /// `size`.
        size: Option<Matcher>,
        /// `text`.
        text: Option<Matcher>,
        /// `json`, by JSONPath.
        json: Vec<(String, Matcher)>,
        /// `content`: the name of content.
        content: Option<Template>,
    },
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

/// Does steps again and again.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// How often, or for what.
    pub over: Value,
    /// `as`.
    pub name: Option<String>,
    /// `do`.
    pub steps: Vec<Step>,
}

/// Waits for something.
#[derive(Clone, Debug)]
pub struct Eventually {
    /// What has to hold.
    pub step: Box<Step>,
    /// `within`.
    pub within: Duration,
    /// `every`.
    pub every: Duration,
    /// `abort_if`.
    pub abort_if: Option<Box<Step>>,
}

/// What an answer has to be.
#[derive(Clone, Debug)]
pub struct Expect {
    /// Where it stands, or the step's key where it is implied.
    pub span: Span,
    /// The admissible outcomes; more than one only for `one_of`.
    pub outcomes: Vec<Outcome>,
    /// `unsupported`: with one of these statuses the scenario ends as unsupported.
    pub unsupported: Vec<u16>,
}

/// One admissible outcome. All of its checks have to hold.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// `as`.
    pub name: Option<String>,
    /// Whether this is `closed`: a connection that ends without an answer. Nothing else is checked then.
    pub closed: bool,
    /// The checks, each with its place.
    pub checks: Vec<(Span, Check)>,
}

/// One check of an answer.
#[derive(Clone, Debug)]
pub enum Check {
    /// `status`.
    Status(StatusMatcher),
    /// `error`.
    Error(Vec<Template>),
    /// `headers.NAME`.
    Header(String, Matcher),
    /// `json.PATH`.
    Json(String, Matcher),
    /// `body`.
    Body(Matcher),
    /// `size`.
    Size(Matcher),
    /// `digest`.
    Digest(Template),
}

/// Which statuses are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusMatcher {
    /// One of these.
    Exactly(Vec<u16>),
    /// `2xx`: the first digit.
    Class(u16),
}

impl StatusMatcher {
    /// Whether `status` is right.
    pub fn admits(&self, status: u16) -> bool {
        match self {
            Self::Exactly(statuses) => statuses.contains(&status),
            Self::Class(class) => status / 100 == *class,
        }
    }
}

/// What a value has to be.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// Equal.
    Equals(Value),
    /// `/regex/` or `matches`.
    Matches(regex::Regex),
    /// `present`.
    Present,
    /// `absent`.
    Absent,
    /// `not`.
    Not(Box<Matcher>),
    /// `contains`.
    Contains(Value),
    /// `length`.
    Length(Box<Matcher>),
    /// `at_least`.
    AtLeast(Template),
    /// `at_most`.
    AtMost(Template),
    /// `sorted: true`.
    Sorted,
    /// `unique: true`.
    Unique,
    /// `each`.
    Each(Box<Matcher>),
    /// `one_of`.
    OneOf(Vec<Matcher>),
    /// `content`: bytes equal to this content.
    Content(Template),
    /// `digest_of`: the digest of this content.
    DigestOf(Template),
    /// Several that have to hold together.
    All(Vec<Matcher>),
}
