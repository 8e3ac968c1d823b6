//! What further builds can be asked: which extensions are responsible for a failure or a difference.

use super::{Report, failure::same_script};
use crate::runner::{ScenarioFinished, Verdict};

/// Something that came of a script in some combinations and not in others.
#[derive(Clone, Debug)]
pub struct Question {
    /// The run in the first combination in which it came.
    pub run: ScenarioFinished,
    /// The combinations in which it came.
    pub with: Vec<String>,
    /// Those in which it did not.
    pub without: Vec<String>,
    /// The usual answer, if it is about a difference.
    pub usual: Option<ScenarioFinished>,
}

impl Question {
    /// Whether `run` is one of the script that this is about.
    pub fn is_about(&self, run: &ScenarioFinished) -> bool {
        same_script(&self.run, run)
    }
}

impl Report {
    /// The failures and differences of which some combination may say more: all of those of the registry's own.
    pub fn questions(&self) -> Vec<Question> {
        let passes = |run: &&ScenarioFinished| run.verdict == Verdict::Pass;
        let failures = self
            .failures()
            .into_iter()
            .filter(|group| group.run.verdict == Verdict::Fail);
        let failures = failures.map(|group| Question {
            without: self
                .runs()
                .filter(|run| same_script(run, &group.run))
                .filter(passes)
                .map(|run| run.combination.clone())
                .collect(),
            with: group.combinations,
            run: group.run,
            usual: None,
        });
        let differences = self.differences().into_iter().map(|difference| Question {
            usual: self
                .runs()
                .find(|run| same_script(run, &difference.run) && difference.usual.contains(&run.combination))
                .cloned(),
            with: difference.combinations,
            without: difference.usual,
            run: difference.run,
        });
        failures.chain(differences).collect()
    }
}
