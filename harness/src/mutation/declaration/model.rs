//! A mutant or a variation.

use std::{fmt, sync::Arc};

use crate::{
    conformance::{Level, statements},
    mutation::behaviour::Rule,
};

/// What a declaration is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A registry with a bug. Some check has to catch it.
    Mutant,
    /// A registry that does something otherwise, as it may. No check may fail.
    Variation,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Mutant => "mutant",
            Self::Variation => "variation",
        })
    }
}

/// A mutant or a variation.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// What it is called: its area, a slash, and a name of its own.
    pub id: String,
    /// Which of the two.
    pub kind: Kind,
    /// The statements that a mutant breaks, or that allow a variation. What the specification does not speak of, a scenario
    /// states: then it is the name of that, `security/any/CVE-2017-11468`.
    pub statements: Vec<String>,
    /// What the registry does, as the end of a sentence that begins with it.
    pub does: String,
    /// How the saboteur brings that about.
    pub rules: Arc<[Rule]>,
}

impl Declaration {
    /// The part of the specification that it belongs to.
    pub fn area(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// The level of the statement that binds most.
    pub fn level(&self) -> Level {
        let levels = statements()
            .iter()
            .filter(|statement| self.statements.iter().any(|one| one == statement.id))
            .map(|statement| statement.level);
        levels.min().unwrap_or(Level::Derived)
    }

    /// Whether it breaks this statement, or is allowed by it.
    pub fn is_about(&self, statement: &str) -> bool {
        self.statements.iter().any(|one| one == statement)
    }

    /// Whether `filter` is its id or the beginning of it, or a statement of it or the beginning of one.
    pub fn is_selected_by(&self, filter: &str) -> bool {
        self.id.starts_with(filter)
            || self
                .statements
                .iter()
                .any(|one| one.starts_with(&filter.to_uppercase()))
    }
}

/// Everything that is declared.
#[derive(Clone, Debug, Default)]
pub struct Declarations(pub(super) Vec<Declaration>);

impl Declarations {
    /// Those of one kind, in the order of their files.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Declaration> {
        self.0.iter().filter(move |declaration| declaration.kind == kind)
    }

    /// All of them, mutants first.
    pub fn iter(&self) -> impl Iterator<Item = &Declaration> {
        self.0.iter()
    }
}
