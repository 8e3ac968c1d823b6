//! What a query may cost. It is found out before anything is looked up, from the text alone.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, ServerError,
    parser::{
        parse_query,
        types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet},
    },
};

/// The longest query, in bytes.
pub(crate) const LONGEST_QUERY: usize = 16 * 1024;

/// So many fields may stand in each other. The query by which clients learn the schema has fifteen.
pub(crate) const DEEPEST: usize = 20;

/// So many brackets may stand in each other in the text, before anything is known of what they are.
const DEEPEST_TEXT: usize = 60;

/// So many fields may be selected, each fragment counted wherever it is used.
const MOST_FIELDS: usize = 500;

/// So many fields may be given other names.
const MOST_ALIASES: usize = 20;

/// Why a query is not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum LimitError {
    #[error("the query is {0} bytes long, and may be {LONGEST_QUERY} at most")]
    Length(usize),
    #[error("the query nests more than {DEEPEST_TEXT} brackets")]
    Brackets,
    #[error("the query nests {0} fields, and may nest {DEEPEST} at most")]
    Depth(usize),
    #[error("the query selects {0} fields, and may select {MOST_FIELDS} at most")]
    Fields(usize),
    #[error("the query has {0} aliases, and may have {MOST_ALIASES} at most")]
    Aliases(usize),
    #[error("the fragment {0} contains itself")]
    Circle(Name),
}

/// Parses a query, if it costs no more than it may.
pub(crate) fn admit(text: &str) -> Result<ExecutableDocument, ServerError> {
    let refuse = |error: LimitError| ServerError::new(error.to_string(), None);
    if text.len() > LONGEST_QUERY {
        return Err(refuse(LimitError::Length(text.len())));
    }
    if deepest_bracket(text) > DEEPEST_TEXT {
        return Err(refuse(LimitError::Brackets));
    }
    let document = parse_query(text)?;
    check(&document).map_err(refuse)?;
    Ok(document)
}

fn check(document: &ExecutableDocument) -> Result<(), LimitError> {
    let mut costs = Costs {
        fragments: &document.fragments,
        known: HashMap::new(),
    };
    // Also those that nothing uses: what looks at them later may go in circles.
    for name in document.fragments.keys() {
        costs.of_fragment(name)?;
    }
    let mut total = Cost::default();
    for (_, operation) in document.operations.iter() {
        total = total.beside(costs.of_selection(&operation.node.selection_set.node)?);
    }
    if total.depth > DEEPEST {
        return Err(LimitError::Depth(total.depth));
    }
    if total.fields > MOST_FIELDS {
        return Err(LimitError::Fields(total.fields));
    }
    if total.aliases > MOST_ALIASES {
        return Err(LimitError::Aliases(total.aliases));
    }
    Ok(())
}

/// The deepest nesting of brackets, those in texts and comments left out. It has to be known before the text is parsed, as
/// the parser goes down as deep as they do.
fn deepest_bracket(text: &str) -> usize {
    let mut bytes = text.as_bytes();
    let (mut depth, mut deepest) = (0_usize, 0);
    while let [first, rest @ ..] = bytes {
        bytes = rest;
        match first {
            b'{' | b'[' | b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'#' => {
                let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                bytes = &rest[end.unwrap_or(rest.len())..];
            }
            b'"' => bytes = after_text(rest),
            _ => {}
        }
    }
    deepest
}

/// What follows a text whose opening quote was taken. One that does not end has nothing after it.
fn after_text(bytes: &[u8]) -> &[u8] {
    if let Some(mut block) = bytes.strip_prefix(b"\"\"") {
        while !block.is_empty() {
            if let Some(rest) = block.strip_prefix(b"\\\"\"\"") {
                block = rest;
            } else if let Some(rest) = block.strip_prefix(b"\"\"\"") {
                return rest;
            } else {
                block = &block[1..];
            }
        }
        return block;
    }
    let mut rest = bytes;
    while let [first, next @ ..] = rest {
        match first {
            // A text of one line ends with it, for the parser as an error.
            b'"' | b'\n' | b'\r' => return next,
            b'\\' => rest = next.get(1..).unwrap_or_default(),
            _ => rest = next,
        }
    }
    rest
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cost {
    depth: usize,
    fields: usize,
    aliases: usize,
}

impl Cost {
    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
        }
    }
}

/// Costs, each fragment's found out once: fragments that use each other twice would double with every one.
struct Costs<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// `None`: it is being found out.
    known: HashMap<&'a Name, Option<Cost>>,
}

impl<'a> Costs<'a> {
    fn of_selection(&mut self, selection: &'a SelectionSet) -> Result<Cost, LimitError> {
        let mut total = Cost::default();
        for item in &selection.items {
            let cost = match &item.node {
                Selection::Field(field) => {
                    let below = self.of_selection(&field.node.selection_set.node)?;
                    Cost {
                        depth: below.depth + 1,
                        fields: below.fields.saturating_add(1),
                        aliases: below.aliases.saturating_add(usize::from(field.node.alias.is_some())),
                    }
                }
                Selection::InlineFragment(fragment) => self.of_selection(&fragment.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.of_fragment(&spread.node.fragment_name.node)?,
            };
            total = total.beside(cost);
        }
        Ok(total)
    }

    fn of_fragment(&mut self, name: &Name) -> Result<Cost, LimitError> {
        // One that is not there is for the validation to complain of.
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Ok(Cost::default());
        };
        match self.known.get(name) {
            Some(Some(cost)) => return Ok(*cost),
            Some(None) => return Err(LimitError::Circle(name.clone())),
            None => {}
        }
        self.known.insert(name, None);
        let cost = self.of_selection(&fragment.node.selection_set.node)?;
        self.known.insert(name, Some(cost));
        Ok(cost)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> Option<String> {
        admit(text).err().map(|error| error.message)
    }

    #[test]
    fn what_costs_too_much_is_refused_with_the_limit() {
        assert_eq!(refusal("{ ImageList(repo: \"\") { Results { Tag } } }"), None);
        for (text, limit) in [
            (format!("{{a(b:\"{}\")}}", "x".repeat(LONGEST_QUERY)), "16384 at most"),
            ("{a".repeat(5_000), "60 brackets"),
            (format!("{}{}", "{a".repeat(21), "}".repeat(21)), "nests 21 fields"),
            (format!("{{{}}}", "a ".repeat(501)), "selects 501 fields"),
            (format!("{{{}}}", "b:a ".repeat(21)), "21 aliases"),
            (
                "{...a} fragment a on Q {b ...a}".to_owned(),
                "fragment a contains itself",
            ),
            (
                "{b} fragment a on Q {b{...c}} fragment c on Q {...a}".to_owned(),
                "contains itself",
            ),
        ] {
            let message = refusal(&text).unwrap_or_else(|| panic!("{limit} was admitted"));
            assert!(message.contains(limit), "{limit}: {message}");
        }
    }

    #[test]
    fn fragments_that_double_cost_what_they_come_to() {
        let mut text = "{...f0}".to_owned();
        for number in 0..200 {
            write!(text, " fragment f{number} on Q {{...f{0} ...f{0}}}", number + 1).unwrap();
        }
        text.push_str(" fragment f200 on Q {a}");
        let message = refusal(&text).unwrap();
        assert!(message.contains("500 at most"), "{message}");
    }

    #[test]
    fn brackets_in_texts_and_comments_do_not_count() {
        assert_eq!(deepest_bracket(r#"{ a(b: "{{{\"{{", c: ["""{{ \""" {{"""]) }"#), 3);
        assert_eq!(deepest_bracket("{ # {{{{\n {} }"), 2);
        assert_eq!(deepest_bracket("\"{{{"), 0);
        assert_eq!(deepest_bracket("\"\"\"{{{"), 0);
    }

    proptest! {
        #[test]
        fn any_text_is_admitted_or_refused(text in "[{}()\\[\\]\"\\\\#a:.$ \n]{0,200}") {
            let _ = admit(&text);
        }
    }
}
