//! The combinations as a table: what each came to, its build, and what the official suite says of it.

use serde::Serialize;

use super::{
    super::{CellState, CombinationReport, text},
    map::class,
};
use crate::{
    exit::Exit,
    runner::{OfficialFinished, Verdict},
};

#[derive(Serialize)]
pub(super) struct Line {
    name: String,
    holds: bool,
    passed: String,
    red: String,
    not_run: String,
    checks: String,
    build: String,
    build_error: Option<String>,
    official: Vec<Official>,
}

#[derive(Serialize)]
struct Official {
    spec: String,
    class: char,
    label: String,
    failed: Vec<String>,
    skipped: Vec<String>,
    error: Option<String>,
    suite: String,
}

pub(super) fn line(combination: &CombinationReport) -> Line {
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
    let count = |belongs: &dyn Fn(Verdict) -> bool| {
        let runs = combination.runs.iter().filter(|run| belongs(run.verdict));
        match runs.count() {
            0 => "–".to_owned(),
            count => text::count(count as u64),
        }
    };
    Line {
        name: combination.name.clone(),
        holds: combination.exit() == Exit::Passed,
        passed: count(&|verdict| verdict == Verdict::Pass),
        red: count(&Verdict::is_red),
        not_run: count(&|verdict| verdict > Verdict::Error),
        checks: text::count(combination.runs.iter().map(|run| run.checks).sum()),
        build,
        build_error: combination.build_error().map(str::to_owned),
        official: combination.official.iter().map(official).collect(),
    }
}

fn official(official: &OfficialFinished) -> Official {
    let failed = official.failed.len() as u64;
    let (state, label) = if official.error.is_some() {
        (CellState::Fail, "✗".to_owned())
    } else if failed > 0 {
        let label = format!("▣ {}/{}", official.passed, official.passed + failed);
        (CellState::Fail, label)
    } else {
        (CellState::Pass, format!("■ {}", official.passed))
    };
    Official {
        spec: official.spec.clone(),
        class: class(state),
        label,
        failed: official.failed.clone(),
        skipped: official.skipped.clone(),
        error: official.error.clone(),
        suite: official.suite.clone(),
    }
}
