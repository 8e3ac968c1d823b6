//! The register: every statement, from `statements.tsv`.

use std::sync::LazyLock;

use super::{Level, Seen, State, Statement, Version};

const FILE: &str = include_str!("statements.tsv");

/// Why the register cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("statements.tsv, line {line}: {message}")]
pub struct RegisterError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there, and what to write.
    pub message: String,
}

static STATEMENTS: LazyLock<Vec<Statement>> =
    LazyLock::new(|| read(FILE).expect("the register is part of the program, and a test reads all of it"));

static IDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| STATEMENTS.iter().map(|statement| statement.id).collect());

/// All statements, in the order of the specification.
pub fn statements() -> &'static [Statement] {
    &STATEMENTS
}

/// The ids of all statements, in the same order.
pub fn statement_ids() -> &'static [&'static str] {
    &IDS
}

/// The statement with this id.
pub fn statement(id: &str) -> Option<&'static Statement> {
    STATEMENTS.iter().find(|statement| statement.id == id)
}

fn read(file: &'static str) -> Result<Vec<Statement>, RegisterError> {
    let mut statements: Vec<Statement> = Vec::new();
    for (index, line) in file.lines().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        let wrong = |message: String| RegisterError {
            line: index + 1,
            message,
        };
        let statement = read_line(line).map_err(wrong)?;
        if statements.iter().any(|other| other.id == statement.id) {
            return Err(wrong(format!("`{}` stands there twice", statement.id)));
        }
        statements.push(statement);
    }
    Ok(statements)
}

fn read_line(line: &'static str) -> Result<Statement, String> {
    let columns: Vec<&str> = line.split('\t').collect();
    let (&[id, level, since, seen, state, section, text], reason) = (match &columns[..] {
        [first @ .., reason] if first.len() == 7 => (first, Some(*reason)),
        all => (all, None),
    }) else {
        return Err(format!(
            "{} columns; there are seven, or eight with a reason",
            columns.len()
        ));
    };
    if let Some(empty) = columns
        .iter()
        .position(|column| column.trim() != *column || column.is_empty())
    {
        return Err(format!("column {} is empty, or has white space around it", empty + 1));
    }
    let (since, earlier) = read_versions(since)?;
    let state = match (state, reason) {
        ("checked", None) => State::Checked,
        ("exception", Some(reason)) => State::Exception(reason),
        ("untestable", Some(reason)) => State::Untestable(reason),
        ("checked", Some(_)) => return Err("what is checked needs no reason".to_owned()),
        ("exception" | "untestable", None) => return Err(format!("`{state}` needs a reason in an eighth column")),
        _ => return Err(format!("`{state}` is no state: checked, exception or untestable")),
    };
    let seen = Seen::from_name(seen).ok_or_else(|| format!("`{seen}` is none of http, raw, own and no"))?;
    if (seen == Seen::Nowhere) != matches!(state, State::Untestable(_)) {
        return Err("what is seen nowhere is untestable, and nothing else is".to_owned());
    }
    Ok(Statement {
        id,
        level: read_level(level)?,
        since,
        earlier,
        seen,
        state,
        section,
        text,
    })
}

/// `1.1`, or `dev, SHOULD 1.0` where it bound otherwise before.
fn read_versions(text: &str) -> Result<(Version, Option<(Level, Version)>), String> {
    let (since, earlier) = match text.split_once(", ") {
        Some((since, earlier)) => (since, Some(earlier)),
        None => (text, None),
    };
    let since = read_version(since)?;
    let Some(earlier) = earlier else {
        return Ok((since, None));
    };
    let Some((level, version)) = earlier.rsplit_once(' ') else {
        return Err(format!("`{earlier}` is no level and version, such as `SHOULD 1.0`"));
    };
    let version = read_version(version)?;
    if version >= since {
        return Err(format!("{version} is not earlier than {since}"));
    }
    Ok((since, Some((read_level(level)?, version))))
}

fn read_version(text: &str) -> Result<Version, String> {
    Version::from_name(text).ok_or_else(|| format!("`{text}` is no version: 1.0, 1.1 or dev"))
}

fn read_level(text: &str) -> Result<Level, String> {
    Level::from_name(text).ok_or_else(|| format!("`{text}` is no level, such as MUST or STATED"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_has_every_statement() {
        let statements = read(FILE).unwrap_or_else(|error| panic!("{error}"));
        let of = |levels: &[Level]| statements.iter().filter(|one| levels.contains(&one.level)).count();
        assert_eq!(statements.len(), 201);
        assert_eq!(of(&[Level::Must, Level::MustNot]), 100);
        assert_eq!(of(&[Level::Should, Level::ShouldNot]), 28);
        assert_eq!(of(&[Level::May]), 26);
        assert_eq!(of(&[Level::Stated, Level::Table, Level::Derived]), 47);
    }

    #[test]
    fn a_line_that_is_wrong_says_what_and_where() {
        let wrong = |line: &'static str| match read(line) {
            Ok(_) => panic!("{line:?} is taken"),
            Err(error) => error.to_string(),
        };
        for (line, message) in [
            ("X-01\tMUST\t1.0", "3 columns"),
            ("X-01\tPERHAPS\t1.0\thttp\tchecked\tA\tb", "`PERHAPS` is no level"),
            ("X-01\tMUST\t2.0\thttp\tchecked\tA\tb", "`2.0` is no version"),
            (
                "X-01\tMUST\tdev, SHOULD\thttp\tchecked\tA\tb",
                "`SHOULD` is no level and version",
            ),
            ("X-01\tMUST\t1.1, SHOULD dev\thttp\tchecked\tA\tb", "not earlier"),
            ("X-01\tMUST\t1.0\tsmoke\tchecked\tA\tb", "`smoke` is none of"),
            ("X-01\tMUST\t1.0\thttp\tperhaps\tA\tb", "`perhaps` is no state"),
            ("X-01\tMUST\t1.0\thttp\texception\tA\tb", "needs a reason"),
            ("X-01\tMUST\t1.0\thttp\tchecked\tA\tb\twhy", "needs no reason"),
            ("X-01\tMUST\t1.0\tno\tchecked\tA\tb", "seen nowhere"),
            ("X-01\tMUST\t1.0\thttp\tchecked\tA\t", "column 7 is empty"),
            (
                "# comment\nX-01\tMUST\t1.0\thttp\tchecked\tA\tb\nX-01\tMUST\t1.0\thttp\tchecked\tA\tb",
                "line 3: `X-01`",
            ),
        ] {
            assert!(wrong(line).contains(message), "{line:?}: {}", wrong(line));
        }
    }
}
