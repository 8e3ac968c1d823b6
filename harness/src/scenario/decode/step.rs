//! One step: the key that says what it does, and what may stand beside it.

use super::super::{
    About, Action, Span, Step,
    diagnostic::Code,
    keys::STEPS,
    suggestion,
    tree::{Entry, Kind, Node, with_colon},
};
use super::{Decoder, fields::Fields};
use crate::schema::Map;

/// The keys that say what a step does.
fn actions() -> Vec<&'static str> {
    STEPS.iter().map(|step| action_of(step)).collect()
}

/// The key that says what such a step does: the first.
fn action_of(step: &'static Map) -> &'static str {
    step.keys.first().map_or("", |key| key.name)
}

/// The key that says what a step does, with its value and what stands beside it.
#[derive(Clone, Copy)]
pub(super) struct StepFields<'n> {
    /// The key's entry.
    pub(super) action: &'n Entry,
    /// All of the step.
    pub(super) fields: Fields<'n>,
}

impl<'n> StepFields<'n> {
    /// What the key says.
    pub(super) fn value(&self) -> &'n Node {
        &self.action.value
    }

    /// Where the key stands.
    pub(super) fn span(&self) -> &'n Span {
        &self.action.key_span
    }

    /// What stands beside the key.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.fields.get(key)
    }
}

impl Decoder<'_> {
    pub(super) fn step(&mut self, node: &Node) -> Option<Step> {
        if let Some(written) = node.text().and_then(with_colon)
            && let Some((action, _)) = written.split_once(':')
            && actions().contains(&action)
        {
            return self.wrong_kind(
                node,
                "a step",
                &format!("a colon and a space behind `{action}`: `- {written}`"),
            );
        }
        let entries = self.map(node, "a step")?;
        let step_of = |entry: &Entry| STEPS.into_iter().find(|step| action_of(step) == entry.key);
        let actions: Vec<(&Entry, &'static Map)> = entries
            .iter()
            .filter_map(|entry| Some((entry, step_of(entry)?)))
            .collect();
        // What stands beside one key may be another's to begin with: `behave` takes `pages`.
        let admits_all = |step: &Map| actions.iter().all(|(entry, _)| step.key(&entry.key).is_some());
        let Some((action, step)) = actions.iter().copied().find(|(_, step)| admits_all(step)) else {
            let [(first, _), (second, _), ..] = actions[..] else {
                return self.no_action(node, entries);
            };
            return self.problem(
                Code::Conflict,
                &second.key_span,
                format!("this step says two things to do: `{}` and `{}`", first.key, second.key),
                "begin a new step with `- ` for each",
            );
        };
        let fields = self.fields(node, step)?;
        let text = fields.get("note").and_then(|node| self.word(node, "a note"));
        let key = &action.key_span;
        let action = self.action(&StepFields { action, fields })?;
        let spec = fields
            .get("spec")
            .map_or(Some(About::default()), |node| self.about(node, &action));
        let auth = match fields.get("auth") {
            Some(node) => Some(self.filled(node, "`user:password`")?),
            None => None,
        };
        Some(Step {
            auth,
            span: key.clone(),
            note: text.map(str::to_owned),
            spec: spec?,
            action,
        })
    }

    fn no_action(&mut self, node: &Node, entries: &[Entry]) -> Option<Step> {
        let Some(first) = entries.first() else {
            return self.problem(
                Code::Empty,
                &node.span,
                "the step is empty",
                format!("what a step may do: {}", suggestion::list(&actions(), "or")),
            );
        };
        let near = entries
            .iter()
            .find_map(|entry| Some((entry, suggestion::nearest(&entry.key, actions())?)));
        let (entry, near) = near.map_or((first, None), |(entry, word)| (entry, Some(word)));
        let help = format!("what a step may do: {}", suggestion::list(&actions(), "or"));
        self.problem(
            Code::NoAction,
            &entry.key_span,
            "no key of this step says what is done",
            suggestion::did_you_mean(near, &help),
        )
    }

    fn action(&mut self, step: &StepFields<'_>) -> Option<Action> {
        match step.action.key.as_str() {
            "pages" => self.pages(step).map(Action::Pages),
            "token" => self.token(step).map(Action::Token),
            "raw" => self.raw(step).map(Action::Raw),
            "generate" => self.generate(step).map(Action::Generate),
            "stream" => self.stream(step).map(Action::Stream),
            "upload" => self.upload(step).map(Action::Upload),
            "push" => self.push(step).map(Action::Push),
            "pull" => self.pull(step).map(Action::Pull),
            "start" | "stop" | "kill" | "restart" | "pause" | "resume" => self.server(step).map(Action::Server),
            "behave" => self.behave(step).map(Action::Behave),
            "requests" => self.requests(step).map(Action::Requests),
            "memory" => self.memory(step).map(Action::Memory),
            "command" => self.command(step).map(Action::Command),
            "file" => self.file(step).map(Action::File),
            "corrupt" => self.corrupt(step),
            "remove" => self.remove(step),
            "write" => self.write(step),
            "fill" | "free" | "remount" => self.disk_step(step).map(Action::Disk),
            "layout" => self.layout(step),
            "log" => self.log(step).map(Action::Log),
            "metric" => self.metric(step).map(Action::Metric),
            "set" => self.set(step).map(Action::Set),
            "check" => self.check(step),
            "clients" => self.clients(step).map(Action::Clients),
            "race" => self.race(step).map(Action::Race),
            "sometimes" => self.step(step.value()).map(|step| Action::Sometimes(Box::new(step))),
            "acknowledged" => self
                .one_of(step.value(), "a state of what was acknowledged", &["intact"])
                .map(|_| Action::Acknowledged),
            "delete" if matches!(step.value().kind, Kind::Map(_)) => self.delete(step).map(Action::Delete),
            "repeat" => self.repeat(step).map(Action::Repeat),
            "eventually" => self.eventually(step).map(Action::Eventually),
            _ => self.request(step).map(Action::Request),
        }
    }
}
