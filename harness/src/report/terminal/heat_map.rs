//! Combinations × groups of scenarios, a cell each.

use std::io::{self, Write};

use anstyle::Style;

use super::{
    super::{Cell, CellState, CombinationReport, Report, text},
    style::{DIM, GREEN, RED, YELLOW},
};

/// A text in the grid, and how it looks.
type Styled = (String, Style);

pub(super) fn write(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    let groups = report.groups();
    let official = report
        .combinations
        .iter()
        .any(|combination| !combination.official.is_empty());
    let built = report
        .combinations
        .iter()
        .any(|combination| combination.build.is_some());

    let mut header: Vec<Styled> = vec![(String::new(), DIM)];
    header.extend(groups.iter().map(|group| (group.clone(), DIM)));
    if official {
        header.push(("official".to_owned(), DIM));
    }
    if built {
        header.push(("build".to_owned(), DIM));
    }
    let mut grid = vec![header];
    for combination in &report.combinations {
        grid.push(line(combination, &groups, official, built));
    }
    print(&grid, to)?;
    legend(report, &groups, to)
}

fn line(combination: &CombinationReport, groups: &[String], official: bool, built: bool) -> Vec<Styled> {
    let mut line = vec![(combination.name.clone(), Style::new())];
    if combination.build_error().is_some() {
        line.push(("✗ not built".to_owned(), RED));
        return line;
    }
    line.extend(groups.iter().map(|group| {
        let cell = combination.cell(group);
        (cell.label(), style(cell.state))
    }));
    if official {
        line.push(self::official(combination));
    }
    if built {
        line.push((self::built(combination), DIM));
    }
    line
}

fn official(combination: &CombinationReport) -> Styled {
    if combination.official.is_empty() {
        return cell(CellState::Nothing, 0, 0);
    }
    if combination.official.iter().any(|official| official.error.is_some()) {
        return ("✗ not run".to_owned(), RED);
    }
    let passed: usize = combination
        .official
        .iter()
        .filter_map(|one| usize::try_from(one.passed).ok())
        .sum();
    let failed: usize = combination.official.iter().map(|one| one.failed.len()).sum();
    let state = if failed == 0 { CellState::Pass } else { CellState::Fail };
    cell(state, passed, passed + failed)
}

fn cell(state: CellState, passed: usize, ran: usize) -> Styled {
    let cell = Cell {
        state,
        passed,
        ran,
        not_run: 0,
    };
    (cell.label(), style(state))
}

fn built(combination: &CombinationReport) -> String {
    combination.build.as_ref().map_or_else(String::new, |build| {
        let size = build.size.map_or_else(String::new, |size| {
            format!("{}.{} MB, ", size / 1_000_000, size / 100_000 % 10)
        });
        let how = if build.fresh {
            "unchanged".to_owned()
        } else {
            text::duration(build.duration_ms)
        };
        format!("{size}{how}")
    })
}

const fn style(state: CellState) -> Style {
    match state {
        CellState::Pass => GREEN,
        CellState::Fail => RED,
        CellState::Warn | CellState::NotRun => YELLOW,
        CellState::Absent | CellState::Nothing => DIM,
    }
}

/// Writes the grid, each column as wide as its widest text.
fn print(grid: &[Vec<Styled>], to: &mut dyn Write) -> io::Result<()> {
    let columns = grid.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let texts = grid.iter().filter_map(|line| line.get(column));
            texts.map(|(text, _)| text.chars().count()).max().unwrap_or(0)
        })
        .collect();
    for line in grid {
        let last = line.len().saturating_sub(1);
        write!(to, " ")?;
        for (at, ((text, style), width)) in line.iter().zip(&widths).enumerate() {
            write!(to, " {style}{text}{style:#}")?;
            if at < last {
                write!(to, "{:1$}", "", width.saturating_sub(text.chars().count()) + 1)?;
            }
        }
        writeln!(to)?;
    }
    Ok(())
}

/// Says what the signs mean that are there.
fn legend(report: &Report, groups: &[String], to: &mut dyn Write) -> io::Result<()> {
    let cells = || {
        let lines = report.combinations.iter();
        lines.flat_map(|combination| groups.iter().map(|group| combination.cell(group).state))
    };
    let meanings = [
        (CellState::Pass, "pass"),
        (CellState::Absent, "absent, and its absence asserted"),
        (CellState::Warn, "none fail, some deviate"),
        (CellState::Fail, "some fail"),
        (CellState::NotRun, "not run"),
        (CellState::Nothing, "does not apply"),
    ];
    let there = meanings.iter().filter(|(state, _)| cells().any(|cell| cell == *state));
    let words: Vec<String> = there.map(|(state, word)| format!("{} {word}", state.sign())).collect();
    if words.is_empty() {
        return Ok(());
    }
    writeln!(to, "  {DIM}{}{DIM:#}\n", words.join("   "))
}
