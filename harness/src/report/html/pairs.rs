//! What each build has written, opened by others: a line for who wrote it, a column for who opened it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    super::{Cell, CellState, Report},
    map::class,
};
use crate::runner::ScenarioFinished;

#[derive(Serialize)]
pub(super) struct Pairs {
    /// Who opened it.
    columns: Vec<String>,
    lines: Vec<Line>,
    about: String,
}

#[derive(Serialize)]
struct Line {
    /// Who wrote it.
    name: String,
    cells: Vec<Square>,
}

#[derive(Serialize)]
struct Square {
    class: char,
    sign: &'static str,
}

impl Pairs {
    /// None where no scenario met another build.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let mut runs: BTreeMap<(&str, &str), Vec<&ScenarioFinished>> = BTreeMap::new();
        for run in report.runs() {
            if let Some(other) = &run.other {
                runs.entry((&run.combination, other)).or_default().push(run);
            }
        }
        if runs.is_empty() {
            return None;
        }
        let names: Vec<&str> = report.combinations.iter().map(|one| one.name.as_str()).collect();
        let cell = |writer: &str, reader: &str| Cell::of(runs.get(&(writer, reader)).into_iter().flatten().copied());
        let line = |writer: &str| Line {
            name: writer.to_owned(),
            cells: names.iter().map(|reader| square(cell(writer, reader).state)).collect(),
        };
        Some(Self {
            columns: names.iter().map(|name| (*name).to_owned()).collect(),
            lines: names.iter().map(|writer| line(writer)).collect(),
            about: report.pairs().says(),
        })
    }
}

fn square(state: CellState) -> Square {
    let sign = if state == CellState::Nothing { "" } else { state.sign() };
    Square {
        class: class(state),
        sign,
    }
}
