//! The section about the statements of the specification, as texts.

use serde::Serialize;

use super::super::{Report, StatementReport, StatementVerdict};

#[derive(Serialize)]
pub(super) struct Statements {
    version: String,
    summary: String,
    levels: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    level: String,
    section: String,
    text: String,
    reason: String,
    red: bool,
    cells: Vec<Cell>,
    strength: &'static str,
    checks: String,
}

/// What it came to in one combination.
#[derive(Serialize)]
struct Cell {
    state: &'static str,
    sign: &'static str,
    words: String,
}

impl Statements {
    /// None where no scenario checked any.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let register = report.register.as_ref()?;
        let statements = report.statements();
        if statements.is_empty() {
            return None;
        }
        let mut levels: Vec<String> = statements.iter().map(|one| one.statement.level.clone()).collect();
        levels.sort();
        levels.dedup();
        let names: Vec<&str> = report.combinations.iter().map(|one| one.name.as_str()).collect();
        Some(Self {
            version: register.version.clone(),
            summary: summary(&statements),
            levels,
            rows: statements.iter().map(|one| row(one, &names)).collect(),
        })
    }
}

fn summary(statements: &[StatementReport]) -> String {
    let words = [
        StatementVerdict::Holds,
        StatementVerdict::Broken,
        StatementVerdict::Deviates,
        StatementVerdict::Unsupported,
        StatementVerdict::NotRun,
        StatementVerdict::Later,
        StatementVerdict::NotChecked,
    ];
    let words = words.into_iter().filter_map(|verdict| {
        let count = Report::count_statements(statements, verdict);
        (count > 0).then(|| format!("{count} {}", verdict.word()))
    });
    format!(
        "{} statements: {}",
        statements.len(),
        words.collect::<Vec<_>>().join(", ")
    )
}

fn row(one: &StatementReport, combinations: &[&str]) -> Row {
    let strength = one.strength;
    let checks = if strength.checks() == 0 {
        String::new()
    } else {
        format!(
            "{} in {} runs: {} of status, {} of headers, {} of bodies, {} of after-effects",
            strength.checks(),
            strength.runs,
            strength.status,
            strength.headers,
            strength.body,
            strength.after
        )
    };
    let cells = one.verdicts.iter().zip(combinations);
    Row {
        id: one.statement.id.clone(),
        level: one.statement.level.clone(),
        section: one.statement.section.clone(),
        text: one.statement.text.clone(),
        reason: one.statement.unchecked.clone().unwrap_or_default(),
        red: matches!(one.worst(), StatementVerdict::Broken | StatementVerdict::Deviates),
        cells: cells
            .map(|(verdict, combination)| Cell {
                state: state(*verdict),
                sign: verdict.sign(),
                words: format!("{combination}, {}: {}", one.statement.id, verdict.word()),
            })
            .collect(),
        strength: if strength.checks() == 0 { "" } else { strength.word() },
        checks,
    }
}

/// The class of its colours, which are those of the heat map.
const fn state(verdict: StatementVerdict) -> &'static str {
    match verdict {
        StatementVerdict::Holds => "pass",
        StatementVerdict::Broken => "fail",
        StatementVerdict::Deviates => "warn",
        StatementVerdict::Unsupported | StatementVerdict::NotRun => "not-run",
        StatementVerdict::NotChecked | StatementVerdict::Later => "nothing",
    }
}
