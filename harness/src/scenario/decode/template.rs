//! Templates and the names that they may use.

use std::collections::BTreeSet;

use super::super::{
    REGISTRY, Span, Template,
    diagnostic::Code,
    suggestion,
    tree::{Kind, Node},
    unit,
};
use super::Decoder;
use crate::template::{LARGEST_EXPRESSION, largest_expression};

/// The variables and functions that are always there.
pub(super) const BUILTINS: &[&str] = &[
    "repo",
    "registry",
    "seed",
    "project",
    "digest",
    "hex",
    "base64",
    "json",
    "random_hex",
    "repeat",
    "range",
];

/// What minijinja defines itself.
const ENGINE: &[&str] = &["debug", "dict", "namespace", "loop", "self"];

/// Whether there is something to render.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

impl Decoder<'_> {
    /// A text that may be a template.
    pub(super) fn template(&mut self, node: &Node, what: &str) -> Option<Template> {
        match node.text() {
            Some(text) => self.checked(text, &node.span),
            None => self.wrong_kind(node, what, "a text"),
        }
    }

    /// As `template`; an empty text is a problem.
    pub(super) fn filled(&mut self, node: &Node, what: &str) -> Option<Template> {
        self.word(node, what)?;
        self.template(node, what)
    }

    /// A template, checked: it parses, and its variables are defined.
    pub(super) fn checked(&mut self, text: &str, span: &Span) -> Option<Template> {
        if is_template(text) {
            if largest_expression(text) > LARGEST_EXPRESSION {
                let span = self.template_span(text, span);
                return self.problem(
                    Code::Template,
                    &span,
                    format!("this template has an expression that is too large: more than {LARGEST_EXPRESSION} characters, of which brackets count as several"),
                    "give parts of it names with `set`, and use these",
                );
            }
            let unknown = match self.templates.template_from_str(text) {
                Ok(template) => template.undeclared_variables(false),
                Err(error) => {
                    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
                    let help = if text.contains("..") {
                        "a part of content is written `{{ blob.slice(0, 1000) }}`"
                    } else {
                        "between `{{` and `}}` stands an expression: a variable, `blob.digest`, `begin + 1`, `hex(digest)`"
                    };
                    let span = self.template_span(text, span);
                    return self.problem(
                        Code::Template,
                        &span,
                        format!("this template does not parse: {detail}"),
                        help,
                    );
                }
            };
            let unknown: BTreeSet<String> = unknown
                .into_iter()
                .filter(|name| !self.is_known(name) && !ENGINE.contains(&name.as_str()))
                .collect();
            let mut known = true;
            for name in unknown {
                known = false;
                let span = self.find_word(&name, span);
                self.unknown_variable::<()>(&name, &span);
            }
            if !known {
                return None;
            }
        }
        Some(Template {
            text: text.to_owned(),
            span: span.clone(),
        })
    }

    /// The name of content that was generated or pushed before, or a template of one.
    pub(super) fn content_name(&mut self, node: &Node) -> Option<Template> {
        let template = self.filled(node, "the name of content")?;
        if is_template(&template.text) || self.variables.contains(&template.text) {
            return Some(template);
        }
        self.unknown_variable(&template.text, &node.span)
    }

    fn unknown_variable<T>(&mut self, name: &str, span: &Span) -> Option<T> {
        let servers = self.server_names();
        let known = BUILTINS
            .iter()
            .copied()
            .filter(|name| *name != REGISTRY)
            .chain(servers.iter().copied())
            .chain(self.variables.iter().map(String::as_str));
        let defined: Vec<&str> = self.variables.iter().map(String::as_str).collect();
        let defined = if defined.is_empty() {
            "nothing is defined before this".to_owned()
        } else {
            format!("defined before this: {}", suggestion::list(&defined, "and"))
        };
        let help = suggestion::did_you_mean(
            suggestion::nearest(name, known),
            &format!("{defined}; names come from `generate`, `capture`, `push … as`, `set` and the rows of `each`"),
        );
        self.problem(
            Code::UnknownVariable,
            span,
            format!("nothing before this defines `{name}`"),
            help,
        )
    }

    fn is_known(&self, name: &str) -> bool {
        self.variables.contains(name) || self.is_server(name) || name != REGISTRY && BUILTINS.contains(&name)
    }

    /// A name that a step gives.
    pub(super) fn name(&mut self, name: &str, span: &Span) -> Option<String> {
        let mut characters = name.chars();
        let begins = characters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
        if !begins || !characters.all(|character| character.is_ascii_alphanumeric() || character == '_') {
            return self.problem(
                Code::VariableName,
                span,
                format!("`{name}` cannot be the name of a variable"),
                "write ASCII letters, digits and `_`, and no digit first",
            );
        }
        if self.servers.contains_key(name) {
            return self.problem(
                Code::ShadowsBuiltin,
                span,
                format!("`{name}` is a server of this scenario, and cannot be defined"),
                "take another name",
            );
        }
        if BUILTINS.contains(&name) || ENGINE.contains(&name) || matches!(name, "true" | "false" | "none" | "not") {
            return self.problem(
                Code::ShadowsBuiltin,
                span,
                format!("`{name}` means something in every template, and cannot be defined"),
                format!("take another name; taken are {}", suggestion::list(BUILTINS, "and")),
            );
        }
        Some(name.to_owned())
    }

    /// A name that a step gives, from here on defined.
    pub(super) fn define(&mut self, name: &str, span: &Span) -> Option<String> {
        let name = self.name(name, span)?;
        self.variables.insert(name.clone());
        Some(name)
    }

    /// As `define`, of the text at `node`.
    pub(super) fn define_at(&mut self, node: &Node) -> Option<String> {
        let name = self.word(node, "a name")?;
        self.define(name, &node.span)
    }

    /// A size, or a template of one.
    pub(super) fn size(&mut self, node: &Node) -> Option<Template> {
        let template = self.filled(node, "a size")?;
        if is_template(&template.text) {
            return Some(template);
        }
        match unit::parse_size(&template.text) {
            Ok(_) => Some(template),
            Err(error) => self.problem(
                Code::Size,
                &node.span,
                error.to_string(),
                "write sizes like `100`, `3 KiB`, `2 MiB` or `1 GiB`",
            ),
        }
    }

    /// Where in the text at `span` the word stands; all of it if it cannot be found.
    pub(super) fn find_word(&self, word: &str, span: &Span) -> Span {
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let text = &self.source[span.clone()];
        let open = text.find("{{").or_else(|| text.find("{%")).unwrap_or(0);
        text[open..]
            .match_indices(word)
            .map(|(at, _)| open + at)
            .find(|at| {
                !text[..*at].ends_with(is_part)
                    && !text[..*at].ends_with('.')
                    && !text[at + word.len()..].starts_with(is_part)
            })
            .map_or_else(|| span.clone(), |at| span.start + at..span.start + at + word.len())
    }

    /// From the first brace of the template in the text at `span`.
    fn template_span(&self, text: &str, span: &Span) -> Span {
        let marker = ["{{", "{%", "{#"].into_iter().find(|marker| text.contains(marker));
        let at = marker
            .and_then(|marker| self.source[span.clone()].find(marker))
            .unwrap_or(0);
        span.start + at..span.end
    }

    /// The text of a scalar that is not null.
    pub(super) fn is_text(node: &Node) -> bool {
        matches!(node.kind, Kind::Scalar { .. }) && !node.is_null()
    }
}
