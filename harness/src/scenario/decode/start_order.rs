//! The order in which the servers of a scenario can start.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Script, ServerDeclaration, ServerKind, Span, Value, diagnostic::Code};
use super::{Decoder, template::is_template, topology::Sort};

impl Decoder<'_> {
    /// The servers in an order in which each finds the addresses that its configuration names.
    pub(super) fn in_order<'s>(
        &mut self,
        declared: Vec<ServerDeclaration>,
        scripts: impl Iterator<Item = &'s Script>,
    ) -> Option<Vec<ServerDeclaration>> {
        let mut needs: BTreeMap<String, BTreeMap<String, Span>> = BTreeMap::new();
        for server in &declared {
            let needs = needs.entry(server.name.clone()).or_default();
            match &server.kind {
                ServerKind::Registry(registry) => {
                    if let Some(config) = &registry.config {
                        self.addresses(config, needs);
                    }
                }
                ServerKind::Proxy { behaviour, .. } | ServerKind::Script(behaviour) => {
                    for template in behaviour.templates() {
                        self.addresses(&Value::Text(template.clone()), needs);
                    }
                }
            }
        }
        for (server, config) in scripts.flat_map(|script| &script.config) {
            self.addresses(config, needs.entry(server.clone()).or_default());
        }
        let mut waiting = declared;
        let mut ordered: Vec<ServerDeclaration> = Vec::new();
        while !waiting.is_empty() {
            let started: BTreeSet<&str> = ordered.iter().map(|server| server.name.as_str()).collect();
            let can_start = |server: &ServerDeclaration| {
                let met = |needed: &BTreeMap<String, Span>| needed.keys().all(|name| started.contains(name.as_str()));
                needs.get(&server.name).is_none_or(met)
            };
            let Some(next) = waiting.iter().position(can_start) else {
                return self.never_start(&waiting, &needs);
            };
            let next = waiting.remove(next);
            ordered.push(next);
        }
        Some(ordered)
    }

    /// None of `waiting` can be the first to start: points at a reference that goes round in a circle.
    fn never_start<T>(
        &mut self,
        waiting: &[ServerDeclaration],
        needs: &BTreeMap<String, BTreeMap<String, Span>>,
    ) -> Option<T> {
        let is_waiting = |name: &str| waiting.iter().any(|server| server.name == name);
        let needed = |name: &str| {
            let needed = needs.get(name)?.iter().find(|(name, _)| is_waiting(name))?;
            Some((needed.0.clone(), needed.1.clone()))
        };
        let mut seen = Vec::new();
        let mut name = waiting.first()?.name.clone();
        while !seen.contains(&name) {
            seen.push(name.clone());
            name = needed(&name)?.0;
        }
        let (other, span) = needed(&name)?;
        let message = if other == name {
            format!("`{name}` needs its own address before it has one")
        } else {
            format!(
                "`{name}` needs the address of `{other}` before it can start, and `{other}` cannot start before `{name}`"
            )
        };
        self.problem(
            Code::StartOrder,
            &span,
            message,
            "an address is known once its server has started; that of a proxy is known before: write `front: { proxy: … }` \
             in `servers`, and refer to `{{ front.url }}`",
        )
    }

    /// The servers whose address a value names, each with a place.
    fn addresses(&self, value: &Value, found: &mut BTreeMap<String, Span>) {
        match value {
            Value::Text(template) if is_template(&template.text) => {
                let Ok(parsed) = self.templates.template_from_str(&template.text) else {
                    return;
                };
                for name in parsed.undeclared_variables(true) {
                    let (server, field) = name.split_once('.').unwrap_or((&name, ""));
                    let address = matches!(field, "" | "url" | "authority");
                    // The harness listens before anything starts: those addresses are always known.
                    if address && self.servers.get(server) == Some(&Sort::Registry) {
                        let span = self.find_word(server, &template.span);
                        found.entry(server.to_owned()).or_insert(span);
                    }
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.addresses(item, found)),
            Value::Map(entries) => entries.iter().for_each(|(_, item)| self.addresses(item, found)),
            Value::Text(_) | Value::Null | Value::Bool(_) | Value::Number { .. } => {}
        }
    }
}
