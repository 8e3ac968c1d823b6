//! The statements of the specification, from `statements.tsv`.

use std::{fmt, sync::LazyLock};

/// One testable statement of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What scenarios call it.
    pub id: &'static str,
    /// How much it binds.
    pub level: Level,
    /// The section of the specification that it stands in.
    pub section: &'static str,
    /// What holds, in a few words.
    pub text: &'static str,
}

/// How much a statement binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// `MUST`.
    Must,
    /// `MUST NOT`.
    MustNot,
    /// `SHOULD`.
    Should,
    /// `SHOULD NOT`.
    ShouldNot,
    /// `MAY`.
    May,
    /// Stated as what is so, without a key word.
    Stated,
    /// Only in the table of endpoints.
    Table,
    /// Follows from other statements.
    Derived,
}

impl Level {
    const ALL: [Self; 8] = [
        Self::Must,
        Self::MustNot,
        Self::Should,
        Self::ShouldNot,
        Self::May,
        Self::Stated,
        Self::Table,
        Self::Derived,
    ];

    /// Whether a registry that breaks it does not conform.
    pub fn is_mandatory(self) -> bool {
        matches!(self, Self::Must | Self::MustNot)
    }
}

impl fmt::Display for Level {
    /// As in the specification; what it has no word for is a word of ours.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
            Self::Stated => "STATED",
            Self::Table => "TABLE",
            Self::Derived => "DERIVED",
        })
    }
}

static STATEMENTS: LazyLock<Vec<Statement>> = LazyLock::new(|| {
    let lines = include_str!("statements.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines
        .map(|line| read(line).expect("every line of statements.tsv has its four columns: a test reads them all"))
        .collect()
});

static IDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| STATEMENTS.iter().map(|statement| statement.id).collect());

/// All statements, in the order of the specification.
pub fn statements() -> &'static [Statement] {
    &STATEMENTS
}

/// The ids of all statements, in the same order.
pub fn statement_ids() -> &'static [&'static str] {
    &IDS
}

fn read(line: &'static str) -> Option<Statement> {
    let mut columns = line.split('\t');
    let (id, level) = (columns.next()?, columns.next()?);
    let level = Level::ALL.into_iter().find(|known| known.to_string() == level)?;
    let (section, text) = (columns.next()?, columns.next()?);
    columns.next().is_none().then_some(Statement {
        id,
        level,
        section,
        text,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_statement_has_an_id_of_its_own_a_section_and_a_text() {
        let ids: BTreeSet<_> = statement_ids().iter().collect();
        assert_eq!(ids.len(), 201);
        assert_eq!(statements().len(), 201);
        for statement in statements() {
            assert!(
                !statement.section.is_empty() && !statement.text.is_empty(),
                "{}",
                statement.id
            );
        }
    }

    #[test]
    fn a_hundred_statements_are_mandatory() {
        assert_eq!(
            statements()
                .iter()
                .filter(|statement| statement.level.is_mandatory())
                .count(),
            100
        );
    }

    #[test]
    fn a_line_that_lacks_a_column_is_no_statement() {
        assert_eq!(read("X-01\tMUST\tSection"), None);
        assert_eq!(read("X-01\tPERHAPS\tSection\ttext"), None);
        assert!(read("X-01\tMUST\tSection\ttext").is_some());
    }
}
