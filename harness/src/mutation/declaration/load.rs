//! Reads declarations, and refuses what is wrong with them.

use std::{collections::BTreeSet, fs, io, path::Path};

use serde::Deserialize;

use super::{Declaration, Declarations, Kind, embedded};
use crate::{conformance::statement_ids, mutation::behaviour::Rule, suggestion};

/// Why declarations cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeclarationError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {source}")]
    Syntax {
        /// The file.
        path: String,
        /// Where, and what is wrong.
        source: Box<toml::de::Error>,
    },
    /// A declaration says what cannot be.
    #[error("{path}: {id}: {message}")]
    Wrong {
        /// The file.
        path: String,
        /// The declaration.
        id: String,
        /// What is wrong.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    mutant: Vec<Mutant>,
    #[serde(default)]
    variation: Vec<Variation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    id: String,
    breaks: Vec<String>,
    does: String,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Variation {
    id: String,
    allowed_by: Vec<String>,
    does: String,
    rules: Vec<Rule>,
}

impl Declarations {
    /// Those that the harness has.
    ///
    /// # Errors
    /// One of them is wrong, which a test holds against us.
    pub fn embedded() -> Result<Self, DeclarationError> {
        let mut all = Vec::new();
        for (area, text) in embedded::FILES {
            all.extend(read(&format!("{area}.toml"), area, text)?);
        }
        Self::checked(all)
    }

    /// Those in a file of somebody's own; their area is the file's name.
    ///
    /// # Errors
    /// The file is not there, or wrong.
    pub fn load(path: &Path) -> Result<Self, DeclarationError> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| DeclarationError::Read {
            path: shown.clone(),
            source,
        })?;
        let area = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::checked(read(&shown, &area, &text)?)
    }

    fn checked(mut all: Vec<Declaration>) -> Result<Self, DeclarationError> {
        let mut seen = BTreeSet::new();
        for one in &all {
            if !seen.insert(&one.id) {
                return Err(wrong("declarations", one, "stands there twice"));
            }
        }
        all.sort_by_key(|one| one.kind);
        Ok(Self(all))
    }
}

fn read(path: &str, area: &str, text: &str) -> Result<Vec<Declaration>, DeclarationError> {
    let file: File = toml::from_str(text).map_err(|source| DeclarationError::Syntax {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    let declaration = |kind, id: String, statements, does, rules: Vec<Rule>| Declaration {
        id: format!("{area}/{id}"),
        kind,
        statements,
        does,
        rules: rules.into(),
    };
    let mutants = file
        .mutant
        .into_iter()
        .map(|one| declaration(Kind::Mutant, one.id, one.breaks, one.does, one.rules));
    let variations = file
        .variation
        .into_iter()
        .map(|one| declaration(Kind::Variation, one.id, one.allowed_by, one.does, one.rules));
    let all: Vec<_> = mutants.chain(variations).collect();
    all.iter().try_for_each(|one| check(path, one))?;
    Ok(all)
}

fn check(path: &str, one: &Declaration) -> Result<(), DeclarationError> {
    if one.rules.is_empty() {
        return Err(wrong(path, one, "has no rule: it changes nothing"));
    }
    if one.statements.is_empty() {
        return Err(wrong(path, one, "names no statement"));
    }
    for id in one.statements.iter().filter(|id| !names_scenario(id)) {
        if !statement_ids().contains(&id.as_str()) {
            let near = suggestion::nearest(id, statement_ids().iter().copied());
            let help = suggestion::did_you_mean(near, "`plimsoll list` prints statements that scenarios check");
            return Err(wrong(path, one, &format!("there is no statement `{id}`; {help}")));
        }
    }
    let idle =
        |rule: &Rule| !rule.acts_before() && rule.answer.is_empty() && rule.note.is_empty() && rule.keep.is_none();
    if one.rules.iter().any(idle) {
        return Err(wrong(path, one, "has a rule that does nothing"));
    }
    Ok(())
}

/// Whether it is the name of a scenario, and no statement. Whether there is such a scenario is seen when it is tried.
pub(super) fn names_scenario(id: &str) -> bool {
    id.contains('/')
}

fn wrong(path: &str, one: &Declaration, message: &str) -> DeclarationError {
    DeclarationError::Wrong {
        path: path.to_owned(),
        id: one.id.clone(),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read("x.toml", "x", text).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn what_is_declared_here_is_right() {
        let all = Declarations::embedded().unwrap_or_else(|error| panic!("{error}"));
        assert!(all.of(Kind::Mutant).count() >= 180);
        assert!(all.of(Kind::Variation).count() >= 40);
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_place() {
        let rule = "rules = [{ on = \"GET blob\", answer = [{ status = 500 }] }]";
        let unknown = refused(&format!(
            "[[mutant]]\nid = \"a\"\nbreaks = [\"PULL-BLOB-1\"]\ndoes = \"b\"\n{rule}"
        ));
        assert!(unknown.contains("did you mean `PULL-BLOB-01`?"), "{unknown}");
        let action = refused(
            "[[mutant]]\nid = \"a\"\nbreaks = [\"PULL-BLOB-01\"]\ndoes = \"b\"\nrules = [{ on = \"GET blob\", answer = [{ statsu = 5 }] }]",
        );
        assert!(action.contains("line 5") && action.contains("statsu"), "{action}");
        let on = refused(
            "[[mutant]]\nid = \"a\"\nbreaks = [\"PULL-BLOB-01\"]\ndoes = \"b\"\nrules = [{ on = \"GET blub\", answer = [] }]",
        );
        assert!(on.contains("there is no endpoint `blub`"), "{on}");
        let idle = refused(
            "[[mutant]]\nid = \"a\"\nbreaks = [\"PULL-BLOB-01\"]\ndoes = \"b\"\nrules = [{ on = \"GET blob\" }]",
        );
        assert!(idle.contains("does nothing"), "{idle}");
    }
}
