//! A place where a tree does not keep to a rule, and how a machine would mend it.

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::Rule;

/// A text that takes the place of another, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Range<usize>,
    /// What comes.
    pub text: String,
}

/// What a machine does about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Changes the file of the finding. The edits do not overlap.
    Edit(Vec<Edit>),
    /// Writes a file that is not there, or replaces one.
    Write(PathBuf, String),
    /// Gives the file of the finding another name.
    Rename(PathBuf),
}

/// A place where a tree does not keep to a rule.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The file, relative to the tree.
    pub path: PathBuf,
    /// Its text, with its name.
    pub source: NamedSource<Arc<str>>,
    /// Where, within one line. None if it is about the whole file, or about one that is not there.
    pub span: Option<Range<usize>>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to write.
    pub help: String,
    /// How a machine would mend it.
    pub fix: Option<Fix>,
}

impl Finding {
    /// The line and column of the finding, from 1, where it has a place.
    pub fn position(&self) -> Option<(usize, usize)> {
        let text = self.source.inner();
        let before = text.get(..self.span.as_ref()?.start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[line_start..].chars().count() + 1;
        Some((before.matches('\n').count() + 1, column))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.span {
            Some(_) => formatter.write_str(&self.message),
            // Without a place in a file nothing else would name it.
            None => write!(formatter, "{}: {}", self.path.display(), self.message),
        }
    }
}

impl std::error::Error for Finding {}

impl Diagnostic for Finding {
    fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(self.rule))
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        let mends = if self.fix.is_some() { " (--fix does)" } else { "" };
        Some(Box::new(format!("{}{mends}\n{}", self.help, self.rule.why())))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.span.as_ref().map(|_| &self.source as &dyn SourceCode)
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
