//! `--shard 2/8`: a part of the scenarios, so that several machines do a run together.
//!
//! A scenario is on one shard with all of its combinations, so that each shard sees all differences of its scenarios.

use std::{collections::HashMap, fs, path::Path, str::FromStr, sync::Arc};

use crate::{report::read_events, runner::Event, scenario::Scenario};

use super::error::CliError;

/// Which part of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    /// From 1.
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let help = || "write K/N, such as 2/8: the second of eight parts".to_owned();
        let (number, of) = text.split_once('/').ok_or_else(help)?;
        let (number, of): (usize, usize) = (number.parse().map_err(|_| help())?, of.parse().map_err(|_| help())?);
        if number == 0 || number > of {
            return Err(format!("there is no part {number} of {of}; {}", help()));
        }
        Ok(Self { number, of })
    }
}

impl Shard {
    /// This part's share of what is done once for each of `all`.
    pub(super) fn share<T: Clone>(self, all: &[T]) -> Vec<T> {
        all.iter().skip(self.number - 1).step_by(self.of).cloned().collect()
    }

    /// The scenarios of this part: each in one part, all parts of about the same `weight`. The same on every machine.
    pub(super) fn of(self, scenarios: Vec<Arc<Scenario>>, weight: &dyn Fn(&Scenario) -> u64) -> Vec<Arc<Scenario>> {
        let weights: Vec<u64> = scenarios.iter().map(|scenario| weight(scenario).max(1)).collect();
        let mut order: Vec<usize> = (0..scenarios.len()).collect();
        // The heaviest first, each to the part that has least.
        order.sort_by_key(|place| std::cmp::Reverse(weights[*place]));
        let mut loads = vec![0_u64; self.of];
        let mut ours = vec![false; scenarios.len()];
        for place in order {
            let lightest = loads
                .iter()
                .enumerate()
                .min_by_key(|(_, load)| **load)
                .map_or(0, |(part, _)| part);
            loads[lightest] += weights[place];
            ours[place] = lightest + 1 == self.number;
        }
        let kept = scenarios.into_iter().zip(ours).filter(|(_, ours)| *ours);
        kept.map(|(scenario, _)| scenario).collect()
    }
}

/// How long each scenario took in an earlier run, in milliseconds over all combinations, by name.
pub(super) fn durations(path: &Path) -> Result<HashMap<String, u64>, CliError> {
    let text = fs::read_to_string(path).map_err(CliError::surroundings(format!("read {}", path.display())))?;
    let events = read_events(&text).map_err(|error| {
        CliError::usage(
            format!("{}: {error}", path.display()),
            "name the events.jsonl of an earlier run",
        )
    })?;
    let mut durations: HashMap<String, u64> = HashMap::new();
    for event in events {
        if let Event::ScenarioFinished(run) = event {
            *durations.entry(run.scenario).or_default() += run.duration_ms;
        }
    }
    Ok(durations)
}

/// What a scenario weighs of which nobody knows how long it takes: as many as it has scripts and rows.
pub(super) fn size(scenario: &Scenario) -> u64 {
    let scripts = [&scenario.on, &scenario.off, &scenario.absent];
    let scripts = scripts
        .into_iter()
        .flatten()
        .map(|script| script.steps.len())
        .sum::<usize>();
    (scripts * scenario.rows.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Vocabulary, parse};

    fn scenarios(count: usize) -> Vec<Arc<Scenario>> {
        let one = |number: usize| {
            let text = format!("scenario: number {number}\nsteps:\n  - get: /v2/\n    expect: 200\n");
            let vocabulary = Vocabulary {
                extensions: None,
                statements: None,
            };
            let name = format!("{number:02}");
            Arc::new(parse(&name, Path::new("scenarios/x.yaml"), &text, &vocabulary).unwrap())
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn every_scenario_is_in_one_part_and_parts_weigh_about_the_same() {
        let weight = |scenario: &Scenario| scenario.name.parse::<u64>().unwrap() * 10;
        let mut seen = Vec::new();
        let mut loads = Vec::new();
        for number in 1..=4 {
            let part = Shard { number, of: 4 }.of(scenarios(30), &weight);
            loads.push(part.iter().map(|scenario| weight(scenario)).sum::<u64>());
            seen.extend(part.iter().map(|scenario| scenario.name.clone()));
        }
        seen.sort();
        let all: Vec<String> = scenarios(30).iter().map(|scenario| scenario.name.clone()).collect();
        assert_eq!(seen, all);
        let (least, most) = (loads.iter().min().unwrap(), loads.iter().max().unwrap());
        assert!(most - least <= 100, "{loads:?}");
    }

    #[test]
    fn a_part_is_one_of_those_that_there_are() {
        assert_eq!("2/8".parse(), Ok(Shard { number: 2, of: 8 }));
        for text in ["0/2", "3/2", "2", "a/b", "1/0", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
