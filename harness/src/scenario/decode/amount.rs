//! Amounts in words: `at most 1`, `at least 3`, `below 200 MiB`.

use super::super::{
    Matcher, Template,
    diagnostic::Code,
    tree::{Kind, Node},
    unit,
};
use super::{Decoder, template::is_template};

/// The words that an amount may begin with.
const WORDS: &[&str] = &["at most ", "at least ", "below ", "above "];

impl Decoder<'_> {
    /// A number or size in words, or a matcher of it.
    pub(super) fn amount(&mut self, node: &Node) -> Option<Matcher> {
        let Kind::Scalar { text, .. } = &node.kind else {
            return self.size_matcher(node);
        };
        let Some((word, size)) = WORDS.iter().find_map(|word| Some((*word, text.strip_prefix(word)?))) else {
            return self.size_matcher(node);
        };
        let bound = |text: String| Template {
            text,
            span: node.span.clone(),
        };
        if is_template(size) {
            self.checked(size, &node.span)?;
            return match word {
                "at most " => Some(Matcher::AtMost(bound(size.to_owned()))),
                "at least " => Some(Matcher::AtLeast(bound(size.to_owned()))),
                _ => self.problem(
                    Code::Template,
                    &node.span,
                    format!("`{word}` stands before a number here, not before a template"),
                    "write `at most {{ … }}` or `at least {{ … }}`",
                ),
            };
        }
        let number = match unit::parse_size(size) {
            Ok(number) => number,
            Err(error) => {
                return self.problem(
                    Code::Size,
                    &node.span,
                    error.to_string(),
                    "write `at most 1`, `at least 3`, `below 200 MiB`",
                );
            }
        };
        match (word, number) {
            ("at least ", 0) => self.problem(
                Code::CannotFail,
                &node.span,
                "everything is at least 0",
                "write the least that is right, 1 or more",
            ),
            ("below ", 0) => self.problem(
                Code::CannotHold,
                &node.span,
                "nothing is below 0",
                "write what it has to be below, 1 or more",
            ),
            ("at most ", number) => Some(Matcher::AtMost(bound(number.to_string()))),
            ("below ", number) => Some(Matcher::AtMost(bound((number - 1).to_string()))),
            ("at least ", number) => Some(Matcher::AtLeast(bound(number.to_string()))),
            (_, number) => Some(Matcher::AtLeast(bound(number.saturating_add(1).to_string()))),
        }
    }
}
