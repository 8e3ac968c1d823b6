//! Maps with known keys, lists, and the scalars that are no templates.

use super::super::{
    Span,
    diagnostic::Code,
    suggestion,
    tree::{Entry, Kind, Node},
};
use super::Decoder;
use crate::schema::Map;

/// A map whose keys were checked.
#[derive(Clone, Copy)]
pub(super) struct Fields<'n> {
    /// What it is, for messages: "an expectation".
    pub(super) what: &'static str,
    /// Where to point if something is missing.
    pub(super) span: &'n Span,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Those of `keys` that are there.
    pub(super) fn present(&self, keys: &[&str]) -> Vec<&'n Entry> {
        self.entries
            .iter()
            .filter(|entry| keys.contains(&entry.key.as_str()))
            .collect()
    }
}

/// Keys that are easily written one level too high or too low.
const HINTS: &[(&str, &str)] = &[
    (
        "times",
        "`times` stands beside `log`, not inside of it: `- log: { … }` and below it `times: 1`",
    ),
    ("within", "`within` stands beside `eventually`, not inside of it"),
    ("every", "`every` stands beside `eventually`, not inside of it"),
    ("abort_if", "`abort_if` stands beside `eventually`, not inside of it"),
    (
        "expect",
        "`expect` stands beside the key that says what the step does, not inside of it",
    ),
    (
        "capture",
        "`capture` stands beside the key that says what the step does, not inside of it",
    ),
    ("algorithm", "`algorithm` stands beside `generate`, not inside of it"),
    ("do", "`do` stands beside `repeat`"),
    (
        "send",
        "the text stands directly behind `raw`: `- raw: |` and the bytes below it",
    ),
];

impl Decoder<'_> {
    /// The map at `node`, whose keys are those of `map`; others are problems.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, map: &'static Map) -> Option<Fields<'n>> {
        let (what, allowed) = (map.what, map.names());
        let entries = self.map(node, what)?;
        if entries.is_empty() {
            return self.problem(
                Code::Empty,
                &node.span,
                format!("there is nothing in this map, and {what} is due"),
                format!("what may stand in it: {}", suggestion::list(&allowed, "or")),
            );
        }
        for entry in entries {
            if !allowed.contains(&entry.key.as_str()) {
                self.unknown_key(entry, what, &allowed);
            }
        }
        Some(Fields {
            what,
            span: &node.span,
            entries,
        })
    }

    fn unknown_key(&mut self, entry: &Entry, what: &str, allowed: &[&str]) {
        let near = suggestion::nearest(&entry.key, allowed.iter().copied());
        let hint = HINTS.iter().find(|(key, _)| *key == entry.key);
        let mut help = match (near, hint) {
            (None, Some((_, hint))) => (*hint).to_owned(),
            _ => suggestion::help(&entry.key, allowed),
        };
        if entry.key.starts_with('$') && allowed.contains(&"json") {
            help = format!("a JSONPath stands below `json`: `json: {{ \"{}\": … }}`", entry.key);
        }
        if allowed.contains(&"equals") {
            help.push_str("; a map that the value has to be equal to is written `{ equals: { … } }`");
        }
        self.problem::<()>(
            Code::UnknownKey,
            &entry.key_span,
            format!("`{}` is no key of {what}", entry.key),
            help,
        );
    }

    /// The value of a key that has to be there.
    pub(super) fn required<'n>(&mut self, fields: &Fields<'n>, key: &str, help: &str) -> Option<&'n Node> {
        match fields.get(key) {
            Some(node) => Some(node),
            None => self.problem(
                Code::MissingKey,
                fields.span,
                format!("{} needs `{key}`", fields.what),
                help,
            ),
        }
    }

    /// The entries of a map.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        match &node.kind {
            Kind::Map(entries) => Some(entries),
            _ => self.wrong_kind(
                node,
                what,
                "a map: `{ key: value }`, or lines of `key: value` that are indented",
            ),
        }
    }

    /// The items of a list.
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.kind {
            Kind::List(items) => Some(items),
            _ => self.wrong_kind(node, what, "a list: `[a, b]`, or lines that begin with `- `"),
        }
    }

    /// The items of a list in which there is one at least.
    pub(super) fn filled_list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        let items = self.list(node, what)?;
        if items.is_empty() {
            return self.problem(
                Code::Empty,
                &node.span,
                format!("the list is empty, and {what} is due"),
                "write one at least, or remove the key",
            );
        }
        Some(items)
    }

    /// A text as it stands there: no template.
    pub(super) fn word<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match node.text() {
            Some(text) if !text.trim().is_empty() => Some(text),
            Some(_) => self.problem(
                Code::Empty,
                &node.span,
                format!("the text is empty, and {what} is due"),
                format!("write {what}"),
            ),
            None => self.wrong_kind(node, what, "a text"),
        }
    }

    /// One of `known`.
    pub(super) fn one_of<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<&'n str> {
        let word = self.word(node, what)?;
        if known.contains(&word) {
            return Some(word);
        }
        self.problem(
            Code::UnknownWord,
            &node.span,
            format!("`{word}` is no {}", strip_article(what)),
            suggestion::help(word, known),
        )
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        match &node.kind {
            Kind::Scalar { text, plain: true } if text == "true" => Some(true),
            Kind::Scalar { text, plain: true } if text == "false" => Some(false),
            _ => self.wrong_kind(node, what, "`true` or `false`, without quotes"),
        }
    }

    /// A whole number.
    pub(super) fn number<T: std::str::FromStr>(&mut self, node: &Node, what: &str) -> Option<T> {
        let word = self.word(node, what)?;
        match word.parse() {
            Ok(number) => Some(number),
            Err(_) => self.problem(
                Code::Number,
                &node.span,
                format!("`{word}` is no {} that fits here", strip_article(what)),
                "write a whole number, 0 or more, without a sign or a unit",
            ),
        }
    }

    pub(super) fn wrong_kind<T>(&mut self, node: &Node, what: &str, wanted: &str) -> Option<T> {
        self.problem(
            Code::WrongKind,
            &node.span,
            format!("here stands {}, and {what} is due", node.describe()),
            format!("write {wanted}"),
        )
    }
}

/// "size" of "a size".
pub(super) fn strip_article(what: &str) -> &str {
    what.strip_prefix("a ")
        .or_else(|| what.strip_prefix("an "))
        .unwrap_or(what)
}
