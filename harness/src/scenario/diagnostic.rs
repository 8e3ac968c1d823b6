//! What can be wrong with a scenario file: stable codes, and problems that point at a place in it and say what to write.

use std::{fmt, path::PathBuf, sync::Arc};

use miette::{Diagnostic, LabeledSpan, NamedSource};

use super::Span;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// What kind of problem it is. The codes are stable: a number is never used for another kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What is wrong, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }

            /// As it is shown, such as `PLM0101`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

codes! {
    /// The file or folder cannot be read.
    Unreadable = "PLM0001",
    /// There is no scenario in the folder.
    NoScenario = "PLM0002",
    /// No scenario is selected.
    NothingSelected = "PLM0003",

    /// The file is not YAML.
    Syntax = "PLM0101",
    /// A map has the key twice.
    DuplicateKey = "PLM0102",
    /// An anchor or an alias.
    Anchor = "PLM0103",
    /// A tag.
    Tag = "PLM0104",
    /// More than one document.
    SecondDocument = "PLM0105",
    /// A key that is no text.
    KeyNotText = "PLM0106",
    /// A template that YAML takes for a map.
    UnquotedTemplate = "PLM0107",
    /// Nested too deeply.
    TooDeep = "PLM0108",

    /// A key that may not stand there.
    UnknownKey = "PLM0201",
    /// A key that has to stand there.
    MissingKey = "PLM0202",
    /// A map where a text is due, and so on.
    WrongKind = "PLM0203",
    /// A list, map or text without anything in it.
    Empty = "PLM0204",
    /// A step that says nothing that is done.
    NoAction = "PLM0205",
    /// Keys that exclude each other.
    Conflict = "PLM0206",
    /// A word that is none of those that may stand there.
    UnknownWord = "PLM0207",

    /// No size.
    Size = "PLM0301",
    /// No duration.
    Duration = "PLM0302",
    /// No HTTP status.
    Status = "PLM0303",
    /// No header name.
    HeaderName = "PLM0304",
    /// No regular expression.
    Regex = "PLM0305",
    /// No JSONPath.
    JsonPath = "PLM0306",
    /// No template.
    Template = "PLM0307",
    /// A variable that nothing defines.
    UnknownVariable = "PLM0308",
    /// No variable name.
    VariableName = "PLM0309",
    /// The name is taken by the language.
    ShadowsBuiltin = "PLM0310",
    /// No source of a capture.
    CaptureSource = "PLM0311",
    /// No expression over extensions.
    Requires = "PLM0312",
    /// An extension that the project does not have.
    UnknownExtension = "PLM0313",
    /// A statement that the specification does not have.
    UnknownStatement = "PLM0314",
    /// No number, or one out of range.
    Number = "PLM0315",
    /// No error code.
    ErrorCode = "PLM0316",
    /// No name and password.
    Account = "PLM0317",

    /// No step asserts anything.
    NoAssertion = "PLM0401",
    /// `one_of` with fewer than two.
    OneOutcome = "PLM0402",
    /// A check that holds whatever comes.
    CannotFail = "PLM0403",
    /// Checks that cannot hold together.
    CannotHold = "PLM0404",
    /// `eventually` around a step that does not ask.
    DoesNotAsk = "PLM0405",
    /// `off` or `absent` without `requires`.
    WithoutRequires = "PLM0406",
    /// Rows of `each` with different keys.
    UnevenRows = "PLM0407",

    /// A server that the scenario does not name.
    UnknownServer = "PLM0501",
    /// A step that does not say which of several servers it is about.
    WhichServer = "PLM0502",
    /// Servers that need each other's address before they can start.
    StartOrder = "PLM0503",
    /// A step about a file system of its own that the server does not have.
    NoDisk = "PLM0504",
}

impl Code {
    /// What codes of its hundred have in common: why such a file is refused, and where to read on.
    pub fn family(self) -> &'static str {
        match self.as_str().get(..5) {
            Some("PLM00") => {
                "A run that would run nothing looks like a success, so that what is not found is an error."
            }
            Some("PLM01") => {
                "Scenario files are YAML 1.2 without what makes one text mean two things: a file says the same to every reader."
            }
            Some("PLM02") => {
                "A key that is misspelt or stands in the wrong place would check nothing, silently. \
                 docs/scenarios.md lists what may stand where."
            }
            Some("PLM03") => {
                "Values are read before anything runs, so that a slip is found in the file and not in the middle of a run. \
                 docs/scenarios.md says how each is written."
            }
            _ => {
                "A check that cannot fail is worth nothing, and one that cannot hold is no check. Write what a wrong \
                 registry would break."
            }
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One problem of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub code: Code,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where: within one line. None if it is of the whole file.
    pub span: Option<Span>,
    /// What to write.
    pub help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(self.code))
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(&self.help))
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::new(
            None,
            span.start,
            span.len(),
        ))))
    }
}

/// How many problems of a file are told. To find the place of each takes a look at the whole file.
const MOST_PROBLEMS: usize = 100;

/// Why a file is no scenario: the problems that it has, in their order, or the first hundred.
#[derive(Clone, Debug, thiserror::Error, Diagnostic)]
#[error("{} {}", path.display(), summary(problems.len(), *found))]
pub struct LoadError {
    /// The file or folder, as it is shown.
    pub path: PathBuf,
    /// The file's text.
    #[source_code]
    pub source_code: NamedSource<Arc<str>>,
    /// What is wrong; at least one.
    #[related]
    pub problems: Vec<Problem>,
    /// How many there are.
    found: usize,
}

fn summary(told: usize, found: usize) -> String {
    match found {
        1 => "has a problem".to_owned(),
        _ if told < found => format!("has {found} problems, of which these are the first {told}"),
        _ => format!("has {found} problems"),
    }
}

impl LoadError {
    /// The error of a file with this text. `problems` come in any order.
    pub(super) fn new(path: PathBuf, source: Arc<str>, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.start));
        problems.dedup();
        let found = problems.len();
        problems.truncate(MOST_PROBLEMS);
        Self {
            source_code: NamedSource::new(path.display().to_string(), source),
            path,
            problems,
            found,
        }
    }

    /// The error of something that has no text.
    pub(super) fn whole(path: PathBuf, code: Code, message: String, help: String) -> Self {
        let problem = Problem {
            code,
            message,
            span: None,
            help,
        };
        Self::new(path, "".into(), vec![problem])
    }
}

/// The part of `span` on its first line, at least one byte where there is one.
pub(super) fn first_line(source: &str, span: Span) -> Span {
    let mut start = source.floor_char_boundary(span.start);
    // What is missing at the end of the text is shown at its last character.
    if start == source.len() {
        start = source.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
    }
    let line_end = source[start..].find('\n').map_or(source.len(), |at| start + at);
    let end = source.ceil_char_boundary(span.end).clamp(start, line_end);
    let end = start + source[start..end].trim_end().len();
    if end > start {
        return start..end;
    }
    start..start + source[start..].chars().next().map_or(0, char::len_utf8)
}
