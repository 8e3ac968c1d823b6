//! Clients side by side, what they delete, and what is left to chance.

use std::sync::Arc;

use super::super::{
    Action, Clients, Delete, Deleted, Generated, ImageWords, ServerVerb, StatusMatcher, Step, Template, Value, Wait,
    diagnostic::Code,
    keys,
    tree::Node,
    words::{parse_image, parse_wait},
};
use super::{Decoder, step::StepFields, template::is_template};

/// The variables of a client.
const OF_A_CLIENT: [&str; 2] = ["client", "n"];

impl Decoder<'_> {
    pub(super) fn clients(&mut self, step: &StepFields<'_>) -> Option<Clients> {
        let count = self.count(step.value());
        let until_killed = match step.get("until") {
            Some(node) => self.one_of(node, "an end", &["killed"]).map(|_| true),
            None => Some(false),
        };
        let steps = self
            .required(&step.fields, "do", "write `do`, a list of what each client does")
            .and_then(|node| self.client_steps(node));
        Some(Clients {
            count: count?,
            until_killed: until_killed?,
            steps: steps?,
        })
    }

    /// Steps that a client does. What they define is the client's alone.
    pub(super) fn client_steps(&mut self, node: &Node) -> Option<Arc<[Step]>> {
        self.of_a_client(node, |decoder| decoder.steps(node))
    }

    /// One step that a client does.
    pub(super) fn client_step(&mut self, node: &Node) -> Option<Arc<[Step]>> {
        self.of_a_client(node, |decoder| Some(vec![decoder.step(node)?]))
    }

    fn of_a_client(&mut self, node: &Node, read: impl FnOnce(&mut Self) -> Option<Vec<Step>>) -> Option<Arc<[Step]>> {
        let outer = self.variables.clone();
        for name in OF_A_CLIENT {
            if self.servers.contains_key(name) {
                return self.problem(
                    Code::ShadowsBuiltin,
                    &node.span,
                    format!("`{name}` is a server of this scenario, and in `do` it is a number"),
                    "give the server another name",
                );
            }
            self.variables.insert(name.to_owned());
        }
        let steps = read(self);
        self.variables = outer;
        steps.map(Arc::from)
    }

    /// How many there are, one at least.
    pub(super) fn count(&mut self, node: &Node) -> Option<Value> {
        match self.value(node)? {
            Value::Text(template) if is_template(&template.text) => Some(Value::Text(template)),
            value => match self.number::<u64>(node, "a number")? {
                0 => self.problem(
                    Code::CannotFail,
                    &node.span,
                    "0 of them do nothing",
                    "write how many, 1 or more, or remove the step",
                ),
                _ => Some(value),
            },
        }
    }

    /// `delete` with a map.
    pub(super) fn delete(&mut self, step: &StepFields<'_>) -> Option<Delete> {
        for key in ["query", "headers", "body", "chunked"] {
            if let Some(entry) = step.fields.entry(key) {
                self.problem::<()>(
                    Code::UnknownKey,
                    &entry.key_span,
                    format!("`{key}` is no key of `delete: {{ … }}`"),
                    "write the request: `delete: /v2/…`",
                );
            }
        }
        let sorts = ["tag", "manifest", "blob"];
        let fields = self.fields(step.value(), &keys::DELETED)?;
        let what = match fields.present(&sorts)[..] {
            [entry] if entry.key == "blob" => {
                let from = self.repository(fields.get("from"), step.span());
                let digest = self.filled(&entry.value, "a digest");
                digest.map(|digest| Deleted::Blob { digest, from })
            }
            [entry] => self.target(&entry.value).map(Deleted::Manifest),
            _ => self.problem(
                Code::MissingKey,
                step.span(),
                "`delete` does not say what",
                "write one of `tag: \"app:1\"`, `manifest: \"app@{{ image.digest }}\"` and `blob: \"{{ blob.digest }}\"`",
            ),
        };
        if let (Some(Deleted::Manifest(_)), Some(entry)) = (&what, fields.entry("from")) {
            self.problem::<()>(
                Code::Conflict,
                &entry.key_span,
                "the repository stands before the tag or the digest",
                "remove `from`",
            );
        }
        let expect = self.expect_or(step, StatusMatcher::Exactly(vec![202, 404]), false);
        let captures = self.captures(step);
        Some(Delete {
            what: what?,
            expect: expect?,
            captures: captures?,
        })
    }

    /// An image: a name, or words that describe one.
    pub(super) fn image(&mut self, node: &Node) -> Option<Template> {
        let image = self.filled(node, "an image")?;
        if is_template(&image.text) {
            return Some(image);
        }
        match parse_image(&image.text) {
            Ok(Some(ImageWords::AnyOf(name))) if !self.variables.contains(&name) => self.problem(
                Code::UnknownVariable,
                &node.span,
                format!("nothing before this defines `{name}`"),
                "generate the images first: `- generate: { images: 8, as: versions }`",
            ),
            Ok(_) => Some(image),
            Err(message) => self.problem(
                Code::UnknownWord,
                &node.span,
                message,
                "write the name of a fixture or of what was pushed `as` it, `3 layers of 8 MiB`, `random 1 to 5 layers \
                 of up to 2 MiB` or `any of versions`",
            ),
        }
    }

    /// `generate: { images: 8 }`.
    pub(super) fn images(&mut self, node: &Node) -> Option<Generated> {
        self.count(node).map(Generated::Images)
    }

    /// A time, or a random one.
    pub(super) fn wait(&mut self, node: &Node) -> Option<Wait> {
        let text = self.word(node, "a time")?;
        match parse_wait(text) {
            Ok(wait) => Some(wait),
            Err(message) => self.problem(
                Code::Duration,
                &node.span,
                message,
                "write a time like `500ms`, or `random 0 to 800 ms`",
            ),
        }
    }

    /// Clients that run until a server is killed need a step behind them that kills one.
    pub(super) fn someone_kills(&mut self, steps: &[Step]) {
        for (place, step) in steps.iter().enumerate() {
            let kills = |step: &Step| matches!(&step.action, Action::Server(server) if server.verb == ServerVerb::Kill);
            if let Action::Clients(clients) = &step.action
                && clients.until_killed
                && !steps[place + 1..].iter().any(kills)
            {
                self.problem::<()>(
                    Code::CannotHold,
                    &step.span,
                    "these clients go on until a server is killed, and no step behind this one kills any",
                    "write `- kill: registry` behind it, or remove `until`",
                );
            }
        }
    }
}
