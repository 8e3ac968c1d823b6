//! How steps name the servers: by name, with `of`, or at the head of a path.

use super::super::{REGISTRY, Span, Template, diagnostic::Code, suggestion, tree::Node};
use super::{Decoder, template::is_template, topology::Sort};

impl Decoder<'_> {
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

    /// The server of that name, if it is of that sort.
    pub(super) fn known_server(&mut self, name: &str, span: &Span, sort: Option<Sort>) -> Option<String> {
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
}
