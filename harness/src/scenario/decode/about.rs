//! A step's `spec`: a statement, several, or one for each of the things that it looks at.

use super::super::{
    About, Action, Span,
    diagnostic::Code,
    suggestion,
    tree::{Kind, Node},
};
use super::Decoder;

impl Decoder<'_> {
    /// Which of the file's statements a step is about that does `action`.
    pub(super) fn about(&mut self, node: &Node, action: &Action) -> Option<About> {
        let Kind::Map(entries) = &node.kind else {
            return Some(About {
                whole: self.named_statements(node)?,
                parts: Vec::new(),
            });
        };
        let checks: Vec<(&Span, &str)> = action.expect().map_or_else(Vec::new, |expect| {
            let outcomes = expect.outcomes.iter().flat_map(|outcome| &outcome.checks);
            outcomes.map(|(span, check)| (span, check.key())).collect()
        });
        let mut parts = Vec::new();
        for entry in entries {
            let ids = self.named_statements(&entry.value)?;
            let places: Vec<&Span> = checks
                .iter()
                .filter(|(_, key)| key.eq_ignore_ascii_case(&entry.key))
                .map(|(span, _)| *span)
                .collect();
            if places.is_empty() {
                let keys: Vec<&str> = checks.iter().map(|(_, key)| *key).collect();
                return self.problem(
                    Code::UnknownKey,
                    &entry.key_span,
                    format!("the step's `expect` says nothing about `{}`", entry.key),
                    suggestion::help(&entry.key, &keys),
                );
            }
            parts.extend(places.into_iter().map(|span| (span.clone(), ids.clone())));
        }
        Some(About {
            whole: Vec::new(),
            parts,
        })
    }

    /// One of the file's statements, or a list of them.
    fn named_statements(&mut self, node: &Node) -> Option<Vec<String>> {
        let items = if Self::is_list(node) {
            self.filled_list(node, "a list of statements")?.iter().collect()
        } else {
            vec![node]
        };
        let mut ids = Vec::new();
        for item in items {
            let id = self.word(item, "a statement's id")?;
            if !self.statements.iter().any(|one| one == id) {
                let known: Vec<&str> = self.statements.iter().map(String::as_str).collect();
                let help = if known.is_empty() {
                    "write `spec` at the top of the file, with every statement that it checks".to_owned()
                } else {
                    suggestion::help(id, &known)
                };
                return self.problem(
                    Code::UnknownWord,
                    &item.span,
                    format!("`{id}` is none of the statements that the file's own `spec` names"),
                    help,
                );
            }
            ids.push(id.to_owned());
        }
        Some(ids)
    }
}
