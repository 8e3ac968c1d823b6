//! Where the time goes: the scenarios that take longest, and the groups.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{Report, cell, failure, text};
use crate::runner::ScenarioFinished;

/// How many scenarios are named.
const SHOWN: usize = 12;

#[derive(Serialize)]
pub(super) struct Durations {
    slowest: Vec<Bar>,
    groups: Vec<Bar>,
}

/// A bar: as long as its share of the longest.
#[derive(Serialize)]
struct Bar {
    name: String,
    about: String,
    time: String,
    /// Of the longest, in percent.
    share: u64,
}

impl Durations {
    /// None where nothing took any time.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let mut longest: BTreeMap<&str, &ScenarioFinished> = BTreeMap::new();
        let mut groups: BTreeMap<&str, u64> = BTreeMap::new();
        for run in report.runs() {
            let slowest = longest.entry(&run.scenario).or_insert(run);
            if run.duration_ms > slowest.duration_ms {
                *slowest = run;
            }
            *groups.entry(cell::group(&run.scenario)).or_default() += run.duration_ms;
        }
        let mut slowest: Vec<&ScenarioFinished> = longest.into_values().filter(|run| run.duration_ms > 0).collect();
        slowest.sort_by_key(|run| std::cmp::Reverse(run.duration_ms));
        slowest.truncate(SHOWN);
        let mut groups: Vec<(&str, u64)> = groups.into_iter().filter(|(_, time)| *time > 0).collect();
        groups.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
        let most = slowest.first()?.duration_ms;
        let most_in_group = groups.first()?.1;
        let bar = |name: String, about: String, time: u64, most: u64| Bar {
            name,
            about,
            time: text::duration(time),
            share: (time * 100 / most.max(1)).max(1),
        };
        Some(Self {
            slowest: slowest
                .iter()
                .map(|run| bar(failure::title(run), run.combination.clone(), run.duration_ms, most))
                .collect(),
            groups: groups
                .iter()
                .map(|(name, time)| bar((*name).to_owned(), String::new(), *time, most_in_group))
                .collect(),
        })
    }
}
