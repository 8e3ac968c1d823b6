//! `differs`: what may be answered otherwise by another build, and why.

use super::super::{Differs, Span, diagnostic::Code, keys, suggestion, tree::Node};
use super::Decoder;

impl Decoder<'_> {
    /// Whether the project has the extension `name`, which stands somewhere in `span`.
    pub(super) fn extension(&mut self, name: &str, span: &Span) -> bool {
        let Some(project) = self.vocabulary.extensions else {
            return true;
        };
        let known = project.iter().any(|other| other == name);
        if !known {
            let words: Vec<&str> = project.iter().map(String::as_str).collect();
            let span = self.find_word(name, span);
            self.problem::<()>(
                Code::UnknownExtension,
                &span,
                format!("the project has no extension `{name}`"),
                format!("{}; the project file lists them", suggestion::help(name, &words)),
            );
        }
        known
    }

    /// What may differ, and why.
    pub(super) fn differs(&mut self, node: &Node) -> Option<Differs> {
        let fields = self.fields(node, &keys::DIFFERS)?;
        let by = self.required(
            &fields,
            "by",
            "write the extensions that make the difference: `by: [metrics]`",
        );
        let because = self.required(&fields, "because", "write why the difference is right, in a sentence");
        let by = by.and_then(|node| self.extensions_that_differ(node));
        let because = because.and_then(|node| self.word(node, "a sentence"))?;
        Some(Differs {
            by: by?,
            because: because.trim().to_owned(),
        })
    }

    fn extensions_that_differ(&mut self, node: &Node) -> Option<Vec<String>> {
        let mut names: Vec<String> = Vec::new();
        for item in self.filled_list(node, "a list of extensions")? {
            let Some(name) = self.word(item, "the name of an extension") else {
                continue;
            };
            if names.iter().any(|other| other == name) {
                self.problem::<()>(
                    Code::Conflict,
                    &item.span,
                    format!("`{name}` stands twice in `by`"),
                    "remove one of them",
                );
            } else if self.extension(name, &item.span) {
                names.push(name.to_owned());
            }
        }
        Some(names)
    }
}
