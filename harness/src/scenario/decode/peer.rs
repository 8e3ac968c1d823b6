//! What is asked of a server beside its requests: how one that the harness plays behaves and what it was asked, and how
//! much memory one takes.

use super::super::{Behave, MemoryCheck, RequestsCheck, diagnostic::Code, keys};
use super::{Decoder, step::StepFields, topology::Sort};

impl Decoder<'_> {
    pub(super) fn behave(&mut self, step: &StepFields<'_>) -> Option<Behave> {
        let server = self.server_named(step.value(), Sort::Peer);
        let behaviour = self.behaviour(&step.fields);
        Some(Behave {
            server: server?,
            behaviour: behaviour?,
        })
    }

    pub(super) fn requests(&mut self, step: &StepFields<'_>) -> Option<RequestsCheck> {
        let says = ["count", "each_path", "headers"];
        let fields = self.fields(step.value(), &keys::REQUESTS)?;
        if fields.present(&says).is_empty() {
            self.problem::<()>(
                Code::MissingKey,
                fields.span,
                "`requests` does not say what has to hold of them",
                "write `count: 1`, `each_path: at most 1` or `headers: { Authorization: absent }`",
            );
        }
        let server = self
            .required(
                &fields,
                "to",
                "write the proxy or scripted server that was asked: `to: slow`",
            )
            .and_then(|node| self.server_named(node, Sort::Peer));
        let headers = fields
            .get("headers")
            .map_or(Some(Vec::new()), |node| self.matchers(node, "a map of headers"));
        Some(RequestsCheck {
            method: fields.get("method").and_then(|node| self.method(node)),
            path: fields.get("path").and_then(|node| self.matcher(node)),
            count: fields.get("count").and_then(|node| self.amount(node)),
            each_path: fields.get("each_path").and_then(|node| self.amount(node)),
            server: server?,
            headers: headers?,
        })
    }

    pub(super) fn memory(&mut self, step: &StepFields<'_>) -> Option<MemoryCheck> {
        let fields = self.fields(step.value(), &keys::MEMORY)?;
        let server = self.registry_of(fields.get("of"), step.span());
        let peak = self
            .required(
                &fields,
                "peak",
                "write the most that it may have taken: `peak: below 200 MiB`",
            )
            .and_then(|node| self.amount(node));
        Some(MemoryCheck {
            server: server?,
            peak: peak?,
        })
    }
}
