//! The servers of a scenario: what they are, how steps name them, and in which order they can start.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{
    Behave, Behaviour, MemoryCheck, REGISTRY, RegistryDeclaration, RequestsCheck, Script, ServerDeclaration,
    ServerKind, Span, Template, Value,
    diagnostic::Code,
    suggestion,
    tree::{Entry, Kind, Node},
};
use super::{Decoder, behaviour::EFFECTS, step::StepFields, template::is_template};
use crate::combination::{Combination, select};

/// What may stand beside `behave`.
pub(super) const BEHAVE: &[&str] = &[
    "rules", "answer", "redirect", "hang", "delay", "headers", "pages", "body", "corrupt", "cut", "truncate", "stall",
];

/// What a server is, as far as steps have to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A process of the project's server.
    Registry,
    /// A proxy or a script.
    Peer,
}

impl Decoder<'_> {
    /// `servers`, in the file's order.
    pub(super) fn servers(&mut self, node: &Node) -> Option<Vec<ServerDeclaration>> {
        let entries = self.map(node, "a map of servers")?;
        if entries.is_empty() {
            return self.problem(
                Code::Empty,
                &node.span,
                "`servers` names no server",
                "write one at least, `mirror: {}`, or remove the key: without it there is one, `registry`",
            );
        }
        // All names first: a configuration may name a server that stands below it.
        for entry in entries {
            if entry.key != REGISTRY && self.name(&entry.key, &entry.key_span).is_none() {
                continue;
            }
            let has = |key: &str| matches!(&entry.value.kind, Kind::Map(entries) if entries.iter().any(|entry| entry.key == key));
            let sort = if has("proxy") || has("script") {
                Sort::Peer
            } else {
                Sort::Registry
            };
            self.servers.insert(entry.key.clone(), sort);
            if self.variables.contains(&entry.key) {
                self.problem::<()>(
                    Code::Conflict,
                    &entry.key_span,
                    format!("`{}` is a variable of `each` too", entry.key),
                    "give one of them another name",
                );
            }
        }
        let declared: Vec<_> = entries.iter().map(|entry| self.server_declaration(entry)).collect();
        let declared = declared.into_iter().collect::<Option<Vec<_>>>()?;
        for server in &declared {
            let owner = declared.iter().find(|other| Some(&other.name) == server.root());
            if let Some(owner) = owner.filter(|owner| owner.root().is_some()) {
                let span = self.find_word(&owner.name, &server.span);
                self.problem::<()>(
                    Code::Conflict,
                    &span,
                    format!(
                        "`{}` shares the root of `{}`, which has none of its own",
                        server.name, owner.name
                    ),
                    "name the server that the root belongs to",
                );
            }
        }
        self.proxies_in_a_circle(&declared);
        Some(declared)
    }

    /// A request to proxies that stand before each other would never arrive.
    fn proxies_in_a_circle(&mut self, declared: &[ServerDeclaration]) {
        let behind = |name: &str| {
            declared.iter().find_map(|server| match &server.kind {
                ServerKind::Proxy { upstream, .. } if server.name == name => Some(upstream.as_str()),
                _ => None,
            })
        };
        let first = declared.iter().find(|server| {
            let chain = std::iter::successors(behind(&server.name), |name| behind(name));
            chain.take(declared.len()).any(|name| name == server.name)
        });
        if let Some(server) = first {
            self.problem::<()>(
                Code::StartOrder,
                &server.span,
                format!("what `{}` passes on comes back to it", server.name),
                "a proxy stands before a registry or a scripted server, perhaps with another proxy between",
            );
        }
    }

    fn server_declaration(&mut self, entry: &Entry) -> Option<ServerDeclaration> {
        let kind = match &entry.value.kind {
            Kind::Map(entries) if entries.is_empty() => ServerKind::Registry(RegistryDeclaration::default()),
            Kind::Map(entries) if entries.iter().any(|entry| entry.key == "proxy") => self.proxy(entry)?,
            Kind::Map(entries) if entries.iter().any(|entry| entry.key == "script") => self.script_server(entry)?,
            _ => ServerKind::Registry(self.registry_declaration(entry)?),
        };
        Some(ServerDeclaration {
            name: entry.key.clone(),
            span: entry.key_span.clone(),
            kind,
        })
    }

    fn registry_declaration(&mut self, entry: &Entry) -> Option<RegistryDeclaration> {
        let fields = self.fields(&entry.value, "a server", &["combination", "config", "root"])?;
        Some(RegistryDeclaration {
            combination: fields.get("combination").and_then(|node| self.combination(node)),
            config: fields.get("config").and_then(|node| self.config(node)),
            root: fields.get("root").and_then(|node| self.other_root(node, &entry.key)),
        })
    }

    fn proxy(&mut self, entry: &Entry) -> Option<ServerKind> {
        let allowed: Vec<&str> = ["proxy", "rules"].into_iter().chain(EFFECTS.iter().copied()).collect();
        let fields = self.fields(&entry.value, "a proxy", &allowed)?;
        let upstream = fields.entry("proxy").and_then(|proxy| {
            let name = self.word(&proxy.value, "the name of a server")?;
            if name == entry.key {
                return self.problem(
                    Code::Conflict,
                    &proxy.value.span,
                    "this is the proxy itself",
                    "name the server that it passes requests on to",
                );
            }
            self.known_server(name, &proxy.value.span, None)
        });
        let behaviour = self.behaviour(&fields);
        Some(ServerKind::Proxy {
            upstream: upstream?,
            behaviour: behaviour?,
        })
    }

    fn script_server(&mut self, entry: &Entry) -> Option<ServerKind> {
        let fields = self.fields(&entry.value, "a scripted server", &["script"])?;
        let rules = fields.get("script").and_then(|node| match &node.kind {
            // It says with `behave` later what it answers.
            Kind::List(items) if items.is_empty() => Some(Vec::new()),
            _ => self.rules(node),
        });
        Some(ServerKind::Script(Behaviour { rules: rules? }))
    }

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
        let allowed = [&["to", "method", "path"][..], &says].concat();
        let fields = self.fields(step.value(), "`requests`", &allowed)?;
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
        let fields = self.fields(step.value(), "`memory`", &["of", "peak"])?;
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

    /// The server whose folder another shares.
    fn other_root(&mut self, node: &Node, own: &str) -> Option<String> {
        let owner = self.server_named(node, Sort::Registry)?;
        if owner == own {
            return self.problem(
                Code::Conflict,
                &node.span,
                "this is the server itself",
                "name the server whose root it shares, or remove the key: it then has one of its own",
            );
        }
        Some(owner)
    }

    /// The extensions of a build: `minimal`, `full`, or a list.
    pub(super) fn combination(&mut self, node: &Node) -> Option<Combination> {
        let known = self.vocabulary.extensions.unwrap_or_default();
        let text = match &node.kind {
            Kind::List(items) => {
                let words: Vec<_> = items.iter().map(|item| self.word(item, "an extension")).collect();
                words.into_iter().collect::<Option<Vec<_>>>()?.join(",")
            }
            _ => self.word(node, "a combination of extensions")?.to_owned(),
        };
        if text == "full" {
            return Some(Combination::new(known, known.iter().map(String::as_str)));
        }
        match select(&text, known) {
            Ok(combination) => Some(combination),
            // Nothing is known of the project: then every name is right.
            Err(_) if self.vocabulary.extensions.is_none() => {
                let names: Vec<String> = text.split([',', '+']).map(|name| name.trim().to_owned()).collect();
                Some(Combination::new(&names, names.iter().map(String::as_str)))
            }
            Err(error) => self.problem(
                Code::UnknownExtension,
                &node.span,
                format!("the project has no extension `{}`", error.name),
                format!(
                    "{}; also `minimal`, which has none, and `full`, which has all",
                    error.help
                ),
            ),
        }
    }

    /// What a script merges into configurations: that of the only server, or by server.
    pub(super) fn configs(&mut self, node: &Node) -> Option<Vec<(String, Value)>> {
        if self.servers.is_empty() {
            return Some(vec![(REGISTRY.to_owned(), self.config(node)?)]);
        }
        let entries = self.map(node, "a map from servers to parts of their configuration")?;
        let configs: Vec<_> = entries
            .iter()
            .map(|entry| {
                let known = if self.is_server(&entry.key) {
                    self.known_server(&entry.key, &entry.key_span, Some(Sort::Registry))
                } else {
                    let help = format!(
                        "where `servers` names them, `config` is by server: `config: {{ {}: {{ … }} }}`",
                        self.server_names().first().copied().unwrap_or_default()
                    );
                    let message = format!("the scenario has no server `{}`", entry.key);
                    self.problem(Code::UnknownServer, &entry.key_span, message, help)
                };
                let config = self.config(&entry.value);
                Some((known?, config?))
            })
            .collect();
        configs.into_iter().collect()
    }

    /// Whether there is such a server.
    pub(super) fn is_server(&self, name: &str) -> bool {
        if self.servers.is_empty() {
            name == REGISTRY
        } else {
            self.servers.contains_key(name)
        }
    }

    /// The names of all servers.
    pub(super) fn server_names(&self) -> Vec<&str> {
        if self.servers.is_empty() {
            return vec![REGISTRY];
        }
        self.servers.keys().map(String::as_str).collect()
    }

    /// The server that a step names.
    pub(super) fn server_named(&mut self, node: &Node, sort: Sort) -> Option<String> {
        let name = self.word(node, "the name of a server")?;
        self.known_server(name, &node.span, Some(sort))
    }

    fn known_server(&mut self, name: &str, span: &Span, sort: Option<Sort>) -> Option<String> {
        let fits = |found: Sort| sort.is_none_or(|sort| sort == found);
        if self.servers.is_empty() && name == REGISTRY && fits(Sort::Registry) {
            return Some(name.to_owned());
        }
        if self.servers.get(name).copied().is_some_and(fits) {
            return Some(name.to_owned());
        }
        if self.servers.contains_key(name) {
            let (is, wanted) = match sort {
                Some(Sort::Peer) => ("is a registry", "a proxy or a scripted server"),
                _ => ("is played by the harness", "a registry"),
            };
            return self.problem(
                Code::UnknownServer,
                span,
                format!("`{name}` {is}, and {wanted} is due"),
                "name another server; `proxy` and `script` in `servers` make one that the harness plays",
            );
        }
        let names = self.server_names();
        let help = suggestion::help(name, &names);
        let help = if self.servers.is_empty() {
            format!("{help}; more than one are named at the top, in `servers`")
        } else {
            help
        };
        self.problem(
            Code::UnknownServer,
            span,
            format!("the scenario has no server `{name}`"),
            help,
        )
    }

    /// The server that `of` names, or `registry`, if there is one.
    pub(super) fn registry_of(&mut self, of: Option<&Node>, span: &Span) -> Option<String> {
        match of {
            Some(node) => self.server_named(node, Sort::Registry),
            None if self.is_server(REGISTRY) => Some(REGISTRY.to_owned()),
            None => {
                let names = self.server_names();
                let help = format!("write `of`, with one of {}", suggestion::list(&names, "or"));
                self.problem(
                    Code::WhichServer,
                    span,
                    "the scenario has several servers, and this does not say which of them it is about",
                    help,
                )
            }
        }
    }

    /// A path of a server, as steps write it.
    pub(super) fn path_of(&self, server: &str, path: &str, span: &Span) -> Template {
        let text = if self.servers.is_empty() {
            path.to_owned()
        } else {
            format!("{server}{path}")
        };
        Template {
            text,
            span: span.clone(),
        }
    }

    /// A path, a repository or a file that begins with the name of a server, where several are named and none of them
    /// is `registry`. What begins with a template cannot be told.
    pub(super) fn addressed(&mut self, template: Template, example: &str) -> Option<Template> {
        if self.is_server(REGISTRY) {
            return Some(template);
        }
        let text = template.text.as_str();
        let head = text.split('/').next().unwrap_or_default();
        if is_template(head) || text.starts_with("http://") || text.starts_with("https://") || self.is_server(head) {
            return Some(template);
        }
        let names = self.server_names();
        let first = names.first().copied().unwrap_or_default();
        let help = match suggestion::nearest(head, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "begin with one of {}: `{first}/{}`",
                suggestion::list(&names, "or"),
                example.trim_start_matches('/')
            ),
        };
        self.problem(
            Code::WhichServer,
            &template.span,
            format!("`{text}` does not begin with the name of a server, and the scenario has several"),
            help,
        )
    }

    /// A repository, perhaps of another server; without one it is that of the run, on `registry`.
    pub(super) fn repository(&mut self, node: Option<&Node>, span: &Span) -> Option<Template> {
        let Some(node) = node else {
            self.registry_of(None, span)?;
            return None;
        };
        let repository = self.filled(node, "a repository")?;
        self.addressed(repository, "app")
    }

    /// `path` beside `of` says the server twice.
    pub(super) fn conflicting_path<T>(&mut self, node: &Node) -> Option<T> {
        self.problem(
            Code::Conflict,
            &node.span,
            "`of` and `path` both say which server it is",
            "keep `of`, or a path that begins with the server's name",
        )
    }

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
