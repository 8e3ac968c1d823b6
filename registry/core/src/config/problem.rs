//! What is wrong with a configuration, and how it is told.

use std::fmt;

use super::tree::Place;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The configuration is used all the same.
    Warning,
    /// It is not.
    Error,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    pub(super) place: Place,
    /// The key's path; empty for the document itself.
    pub key: String,
    /// What was found.
    pub found: String,
    /// What to write.
    pub help: String,
}

/// All that is wrong with one file. It prints as one message a problem.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) file: String,
    pub(super) text: String,
    /// The problems, in the order of the file.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether any of them is an error.
    pub fn is_fatal(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            let Place { line, column, width } = problem.place;
            let severity = match problem.severity {
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            write!(formatter, "{severity}: {}:{line}:{column}: ", self.file)?;
            if !problem.key.is_empty() {
                write!(formatter, "{}: ", problem.key)?;
            }
            writeln!(formatter, "{}; {}", problem.found, problem.help)?;
            if let Some(source) = self
                .text
                .lines()
                .nth(line - 1)
                .filter(|source| !source.trim().is_empty())
            {
                // Tabs are shown as one space, so that the caret stands where the column says; a line that was generated
                // is cut.
                let shown: String = source
                    .chars()
                    .map(|character| if character.is_control() { ' ' } else { character })
                    .take(WIDEST)
                    .collect();
                writeln!(formatter, "{line:>5} | {shown}")?;
                if column <= WIDEST {
                    let carets = "^".repeat(width.min(WIDEST - column + 1));
                    writeln!(formatter, "      | {}{carets}", " ".repeat(column - 1))?;
                }
            }
        }
        Ok(())
    }
}

/// How many characters of a line are shown.
const WIDEST: usize = 120;
