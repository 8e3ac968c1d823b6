//! The section about the statements of the specification, as texts.

use serde::Serialize;

use super::{
    super::{CellState, Report, StatementReport, StatementVerdict, text::plural},
    map::class,
};

#[derive(Serialize)]
pub(super) struct Statements {
    version: String,
    summary: String,
    levels: Vec<String>,
    sections: Vec<Section>,
}

/// The statements of a section of the specification.
#[derive(Serialize)]
struct Section {
    name: String,
    about: String,
    red: bool,
    cells: Vec<Cell>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    level: String,
    text: String,
    reason: String,
    cells: Vec<Cell>,
    strength: &'static str,
    checks: String,
}

/// What it came to in one combination.
#[derive(Serialize)]
struct Cell {
    class: char,
    sign: &'static str,
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
        let sections = statements.chunk_by(|one, other| one.statement.section == other.statement.section);
        Some(Self {
            version: register.version.clone(),
            summary: summary(&statements),
            levels,
            sections: sections.map(section).collect(),
        })
    }
}

fn section(statements: &[StatementReport]) -> Section {
    let red = |one: &&StatementReport| matches!(one.worst(), StatementVerdict::Broken | StatementVerdict::Deviates);
    let columns = statements.first().map_or(0, |one| one.verdicts.len());
    let worst = (0..columns).filter_map(|column| {
        let verdicts = statements.iter().map(|one| one.verdicts[column]);
        // What is not checked, and nothing else, says nothing of a section.
        verdicts.max_by_key(|verdict| (weight(*verdict), *verdict))
    });
    Section {
        name: statements
            .first()
            .map_or_else(String::new, |one| one.statement.section.clone()),
        about: summary(statements),
        red: statements.iter().any(|one| red(&one)),
        cells: worst.map(cell).collect(),
        rows: statements.iter().map(row).collect(),
    }
}

/// How much a verdict says of the section that it stands in.
const fn weight(verdict: StatementVerdict) -> u8 {
    match verdict {
        StatementVerdict::NotChecked | StatementVerdict::Later => 0,
        StatementVerdict::Unsupported | StatementVerdict::NotRun => 1,
        StatementVerdict::Holds => 2,
        StatementVerdict::Deviates => 3,
        StatementVerdict::Broken => 4,
    }
}

fn cell(verdict: StatementVerdict) -> Cell {
    Cell {
        class: class(state(verdict)),
        sign: verdict.sign(),
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

fn row(one: &StatementReport) -> Row {
    let strength = one.strength;
    let checks = if strength.checks() == 0 {
        String::new()
    } else {
        format!(
            "{} checks in {} of {}: {} of status, {} of headers, {} of bodies, {} of after-effects",
            strength.checks(),
            plural(strength.runs.into(), "run"),
            plural(strength.scenarios.into(), "scenario"),
            strength.status,
            strength.headers,
            strength.body,
            strength.after
        )
    };
    Row {
        id: one.statement.id.clone(),
        level: one.statement.level.clone(),
        text: one.statement.text.clone(),
        reason: one.statement.unchecked.clone().unwrap_or_default(),
        cells: one.verdicts.iter().copied().map(cell).collect(),
        strength: if strength.checks() == 0 { "" } else { strength.word() },
        checks,
    }
}

/// The state of the heat map that looks like it.
const fn state(verdict: StatementVerdict) -> CellState {
    match verdict {
        StatementVerdict::Holds => CellState::Pass,
        StatementVerdict::Broken => CellState::Fail,
        StatementVerdict::Deviates => CellState::Warn,
        StatementVerdict::Unsupported | StatementVerdict::NotRun => CellState::NotRun,
        StatementVerdict::NotChecked | StatementVerdict::Later => CellState::Nothing,
    }
}
