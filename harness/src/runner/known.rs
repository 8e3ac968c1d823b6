//! Failures that are known, and verdicts that change from time to time.

use super::{ScenarioFinished, Verdict};

/// A failure that somebody expects of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFailure {
    /// Why.
    pub reason: String,
    /// What its message contains; anything if there is none.
    pub says: Option<String>,
}

impl KnownFailure {
    /// Judges a run of which this is expected. What the harness could not do is never excused.
    pub(super) fn judge(&self, finished: &mut ScenarioFinished) {
        match finished.verdict {
            Verdict::Fail if self.is_it(finished) => {
                finished.verdict = Verdict::KnownFailure;
                finished.reason = Some(self.reason.clone());
            }
            Verdict::Pass | Verdict::Warn => {
                finished.verdict = Verdict::UnexpectedPass;
                finished.reason = Some(format!(
                    "it passes, and is expected to fail: {}; remove it from the expectations file",
                    self.reason
                ));
            }
            _ => {}
        }
    }

    fn is_it(&self, finished: &ScenarioFinished) -> bool {
        let Some(says) = &self.says else { return true };
        let failure = finished.failure.as_ref();
        failure.is_some_and(|failure| failure.message.contains(says.as_str()))
    }
}

/// What several runs of one job come to: the verdict of all of them, or that they have no common one.
pub(super) fn together(mut runs: Vec<ScenarioFinished>) -> Option<ScenarioFinished> {
    let times = runs.len();
    let red = runs.iter().filter(|run| run.verdict.is_red()).count();
    let checks = runs.iter().map(|run| run.checks).sum();
    let requests = runs.iter().map(|run| run.requests).sum();
    let duration_ms = runs.iter().map(|run| run.duration_ms).sum();
    let alike = runs.windows(2).all(|pair| pair[0].verdict == pair[1].verdict);
    let errored = runs.iter().any(|run| run.verdict == Verdict::Error);
    // The first that is red tells most.
    let place = runs.iter().position(|run| run.verdict.is_red()).unwrap_or(0);
    let mut finished = (place < times).then(|| runs.swap_remove(place))?;
    if !alike && red > 0 && !errored {
        finished.verdict = Verdict::Flaky;
        finished.reason = Some(format!("{red} of {times} runs failed"));
    }
    finished.checks = checks;
    finished.requests = requests;
    finished.duration_ms = duration_ms;
    Some(finished)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::Failure;

    fn run(verdict: Verdict, message: &str) -> ScenarioFinished {
        let failure = serde_json::json!({
            "line": 1, "column": 1, "excerpt": "", "message": message, "expected": null, "actual": null, "note": null,
            "curl": null, "response": null, "log": [], "again": "", "statements": []
        });
        let failure: Option<Failure> = verdict.is_red().then(|| serde_json::from_value(failure).unwrap());
        let mut finished = crate::report::tests::events::run("scrub", "s", verdict);
        finished.failure = failure;
        finished.checks = 2;
        finished
    }

    fn judged(verdict: Verdict, message: &str, says: Option<&str>) -> Verdict {
        let known = KnownFailure {
            reason: "not yet".to_owned(),
            says: says.map(str::to_owned),
        };
        let mut finished = run(verdict, message);
        known.judge(&mut finished);
        finished.verdict
    }

    #[test]
    fn a_known_failure_is_none_and_its_end_is_red() {
        assert_eq!(judged(Verdict::Fail, "the status differs", None), Verdict::KnownFailure);
        assert_eq!(
            judged(Verdict::Fail, "the status differs", Some("status")),
            Verdict::KnownFailure
        );
        assert_eq!(judged(Verdict::Fail, "the body differs", Some("status")), Verdict::Fail);
        assert_eq!(judged(Verdict::Pass, "", None), Verdict::UnexpectedPass);
        assert!(Verdict::UnexpectedPass.is_red() && !Verdict::KnownFailure.is_red());
        assert_eq!(judged(Verdict::Error, "no room", None), Verdict::Error);
        assert_eq!(judged(Verdict::Excluded, "", None), Verdict::Excluded);
    }

    #[test]
    fn a_verdict_that_changes_is_flaky_and_that_is_red() {
        let of = |verdicts: &[Verdict]| {
            let runs = verdicts.iter().map(|verdict| run(*verdict, "m")).collect();
            let finished = together(runs).unwrap();
            (finished.verdict, finished.reason, finished.checks)
        };
        assert_eq!(of(&[Verdict::Pass, Verdict::Pass]), (Verdict::Pass, None, 4));
        assert_eq!(of(&[Verdict::Fail, Verdict::Fail]), (Verdict::Fail, None, 4));
        let flaky = of(&[Verdict::Pass, Verdict::Fail, Verdict::Pass]);
        assert_eq!(flaky, (Verdict::Flaky, Some("1 of 3 runs failed".to_owned()), 6));
        assert!(Verdict::Flaky.is_red());
        // That the harness failed is no flakiness of the registry.
        assert_eq!(of(&[Verdict::Pass, Verdict::Error]).0, Verdict::Error);
        assert!(together(Vec::new()).is_none());
    }
}
