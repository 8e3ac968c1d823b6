//! What a script looks at, statement by statement: how strong its checks are.

use super::{Evidence, judge};
use crate::scenario::{About, Action, Check, Expect, Scenario, Script, Span, Step};

/// What `script` looks at to check each of the scenario's statements.
pub(super) fn evidence(scenario: &Scenario, script: &Script) -> Vec<Evidence> {
    let mut walk = Walk {
        all: scenario.statements.iter().map(|id| Evidence::of(id)).collect(),
        unnamed: judge::about(scenario, Some(script), &About::default(), None),
        written: false,
    };
    walk.steps(&script.steps, &About::default());
    walk.all
}

/// What an answer is looked at for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Status,
    Header,
    Body,
}

struct Walk {
    all: Vec<Evidence>,
    unnamed: Vec<String>,
    /// Whether something was written whose answer was looked at: what is looked at then is what came of it.
    written: bool,
}

impl Walk {
    fn steps(&mut self, steps: &[Step], outer: &About) {
        for step in steps {
            let spec = if step.spec.is_empty() { outer } else { &step.spec };
            self.step(step, spec);
        }
    }

    fn step(&mut self, step: &Step, spec: &About) {
        // An expectation that is not written has the place of the step's key.
        let written = |expect: &Expect| expect.span != step.span;
        match &step.action {
            Action::Request(request) => {
                let writes = matches!(request.method.as_str(), "PUT" | "POST" | "PATCH" | "DELETE");
                self.answer(written(&request.expect).then_some(&request.expect), writes, spec);
            }
            Action::Raw(raw) => {
                let writes = !["GET ", "HEAD "]
                    .iter()
                    .any(|method| raw.send.text.trim_start().starts_with(method));
                self.answer(Some(&raw.expect), writes, spec);
            }
            Action::Upload(upload) => self.answer(written(&upload.expect).then_some(&upload.expect), true, spec),
            Action::Push(push) => self.answer(written(&push.expect).then_some(&push.expect), true, spec),
            Action::Pages(pages) => {
                let expect = &pages.request.expect;
                self.answer(written(expect).then_some(expect), false, spec);
            }
            Action::Token(token) => {
                let expect = &token.request.expect;
                self.answer(written(expect).then_some(expect), false, spec);
            }
            Action::Stream(_) => {
                self.count(Kind::Status, false, &spec.all());
                self.count(Kind::Body, true, &spec.all());
                self.written = true;
            }
            Action::Pull(_) => {
                self.look(Kind::Status, spec);
                self.look(Kind::Body, spec);
            }
            Action::Command(_)
            | Action::File(_)
            | Action::Layout { .. }
            | Action::Log(_)
            | Action::Metric(_)
            | Action::Requests(_)
            | Action::Memory(_)
            | Action::Acknowledged
            | Action::Race(_)
            | Action::Check { .. } => self.look(Kind::Body, spec),
            Action::Delete(delete) => self.answer(written(&delete.expect).then_some(&delete.expect), true, spec),
            Action::Repeat(repeat) => self.steps(&repeat.steps, spec),
            Action::Clients(clients) => self.steps(&clients.steps, spec),
            Action::Eventually(eventually) => self.step(&eventually.step, spec),
            _ => {}
        }
    }

    /// The answer to a request, which wrote something or did not.
    fn answer(&mut self, expect: Option<&Expect>, writes: bool, spec: &About) {
        let checks = expect.map(checks).unwrap_or_default();
        for (span, kind) in &checks {
            self.count(*kind, self.written && !writes, &spec.of(Some(span)));
        }
        self.written |= writes && !checks.is_empty();
    }

    fn look(&mut self, kind: Kind, spec: &About) {
        self.count(kind, self.written, &spec.all());
    }

    fn count(&mut self, kind: Kind, after: bool, spec: &[String]) {
        let about = if spec.is_empty() { &self.unnamed[..] } else { spec };
        for one in self.all.iter_mut().filter(|one| about.contains(&one.statement)) {
            *match kind {
                _ if after => &mut one.after,
                Kind::Status => &mut one.status,
                Kind::Header => &mut one.headers,
                Kind::Body => &mut one.body,
            } += 1;
        }
    }
}

/// What an expectation looks at, and where. Of several outcomes the one that looks at most counts.
fn checks(expect: &Expect) -> Vec<(&Span, Kind)> {
    let of_outcomes = expect.outcomes.iter().map(|outcome| {
        let checks = outcome.checks.iter().map(|(span, check)| {
            let kind = match check {
                Check::Status(_) => Kind::Status,
                Check::Header(..) => Kind::Header,
                Check::Error(_) | Check::Json(..) | Check::Body(_) | Check::Size(_) | Check::Digest(_) => Kind::Body,
            };
            (span, kind)
        });
        checks.collect::<Vec<_>>()
    });
    of_outcomes.max_by_key(Vec::len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Vocabulary, parse};

    fn of(steps: &str) -> Vec<(String, [u32; 4])> {
        let text = format!("scenario: x\nspec: [PUSH-DIG-04, PULL-BLOB-05]\nsteps:\n{steps}");
        let scenario = parse("x", std::path::Path::new("x.yaml"), &text, &Vocabulary::default())
            .unwrap_or_else(|error| panic!("{error:?}"));
        let evidence = evidence(&scenario, scenario.on.as_ref().unwrap());
        let counts = evidence
            .into_iter()
            .map(|one| (one.statement, [one.status, one.headers, one.body, one.after]));
        counts.collect()
    }

    #[test]
    fn what_is_looked_at_after_a_write_that_was_looked_at_is_what_came_of_it() {
        let evidence = of(
            "  - generate: { bytes: 3, as: b }\n  - upload: { blob: b, digest: x }\n    expect: { status: 400, error: DIGEST_INVALID }\n  \
             - get: /v2/x\n    expect: 404\n",
        );
        assert_eq!(evidence[0], ("PUSH-DIG-04".to_owned(), [1, 0, 1, 1]));
        assert_eq!(evidence[1].1, evidence[0].1);
    }

    #[test]
    fn what_is_only_prepared_is_no_evidence_and_a_step_may_say_what_it_is_about() {
        let evidence = of(
            "  - generate: { bytes: 3, as: b }\n  - upload: { blob: b }\n  - get: /v2/x\n    spec: PULL-BLOB-05\n    \
             expect: { status: 404, headers: { Content-Length: present } }\n  - put: /v2/y\n    expect: 400\n",
        );
        assert_eq!(evidence[0].1, [1, 0, 0, 0]);
        assert_eq!(evidence[1].1, [1, 1, 0, 0]);
    }
}
