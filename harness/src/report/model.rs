//! What a run came to: its events, folded by combination.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Baseline, Trend, text};
use crate::{
    exit::Exit,
    runner::{
        BuildFinished, Compared, Event, Localised, OfficialFinished, RegisterKnown, RunStarted, ScenarioFinished,
        Shortfall, ToolMissing, TranscriptKept, Verdict,
    },
};

/// What a run came to.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// What the run was about to do.
    pub run: Option<RunStarted>,
    /// What the registry is held to.
    #[serde(skip)]
    pub register: Option<RegisterKnown>,
    /// From begin to end; none if the run did not end.
    pub duration_ms: Option<u64>,
    /// How much of that the builds took.
    pub builds_ms: Option<u64>,
    /// What was left out for want of a tool.
    pub tools_missing: Vec<ToolMissing>,
    /// The transcripts of scripts that have several, by their digests.
    pub transcripts: BTreeMap<String, TranscriptKept>,
    /// What repetitions said of scripts that were answered differently.
    pub compared: Vec<Compared>,
    /// The runs of combinations that are no part of the plan, and were asked which extensions are responsible.
    pub probes: Vec<ScenarioFinished>,
    /// What these said.
    pub localised: Vec<Localised>,
    /// Where it checks less than the committed census says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub shortfalls: Vec<Shortfall>,
    /// What changed since an earlier run, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trend: Option<Trend>,
    /// One for each combination, in the plan's order.
    pub combinations: Vec<CombinationReport>,
}

/// What a run came to for one combination.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct CombinationReport {
    /// The combination.
    pub name: String,
    /// Its build, if it was built.
    pub build: Option<BuildFinished>,
    /// The runs of scenarios, by scenario, script and row.
    pub runs: Vec<ScenarioFinished>,
    /// The official suite.
    pub official: Vec<OfficialFinished>,
}

impl Report {
    /// Adds what happened.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::RunStarted(started) => {
                for name in &started.combinations {
                    self.combination(name);
                }
                // A part of a run that several machines do together: its scenarios are beside the others.
                let before = self.run.as_ref().map_or(0, |run| run.scenarios);
                let mut started = started.clone();
                started.scenarios += before;
                if let Some(run) = &self.run {
                    started.time.clone_from(&run.time);
                }
                self.run = Some(started);
            }
            Event::RegisterKnown(register) => self.register = Some(register.clone()),
            Event::BuildFinished(build) => {
                let known = &mut self.combination(&build.combination).build;
                // Of several parts each has built it; that it failed in one is what has to be told.
                if known.as_ref().is_none_or(|known| known.error.is_none()) {
                    *known = Some(build.clone());
                }
            }
            Event::ScenarioFinished(run) => {
                let runs = &mut self.combination(&run.combination).runs;
                // Runs end in any order; reports are to be the same every time.
                let key = |run: &ScenarioFinished| (run.scenario.clone(), run.variant, run.row.clone());
                let new = key(run);
                match runs.binary_search_by(|known| key(known).cmp(&new)) {
                    Err(place) => runs.insert(place, (**run).clone()),
                    // What failed when it was run again is told twice: the failure counts.
                    Ok(place) if weight(run) > weight(&runs[place]) => runs[place] = (**run).clone(),
                    Ok(_) => {}
                }
            }
            Event::Compared(compared) => self.compared.push(compared.clone()),
            Event::Probed(run) => self.probes.push((**run).clone()),
            Event::Localised(localised) => self.localised.push(localised.clone()),
            Event::Transcript(transcript) => {
                self.transcripts.insert(transcript.digest.clone(), transcript.clone());
            }
            Event::OfficialFinished(official) => {
                let results = &mut self.combination(&official.combination).official;
                let place = results.partition_point(|other| other.spec <= official.spec);
                results.insert(place, official.clone());
            }
            Event::Shortfall(shortfall) => self.shortfalls.push(shortfall.clone()),
            Event::ToolMissing(missing) => {
                if !self.tools_missing.contains(missing) {
                    self.tools_missing.push(missing.clone());
                }
            }
            Event::RunFinished { duration_ms, builds_ms } => {
                self.duration_ms = self.duration_ms.max(Some(*duration_ms));
                self.builds_ms = self.builds_ms.max(Some(*builds_ms));
            }
        }
    }

    fn combination(&mut self, name: &str) -> &mut CombinationReport {
        let place = self.combinations.iter().position(|one| one.name == name);
        let place = place.unwrap_or_else(|| {
            self.combinations.push(CombinationReport {
                name: name.to_owned(),
                ..CombinationReport::default()
            });
            self.combinations.len() - 1
        });
        &mut self.combinations[place]
    }

    /// Compares it with an earlier run, if there is one.
    pub fn compare(&mut self, before: Option<&Baseline>) {
        self.trend = before.map(|before| Trend::between(before, self));
    }

    /// Every run of every combination.
    pub fn runs(&self) -> impl Iterator<Item = &ScenarioFinished> {
        self.combinations.iter().flat_map(|combination| &combination.runs)
    }

    /// How many runs ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.runs().filter(|run| run.verdict == verdict).count()
    }

    /// Why this is not all that the run was to do, if it is not.
    pub fn partial(&self) -> Option<String> {
        let unfinished = self.run.is_some() && self.duration_ms.is_none();
        self.unreached()
            .or_else(|| unfinished.then(|| "the run did not come to its end".to_owned()))
    }

    /// How many runs somebody or something ended before their turn, if any.
    pub fn unreached(&self) -> Option<String> {
        let missed = self.count(Verdict::NotReached) as u64;
        let runs = self.runs().count() as u64;
        (missed > 0).then(|| {
            format!(
                "{} of {} were not reached",
                text::count(missed),
                text::plural(runs, "run")
            )
        })
    }

    /// How many checks were made.
    pub fn checks(&self) -> u64 {
        self.runs().map(|run| run.checks).sum()
    }

    /// How many requests were sent.
    pub fn requests(&self) -> u64 {
        self.runs().map(|run| run.requests).sum()
    }

    /// How the program has to end.
    pub fn exit(&self) -> Exit {
        let worst = self.combinations.iter().map(CombinationReport::exit).max();
        let mut worst = worst.unwrap_or(Exit::Passed);
        if !self.differences().is_empty() || !self.shortfalls.is_empty() {
            worst = worst.max(Exit::Failed);
        }
        // What was not reached could have failed: without a failure, nobody knows.
        if worst == Exit::Passed && self.partial().is_some() {
            worst = Exit::Broken;
        }
        // Where all that was asked for was left out, nothing has been shown: that must not look like a success.
        let left_out = self.runs().next().is_some() && self.runs().all(|run| run.verdict == Verdict::Excluded);
        let official = self
            .combinations
            .iter()
            .any(|combination| !combination.official.is_empty());
        if left_out && !official {
            worst.max(Exit::Usage)
        } else {
            worst
        }
    }
}

/// Which of two verdicts of one run counts.
fn weight(run: &ScenarioFinished) -> Option<Verdict> {
    run.verdict.is_red().then_some(run.verdict)
}

impl CombinationReport {
    /// Why there is no binary, if that is so.
    pub fn build_error(&self) -> Option<&str> {
        self.build.as_ref()?.error.as_deref()
    }

    /// How the program would have to end for this combination.
    pub fn exit(&self) -> Exit {
        let broken = self.build_error().is_some()
            || self.runs.iter().any(|run| run.verdict == Verdict::Error)
            || self.official.iter().any(|official| official.error.is_some());
        let failed = self.runs.iter().any(|run| run.verdict.is_red())
            || self.official.iter().any(|official| !official.failed.is_empty());
        if broken {
            Exit::Broken
        } else if failed {
            Exit::Failed
        } else {
            Exit::Passed
        }
    }
}
