//! Which scripts some builds answer otherwise than the others, and whether that is their doing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Difference, Report, difference::difference_at};
use crate::runner::{Asked, Compared, Place, ScenarioFinished, Variant, Verdict};

/// A script that builds answered differently, of which nobody has found out whether chance did it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Suspicion {
    /// The first of the runs that were answered as most were.
    pub usual: ScenarioFinished,
    /// One run for each other answer: the one in the build that is nearest to the usual one.
    pub others: Vec<ScenarioFinished>,
}

/// What runs have in common that should have the same transcript: the scenario, the script, the row, and which of the
/// extensions are in that may make a difference.
type Alike<'run> = (&'run str, Variant, Option<&'run str>, Vec<bool>);

/// The runs of one script that should be alike, by what was answered.
struct Script<'run> {
    runs: Vec<&'run ScenarioFinished>,
    /// The transcripts: what most have is usual; among as many, what came first in the plan.
    digests: Vec<&'run str>,
}

/// Transcripts that are apart from the usual one at the same place, and alike there.
struct Apart<'run> {
    place: Place,
    answer: Option<&'run Asked>,
    digests: Vec<&'run str>,
    repetitions: usize,
}

impl Report {
    /// The differences that no scenario declares and that repetitions confirmed, by scenario.
    pub fn differences(&self) -> Vec<Difference> {
        let scripts = self.answered_differently();
        scripts.iter().flat_map(|script| self.among(script)).collect()
    }

    /// What has to be asked again, before anyone knows whether it is a difference.
    pub fn suspicions(&self) -> Vec<Suspicion> {
        let scripts = self.answered_differently();
        scripts.iter().filter_map(|script| self.suspicion(script)).collect()
    }

    /// The scripts that have several transcripts among runs that should be alike.
    fn answered_differently(&self) -> Vec<Script<'_>> {
        let mut scripts: BTreeMap<Alike<'_>, Vec<&ScenarioFinished>> = BTreeMap::new();
        for run in self.runs().filter(|run| comparable(run)) {
            let key = (
                run.scenario.as_str(),
                run.variant,
                run.row.as_deref(),
                self.expected_apart(run),
            );
            scripts.entry(key).or_default().push(run);
        }
        let scripts = scripts.into_values().map(Script::new);
        scripts.filter(|script| script.digests.len() > 1).collect()
    }

    /// Which of the extensions that may make a difference are in: builds that differ in them are not compared.
    fn expected_apart(&self, run: &ScenarioFinished) -> Vec<bool> {
        let by = run.differs.iter().flat_map(|differs| &differs.by);
        let there = self.combination_named(&run.combination);
        by.map(|extension| there.as_ref().is_some_and(|one| one.has(extension)))
            .collect()
    }

    /// What repetitions said of a transcript of `script` that is not the usual one.
    fn compared(&self, script: &Script<'_>, digest: &str) -> Option<&Compared> {
        let (run, usual) = (script.runs[0], script.digests[0]);
        self.compared.iter().find(|one| {
            (&one.scenario, one.variant, &one.row) == (&run.scenario, run.variant, &run.row)
                && (one.usual.as_deref(), one.other.as_deref()) == (Some(usual), Some(digest))
        })
    }

    /// What `script` is suspected of.
    fn suspicion(&self, script: &Script<'_>) -> Option<Suspicion> {
        let usual = script.having(&script.digests[..1]).next()?;
        let unasked = script.digests[1..]
            .iter()
            .filter(|digest| self.compared(script, digest).is_none());
        let others: Vec<ScenarioFinished> = unasked
            .filter_map(|digest| {
                let runs = script.having(std::slice::from_ref(digest));
                runs.min_by_key(|run| self.distance(usual, run)).cloned()
            })
            .collect();
        (!others.is_empty()).then(|| Suspicion {
            usual: usual.clone(),
            others,
        })
    }

    /// The differences among the runs of `script`.
    fn among(&self, script: &Script<'_>) -> Vec<Difference> {
        // Chance may give the same build another transcript: what is not apart from the usual one is as good as it.
        let mut usual = vec![script.digests[0]];
        let mut all: Vec<Apart<'_>> = Vec::new();
        for &digest in &script.digests[1..] {
            let Some(compared) = self.compared(script, digest) else {
                continue;
            };
            let Some(place) = compared.apart else {
                usual.push(digest);
                continue;
            };
            let answer = self.transcripts.get(digest).and_then(|one| one.at(place));
            match all.iter_mut().find(|one| (one.place, one.answer) == (place, answer)) {
                Some(known) => {
                    known.digests.push(digest);
                    known.repetitions = known.repetitions.min(compared.repetitions);
                }
                None => all.push(Apart {
                    place,
                    answer,
                    digests: vec![digest],
                    repetitions: compared.repetitions,
                }),
            }
        }
        let difference = |apart: &Apart<'_>| self.difference(script, &usual, apart);
        all.iter().filter_map(difference).collect()
    }

    fn difference(&self, script: &Script<'_>, usual: &[&str], apart: &Apart<'_>) -> Option<Difference> {
        let (usual_runs, runs): (Vec<_>, Vec<_>) =
            (script.having(usual).collect(), script.having(&apart.digests).collect());
        let names =
            |runs: &[&ScenarioFinished]| -> Vec<String> { runs.iter().map(|run| run.combination.clone()).collect() };
        let run = *runs.first()?;
        let localised = self.localised(true, run, &names(&runs));
        Some(Difference {
            combinations: names(&runs),
            usual: names(&usual_runs),
            repetitions: apart.repetitions,
            responsible: match &localised {
                Some(localised) => localised.responsible.clone(),
                None => self.responsible(&runs, &usual_runs),
            },
            localised,
            first: self
                .transcripts
                .get(usual[0])
                .zip(self.transcripts.get(apart.digests[0]))
                .and_then(|(usual, other)| difference_at(usual, other, apart.place)),
            run: run.clone(),
        })
    }
}

impl<'run> Script<'run> {
    fn new(runs: Vec<&'run ScenarioFinished>) -> Self {
        let mut digests: Vec<(&str, usize)> = Vec::new();
        for run in &runs {
            let digest = digest(run);
            match digests.iter_mut().find(|(known, _)| *known == digest) {
                Some((_, count)) => *count += 1,
                None => digests.push((digest, 1)),
            }
        }
        digests.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let digests = digests.into_iter().map(|(digest, _)| digest).collect();
        Self { runs, digests }
    }

    /// The runs that have one of these transcripts, in the order of the plan.
    fn having(&self, digests: &[&str]) -> impl Iterator<Item = &'run ScenarioFinished> {
        self.runs.iter().copied().filter(|run| digests.contains(&digest(run)))
    }
}

fn digest(run: &ScenarioFinished) -> &str {
    run.transcript.as_deref().unwrap_or_default()
}

/// Whether a run got to its end.
fn comparable(run: &ScenarioFinished) -> bool {
    matches!(run.verdict, Verdict::Pass | Verdict::Unsupported) && run.transcript.is_some()
}
