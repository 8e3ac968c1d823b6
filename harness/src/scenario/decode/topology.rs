//! The servers of a scenario: what they are, and how each is configured.

use super::super::{
    Behaviour, REGISTRY, RegistryDeclaration, ServerDeclaration, ServerKind, Value,
    diagnostic::Code,
    keys,
    tree::{Entry, Kind, Node},
};
use super::Decoder;
use crate::combination::{Combination, select};

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
            if sort == Sort::Registry && has("disk") {
                self.disks.insert(entry.key.clone());
            }
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
        let fields = self.fields(&entry.value, &keys::REGISTRY)?;
        if let (Some(_), Some(disk)) = (fields.get("root"), fields.entry("disk")) {
            return self.problem(
                Code::Conflict,
                &disk.key_span,
                format!("`{}` shares the root of another, and has no disk of its own", entry.key),
                "write `disk` at the server that the root belongs to",
            );
        }
        Some(RegistryDeclaration {
            combination: fields.get("combination").and_then(|node| self.combination(node)),
            config: fields.get("config").and_then(|node| self.config(node)),
            root: fields.get("root").and_then(|node| self.other_root(node, &entry.key)),
            disk: fields.get("disk").and_then(|node| self.disk_size(node)),
        })
    }

    fn proxy(&mut self, entry: &Entry) -> Option<ServerKind> {
        let fields = self.fields(&entry.value, &keys::PROXY)?;
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
        let fields = self.fields(&entry.value, &keys::SCRIPT)?;
        let rules = fields.get("script").and_then(|node| match &node.kind {
            // It says with `behave` later what it answers.
            Kind::List(items) if items.is_empty() => Some(Vec::new()),
            _ => self.rules(node),
        });
        Some(ServerKind::Script(Behaviour { rules: rules? }))
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
}
