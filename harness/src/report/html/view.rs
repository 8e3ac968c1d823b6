//! What the page shows, as texts: the template decides nothing.

use serde::Serialize;

use super::super::{Cell, CellState, CombinationReport, Difference, FailureGroup, NotRun, Report, cell, failure, text};
use super::statements::Statements;
use crate::{
    exit::Exit,
    runner::{Failure, OfficialFinished, ScenarioFinished, Verdict},
};

#[derive(Serialize)]
pub(super) struct Page {
    target: String,
    version: String,
    time: String,
    seed: String,
    passed: bool,
    summary: String,
    times: String,
    coverage: String,
    tiles: Vec<Tile>,
    groups: Vec<String>,
    combinations: Vec<Line>,
    has_official: bool,
    scenarios: Vec<Scenario>,
    failures: Vec<Entry>,
    differences: Vec<Apart>,
    statements: Option<Statements>,
    not_run: Vec<Left>,
    tools_missing: Vec<[String; 3]>,
}

/// A number at the top.
#[derive(Serialize)]
struct Tile {
    number: String,
    name: &'static str,
    red: bool,
}

/// A combination.
#[derive(Serialize)]
struct Line {
    name: String,
    build: String,
    build_error: Option<String>,
    cells: Vec<Square>,
    official: Vec<Official>,
}

/// A cell of a heat map.
#[derive(Serialize)]
struct Square {
    state: CellState,
    label: String,
    words: String,
    /// The failure that it leads to.
    failure: Option<usize>,
}

#[derive(Serialize)]
struct Official {
    spec: String,
    state: CellState,
    label: String,
    failed: Vec<String>,
    skipped: Vec<String>,
    error: Option<String>,
    suite: String,
}

#[derive(Serialize)]
struct Scenario {
    name: String,
    group: String,
    title: String,
    statements: String,
    red: bool,
    cells: Vec<Square>,
}

/// A failure, with the combinations in which it is the same.
#[derive(Serialize)]
struct Entry {
    word: &'static str,
    title: String,
    place: String,
    combinations: Vec<String>,
    others: Vec<String>,
    statements: String,
    reason: Option<String>,
    responsible: String,
    nearest: String,
    first_differs: String,
    failure: Option<Failure>,
}

/// A difference that no scenario declares.
#[derive(Serialize)]
struct Apart {
    title: String,
    place: String,
    message: String,
    combinations: String,
    usual: String,
    responsible: String,
    asked: String,
    answers: String,
    remedy: String,
}

#[derive(Serialize)]
struct Left {
    kind: &'static str,
    runs: String,
    reason: String,
    scenarios: Vec<String>,
}

impl Page {
    pub(super) fn of(report: &Report) -> Self {
        let groups = report.groups();
        let mut failures = report.failures();
        failures.extend(report.warnings());
        let run = report.run.as_ref();
        let times = match (report.duration_ms, report.builds_ms) {
            (Some(all), Some(builds)) => format!(
                "builds {}, runs {}",
                text::duration(builds),
                text::duration(all.saturating_sub(builds))
            ),
            _ => "the run was cut short".to_owned(),
        };
        Self {
            target: run.map_or_else(String::new, |run| run.target.clone()),
            version: run.map_or_else(String::new, |run| run.version.clone()),
            time: run.map_or_else(String::new, |run| run.time.clone()),
            seed: run.map_or_else(String::new, |run| run.seed.to_string()),
            passed: report.exit() == Exit::Passed,
            summary: summary(report),
            times,
            coverage: coverage(report),
            tiles: tiles(report),
            combinations: report
                .combinations
                .iter()
                .map(|one| line(one, &groups, &failures))
                .collect(),
            has_official: report.combinations.iter().any(|one| !one.official.is_empty()),
            scenarios: scenarios(report, &failures),
            failures: failures.iter().map(entry).collect(),
            differences: report.differences().iter().map(apart).collect(),
            statements: Statements::of(report),
            not_run: report.not_run().iter().map(left).collect(),
            tools_missing: report
                .tools_missing
                .iter()
                .map(|one| [one.left_out.clone(), one.tool.clone(), one.remedy.clone()])
                .collect(),
            groups,
        }
    }
}

fn summary(report: &Report) -> String {
    let of = report.combinations.len();
    let good = report
        .combinations
        .iter()
        .filter(|one| one.exit() == Exit::Passed)
        .count();
    let differences = report.differences().len() as u64;
    if good == of && differences > 0 {
        return format!(
            "{}, and {} among them",
            text::plural(of as u64, "combination"),
            text::plural(differences, "difference")
        );
    }
    if good == of {
        return format!("All {} hold", text::plural(of as u64, "combination"));
    }
    format!(
        "{} of {} hold",
        text::count(good as u64),
        text::plural(of as u64, "combination")
    )
}

fn coverage(report: &Report) -> String {
    let coverage = report.run.iter().flat_map(|run| &run.coverage);
    let coverage: Vec<String> = coverage.map(ToString::to_string).collect();
    if report.combinations.len() < 2 || coverage.is_empty() {
        return String::new();
    }
    format!("covers {}", coverage.join(", "))
}

fn tiles(report: &Report) -> Vec<Tile> {
    let tile = |number: u64, name, red| Tile {
        number: text::count(number),
        name,
        red: red && number > 0,
    };
    let red = report.runs().filter(|run| run.verdict.is_red()).count();
    let runs = report.runs().count();
    let warned = report.count(Verdict::Warn);
    let known = report.count(Verdict::KnownFailure);
    let not_run = runs - red - warned - known - report.count(Verdict::Pass);
    vec![
        tile(report.combinations.len() as u64, "combinations", false),
        tile(
            report.run.as_ref().map_or(0, |run| run.scenarios) as u64,
            "scenarios",
            false,
        ),
        tile(runs as u64, "runs", false),
        tile(report.checks(), "checks", false),
        tile(red as u64, "failed", true),
        tile(warned as u64, "warned", false),
        tile(known as u64, "known failures", false),
        tile(report.differences().len() as u64, "differences", true),
        tile(not_run as u64, "not run", false),
    ]
}

fn line(combination: &CombinationReport, groups: &[String], failures: &[FailureGroup]) -> Line {
    let build = combination.build.as_ref().map_or_else(String::new, |build| {
        let how = if build.fresh {
            "unchanged".to_owned()
        } else {
            text::duration(build.duration_ms)
        };
        build.size.map_or_else(
            || how.clone(),
            |size| format!("{}.{} MB, {how}", size / 1_000_000, size / 100_000 % 10),
        )
    });
    let cells = groups.iter().map(|group| {
        let runs = || {
            combination
                .runs
                .iter()
                .filter(|run| cell::group(&run.scenario) == group)
        };
        square(Cell::of(runs()), group, combination, runs(), failures)
    });
    Line {
        name: combination.name.clone(),
        build,
        build_error: combination.build_error().map(str::to_owned),
        cells: cells.collect(),
        official: combination.official.iter().map(official).collect(),
    }
}

fn square<'a>(
    cell: Cell,
    what: &str,
    combination: &CombinationReport,
    mut runs: impl Iterator<Item = &'a ScenarioFinished>,
    failures: &[FailureGroup],
) -> Square {
    let words = match cell.state {
        CellState::Pass => format!("{} passed", cell.passed),
        CellState::Absent => format!("{} passed: absent, and its absence asserted", cell.passed),
        CellState::Fail => format!("{} of {} failed", cell.ran - cell.passed, cell.ran),
        CellState::Warn => format!(
            "{} of {} deviate from what only should or may be",
            cell.ran - cell.passed,
            cell.ran
        ),
        CellState::NotRun => format!("{} not run", cell.not_run),
        CellState::Nothing => "does not apply".to_owned(),
    };
    let also = if cell.not_run > 0 && cell.state != CellState::NotRun {
        format!(", {} not run", cell.not_run)
    } else {
        String::new()
    };
    let failure = runs
        .find(|run| run.verdict.is_red() || run.verdict == Verdict::Warn)
        .and_then(|red| {
            failures.iter().position(|group| {
                group.combinations.contains(&red.combination) && failure::same_script(&group.run, red)
            })
        });
    Square {
        state: cell.state,
        label: cell.label(),
        words: format!("{}, {what}: {words}{also}", combination.name),
        failure,
    }
}

fn official(official: &OfficialFinished) -> Official {
    let failed = official.failed.len() as u64;
    let (state, label) = if official.error.is_some() {
        (CellState::Fail, "✗".to_owned())
    } else if failed > 0 {
        (
            CellState::Fail,
            format!("▣ {}/{}", official.passed, official.passed + failed),
        )
    } else {
        (CellState::Pass, format!("■ {}", official.passed))
    };
    Official {
        spec: official.spec.clone(),
        state,
        label,
        failed: official.failed.clone(),
        skipped: official.skipped.clone(),
        error: official.error.clone(),
        suite: official.suite.clone(),
    }
}

/// Every scenario that has a run, with a cell for each combination.
fn scenarios(report: &Report, failures: &[FailureGroup]) -> Vec<Scenario> {
    let mut known: Vec<&ScenarioFinished> = report.runs().collect();
    known.sort_by(|one, other| one.scenario.cmp(&other.scenario));
    known.dedup_by(|one, other| one.scenario == other.scenario);
    known
        .into_iter()
        .map(|known| {
            let cells: Vec<Square> = report
                .combinations
                .iter()
                .map(|combination| {
                    let runs = || combination.runs.iter().filter(|run| run.scenario == known.scenario);
                    square(Cell::of(runs()), &known.scenario, combination, runs(), failures)
                })
                .collect();
            Scenario {
                name: known.scenario.clone(),
                group: cell::group(&known.scenario).to_owned(),
                title: known.title.clone(),
                statements: known.statements.join(", "),
                red: cells.iter().any(|cell| cell.state == CellState::Fail),
                cells,
            }
        })
        .collect()
}

fn apart(difference: &Difference) -> Apart {
    let first = difference.first.as_ref();
    Apart {
        title: failure::title(&difference.run),
        place: difference.place(),
        message: difference.message(),
        combinations: difference.combinations.join(", "),
        usual: difference.usual.join(", "),
        responsible: failure::responsible(difference.responsible.as_ref(), difference.localised.as_ref())
            .unwrap_or_default(),
        asked: first.map_or_else(String::new, |first| first.request.clone()),
        answers: first.map_or_else(String::new, |first| first.answers.clone()),
        remedy: difference.remedy(),
    }
}

fn entry(group: &FailureGroup) -> Entry {
    let neighbour = group.neighbour.as_ref();
    Entry {
        word: group.word(),
        title: failure::title(&group.run),
        place: group.place(),
        combinations: group.combinations.clone(),
        others: group.others.clone(),
        statements: group.run.statements.join(", "),
        reason: group.run.reason.clone(),
        responsible: failure::responsible(group.responsible.as_ref(), group.localised.as_ref()).unwrap_or_default(),
        nearest: neighbour.map_or_else(String::new, |one| {
            format!("passes in {}, fails in {}", one.passes, one.fails)
        }),
        first_differs: neighbour
            .and_then(|one| one.first.as_ref())
            .map_or_else(String::new, |first| format!("{}\n{}", first.request, first.answers)),
        failure: group.run.failure.clone(),
    }
}

fn left(one: &NotRun) -> Left {
    Left {
        kind: one.kind(),
        runs: text::plural(one.runs as u64, "run"),
        reason: one.reason.clone(),
        scenarios: one.scenarios.clone(),
    }
}
