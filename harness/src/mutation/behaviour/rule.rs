//! A rule as it is declared: which exchanges it is about, and what is done to them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    pattern::Pattern,
    template::{Expression, Template},
};

/// What is done to the exchanges that `on` names.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Which exchanges. A status in it is that of the registry's answer.
    pub on: Pattern,
    /// What has to hold beside. Sees the answer where nothing is done to the request.
    pub when: Option<Expression>,
    /// Waits until so many exchanges of this rule are under way at once, or it is clear that they will not be.
    pub meet: Option<usize>,
    /// What is done to the request.
    #[serde(default)]
    pub request: Vec<RequestEdit>,
    /// The answer, which the registry is not asked for.
    pub instead: Option<Instead>,
    /// What is done to the answer.
    #[serde(default)]
    pub answer: Vec<AnswerEdit>,
    /// Adds to lists that later rules see as `noted.NAME`, when the exchange is over.
    #[serde(default)]
    pub note: BTreeMap<String, Template>,
    /// Appends the body of the request to what is kept under this key, which later rules see as `kept.KEY`.
    pub keep: Option<Template>,
}

impl Rule {
    /// Whether something is done before the registry is asked.
    pub fn acts_before(&self) -> bool {
        !self.request.is_empty() || self.instead.is_some()
    }
}

/// An answer that the registry is not asked for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Instead {
    /// Its status.
    pub status: u16,
    /// Its headers.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// Its body.
    pub body: Option<Template>,
}

/// Something that is done to a request.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestEdit {
    /// Another method.
    Method(String),
    /// Another path and query.
    Target(Template),
    /// Headers that are set.
    Set(BTreeMap<String, Template>),
    /// A header that is left out.
    Drop(String),
    /// Keys of the query that are set.
    Query(BTreeMap<String, Template>),
    /// A key of the query that is left out.
    DropQuery(String),
    /// Another body.
    Body(Template),
    /// What was kept under this key, as the body.
    KeptBody(Template),
    /// Fields of a JSON body that are set, each to the value of an expression that sees the document as `sent`.
    Json(BTreeMap<String, Expression>),
    /// The last bytes of the body are left out.
    CutBody(usize),
    /// What came of a body that was cut is all of it.
    Whole,
    /// What came behind the body belongs to it.
    TakeBehind,
}

/// Something that is done to an answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerEdit {
    /// Another status.
    Status(u16),
    /// Headers that are set.
    Set(BTreeMap<String, Template>),
    /// Headers that are added, whether or not they are there.
    Add(BTreeMap<String, Template>),
    /// A header that is left out.
    Drop(String),
    /// A part of a header, found by a regex, that is replaced.
    Replace {
        /// The header.
        header: String,
        /// The regex.
        find: String,
        /// What stands there instead; `$1` is the regex's first group.
        with: Template,
    },
    /// The last number in a header, made greater by so much.
    Shift {
        /// The header.
        header: String,
        /// By how much.
        by: i64,
    },
    /// Another body.
    Body(Template),
    /// A document with this error code as the body.
    Error(String),
    /// Fields of a JSON body that are set, each to the value of an expression that sees the document as `json`.
    Json(BTreeMap<String, Expression>),
    /// A JSON body that is the value of an expression.
    Document(Expression),
    /// The last bytes of the body are left out.
    CutBody(usize),
    /// Bytes that are added to the body.
    PadBody(String),
    /// A bit of the body is flipped, in the middle.
    FlipBit,
    /// What was kept under this key, as the body, with 200; nothing where nothing was kept.
    Serve(Template),
    /// The registry is asked again, with the request changed, and that is the answer.
    Again(Vec<RequestEdit>),
    /// Every repository that was seen is asked for this, as `other`; the first that answers 2xx gives the answer.
    Elsewhere(Template),
    /// Every repository that was seen is asked for this too, as `other`; nobody sees the answers.
    Everywhere(Template),
    /// The registry is asked for something more, whose answer nobody sees.
    Also(Vec<RequestEdit>),
    /// The first answer that this rule saw.
    First,
    /// The length that is declared, made greater by so much; then the connection is closed.
    Declare(i64),
    /// The connection is closed so many bytes before the end.
    Cut(usize),
    /// The connection is closed without an answer.
    HangUp,
    /// Bytes behind the answer.
    Behind(Template),
    /// The body that GET would have, behind an answer to HEAD.
    BodyOfGet,
    /// The body is sent chunked, without a length.
    Chunked,
    /// The body is sent without a length, and ends with the connection.
    UntilClosed,
    /// The connection is closed after the answer.
    Close,
    /// Interim answers that are sent before it.
    Interim(u16),
    /// So many milliseconds pass.
    Delay(u64),
    /// The names of headers are written with capitals.
    CapitalNames,
}
