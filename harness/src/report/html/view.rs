//! What the page shows, as texts: the template decides nothing.

use serde::Serialize;

use super::{
    super::{NotRun, Report, Trend, text},
    builds::{self, Line},
    durations::Durations,
    failures::{self, Apart, Entry, Finding},
    map::Map,
    pairs::Pairs,
    statements::Statements,
};
use crate::{exit::Exit, runner::Verdict};

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
    shortfalls: Vec<String>,
    trend: Option<Changes>,
    findings: Vec<Finding>,
    map: Map,
    pairs: Option<Pairs>,
    combinations: Vec<Line>,
    has_official: bool,
    failures: Vec<Entry>,
    differences: Vec<Apart>,
    statements: Option<Statements>,
    durations: Option<Durations>,
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

/// What changed since an earlier run.
#[derive(Serialize)]
struct Changes {
    since: String,
    summary: String,
    lists: Vec<Changed>,
}

/// What changed in one way.
#[derive(Serialize)]
struct Changed {
    word: &'static str,
    sign: &'static str,
    entries: Vec<[String; 2]>,
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
        let mut failures = report.failures();
        failures.extend(report.warnings());
        let differences = report.differences();
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
            shortfalls: report
                .shortfalls
                .iter()
                .map(|one| {
                    let (now, committed) = (text::count(one.now), text::count(one.committed));
                    format!("{}: {now} {}, and {committed} are committed", one.group, one.what)
                })
                .collect(),
            trend: report.trend.as_ref().map(changes),
            findings: failures::findings(report, &failures, &differences),
            map: Map::of(report, &failures),
            combinations: report.combinations.iter().map(builds::line).collect(),
            has_official: report.combinations.iter().any(|one| !one.official.is_empty()),
            failures: failures.iter().map(failures::entry).collect(),
            differences: differences.iter().map(failures::apart).collect(),
            statements: Statements::of(report),
            pairs: Pairs::of(report),
            durations: Durations::of(report),
            not_run: report.not_run().iter().map(left).collect(),
            tools_missing: report
                .tools_missing
                .iter()
                .map(|one| [one.left_out.clone(), one.tool.clone(), one.remedy.clone()])
                .collect(),
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
    if let Some(partial) = report.partial() {
        return format!("Partial: {partial}");
    }
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
    let scenarios = report.run.as_ref().map_or(0, |run| run.scenarios) as u64;
    let mut tiles = vec![
        tile(report.combinations.len() as u64, "combinations", false),
        tile(scenarios, "scenarios", false),
        tile(runs as u64, "runs", false),
        tile(report.checks(), "checks", false),
        tile(red as u64, "failed", true),
    ];
    // These are news where there are some, and clutter where there are none.
    let others = [
        tile(warned as u64, "warned", false),
        tile(known as u64, "known failures", false),
        tile(report.differences().len() as u64, "differences", true),
        tile(not_run as u64, "not run", false),
    ];
    tiles.extend(others.into_iter().filter(|tile| tile.number != "0"));
    tiles
}

/// The changes in the order in which they matter.
fn changes(trend: &Trend) -> Changes {
    let change = |one: &super::super::Change| [one.title.clone(), text::some(&one.combinations)];
    let pace = |one: &super::super::Pace| {
        let times = format!("{} → {}", text::duration(one.before_ms), text::duration(one.now_ms));
        [one.title.clone(), times]
    };
    let name = |name: &String| [name.clone(), String::new()];
    let lists = [
        ("newly red", "▣", trend.new_failures.iter().map(change).collect()),
        ("still red", "▣", trend.still.iter().map(change).collect()),
        ("fixed", "■", trend.fixed.iter().map(change).collect()),
        ("slower", "▲", trend.slower.iter().map(pace).collect()),
        ("faster", "▼", trend.faster.iter().map(pace).collect()),
        ("new", "+", trend.added.iter().map(name).collect()),
        ("no longer run", "−", trend.gone.iter().map(name).collect::<Vec<_>>()),
    ];
    let lists = lists.into_iter().filter(|(_, _, entries)| !entries.is_empty());
    Changes {
        since: trend.since.clone(),
        summary: trend.summary(),
        lists: lists
            .map(|(word, sign, entries)| Changed { word, sign, entries })
            .collect(),
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
