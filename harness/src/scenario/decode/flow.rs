//! Flow: variables, checks of any value, repetition, and waiting.

use std::time::Duration;

use super::super::{Action, Eventually, Repeat, Step, Value, diagnostic::Code, tree::Node, unit};
use super::{Decoder, step::StepFields, template::is_template};

impl Decoder<'_> {
    pub(super) fn set(&mut self, step: &StepFields<'_>) -> Option<Vec<(String, Value)>> {
        let entries = self.map(step.value(), "a map of variables")?;
        if entries.is_empty() {
            return self.problem(
                Code::Empty,
                step.span(),
                "`set` sets nothing",
                "write `- set: { name: value }`",
            );
        }
        let variables: Vec<_> = entries
            .iter()
            .map(|entry| {
                let value = self.value(&entry.value);
                let name = self.define(&entry.key, &entry.key_span);
                Some((name?, value?))
            })
            .collect();
        variables.into_iter().collect()
    }

    pub(super) fn check(&mut self, step: &StepFields<'_>) -> Option<Action> {
        let value = self.value(step.value());
        let expect = self
            .required(
                &step.fields,
                "expect",
                "write what the value has to be: `expect: 3`, `expect: { sorted: true }`",
            )
            .and_then(|node| self.matcher(node));
        Some(Action::Check {
            value: value?,
            expect: expect?,
        })
    }

    pub(super) fn repeat(&mut self, step: &StepFields<'_>) -> Option<Repeat> {
        let over = self.over(step.value());
        let outer = self.variables.clone();
        let name = step.get("as").and_then(|node| self.define_at(node));
        let steps = self
            .required(&step.fields, "do", "write `do`, a list of the steps that are repeated")
            .and_then(|node| self.steps(node));
        // The number is gone afterwards; what the steps defined stays.
        if let Some(name) = &name
            && !outer.contains(name)
        {
            self.variables.remove(name);
        }
        Some(Repeat {
            over: over?,
            name,
            steps: steps?,
        })
    }

    /// How often, or the list of what for.
    fn over(&mut self, node: &Node) -> Option<Value> {
        if Self::is_list(node) {
            self.filled_list(node, "a list of what the steps are repeated for")?;
            return self.value(node);
        }
        match self.value(node)? {
            Value::Text(template) if is_template(&template.text) => Some(Value::Text(template)),
            value => {
                if self.number::<u64>(node, "a number")? == 0 {
                    return self.problem(
                        Code::CannotFail,
                        &node.span,
                        "repeated 0 times, nothing of this is done",
                        "write how often, 1 or more, or remove the step",
                    );
                }
                Some(value)
            }
        }
    }

    pub(super) fn eventually(&mut self, step: &StepFields<'_>) -> Option<Eventually> {
        let inner = self.asking(step.value());
        let within = self.duration_or(step.get("within"), Duration::from_secs(10));
        let every = self.duration_or(step.get("every"), Duration::from_millis(50));
        let abort_if = step.get("abort_if").and_then(|node| self.asking(node));
        if let (Some(within), Some(every)) = (within, every)
            && every >= within
        {
            let key = if step.get("every").is_some() { "every" } else { "within" };
            let span = step
                .fields
                .entry(key)
                .map_or(step.span(), |entry| &entry.value.span)
                .clone();
            self.problem::<()>(
                Code::CannotHold,
                &span,
                "it looks once only: `every` is not shorter than `within`",
                "`every` is 50ms and `within` is 10s unless said; make `within` several times as long as `every`",
            );
        }
        if let Some(inner) = &inner
            && let Action::Log(log) = &inner.action
            && log.times == Some(0)
        {
            self.problem::<()>(
                Code::CannotFail,
                &inner.span,
                "`eventually` ends at the first look that holds, so a log line that never comes holds at once",
                "wait for something else, and look with `log` and `times: 0` after it",
            );
        }
        Some(Eventually {
            step: Box::new(inner?),
            within: within?,
            every: every?,
            abort_if: abort_if.map(Box::new),
        })
    }

    /// A step that asks.
    fn asking(&mut self, node: &Node) -> Option<Step> {
        let step = self.step(node)?;
        if !step.spec.is_empty() {
            return self.problem(
                Code::Conflict,
                &step.span,
                "`spec` stands within `eventually`, where only the last look counts",
                "write it beside `eventually`",
            );
        }
        if asks(&step.action) {
            return Some(step);
        }
        self.problem(
            Code::DoesNotAsk,
            &step.span,
            "this step does something and asks nothing: it cannot be done until it holds",
            "what can be waited for: a request, `pull`, `pages`, `file`, `log`, `metric`, `requests`, `memory`, `check`, \
             `command`, `layout`",
        )
    }

    fn duration_or(&mut self, node: Option<&Node>, default: Duration) -> Option<Duration> {
        node.map_or(Some(default), |node| self.duration(node))
    }

    /// Some time.
    pub(super) fn duration(&mut self, node: &Node) -> Option<Duration> {
        let text = self.word(node, "a duration")?;
        match unit::parse_duration(text) {
            Ok(duration) if !duration.is_zero() => Some(duration),
            Ok(_) => self.problem(
                Code::Duration,
                &node.span,
                "no time at all",
                "write a duration like `500ms`, `10s` or `2m`",
            ),
            Err(error) => self.problem(
                Code::Duration,
                &node.span,
                error.to_string(),
                "write durations like `500ms`, `10s` or `2m`",
            ),
        }
    }
}

/// Whether a step can be done again and again until it holds.
fn asks(action: &Action) -> bool {
    matches!(
        action,
        Action::Request(_)
            | Action::Pages(_)
            | Action::Pull(_)
            | Action::File(_)
            | Action::Log(_)
            | Action::Metric(_)
            | Action::Requests(_)
            | Action::Memory(_)
            | Action::Acknowledged
            | Action::Check { .. }
            | Action::Command(_)
            | Action::Layout { .. }
    )
}
