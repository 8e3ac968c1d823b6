//! The file as a tree of YAML nodes, each with its place. Refuses what the language leaves out of YAML: anchors, tags,
//! duplicate keys, several documents.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

use super::{
    Span,
    diagnostic::{Code, Problem, first_line},
};

/// How deep lists and maps may stand in each other: far more than a scenario needs, far less than a stack holds.
const DEPTH: usize = 48;

/// A value of the file.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// `plain` is false for everything in quotes and for blocks.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

impl Node {
    /// Whether it is `null`, `~` or nothing at all.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The text of a scalar that is not null.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// What it is, for a message.
    pub(super) fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar { .. } if self.is_null() => "nothing",
            Kind::Scalar { .. } => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}

/// Parses `source`. Where the result is a tree and problems, the tree is good enough to look for more of them.
pub(super) fn parse(source: &str) -> (Option<Node>, Vec<Problem>) {
    let mut builder = Builder {
        source,
        bytes: byte_offsets(source),
        open: Vec::new(),
        root: None,
        problems: Vec::new(),
    };
    for event in Parser::new(StrInput::new(source)) {
        let proceed = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => {
                let at = builder.offset(error.marker().index());
                let help = match colon_before(source, at) {
                    Some(line) => {
                        format!("a key needs a colon and a space behind it, as in `{line}` on the line before")
                    }
                    None => "look at the indentation and the quotes on this line and the one before; inside `{ }` and \
                             `[ ]` a text with any of `{ } [ ] ,` or `: ` in it needs quotes, such as `\"$.tags[0]\"`"
                        .to_owned(),
                };
                builder.problem(
                    Code::Syntax,
                    at..at + 1,
                    format!("this is not YAML: {}", error.info()),
                    help,
                );
                false
            }
        };
        if !proceed {
            return (None, builder.problems);
        }
    }
    (builder.root, builder.problems)
}

/// The line before that of `at` with a colon behind its first word, if that is what it seems to lack.
fn colon_before(source: &str, at: usize) -> Option<String> {
    let before = source.get(..at)?;
    let line = before.lines().rev().nth(usize::from(!before.ends_with('\n')))?;
    with_colon(line.trim().trim_start_matches("- "))
}

/// `get: /v2/` of `get /v2/`.
pub(super) fn with_colon(text: &str) -> Option<String> {
    let (key, value) = text.split_once(' ')?;
    let word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (word && !value.contains(": ") && !value.ends_with(':')).then(|| format!("{key}: {}", value.trim_start()))
}

/// For every character of `source`, and for its end, the byte where it begins. The parser counts characters.
fn byte_offsets(source: &str) -> Option<Vec<usize>> {
    (!source.is_ascii()).then(|| source.char_indices().map(|(at, _)| at).collect())
}

/// A list or map whose end has not come yet.
struct Open {
    start: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        seen: HashMap<String, Span>,
        key: Key,
    },
}

/// The key of the entry that is being read.
enum Key {
    /// The next node is a key.
    Due,
    /// The next node is this key's value.
    Read(String, Span),
    /// The next node is the value of something that is no key, and was reported.
    Refused,
}

struct Builder<'a> {
    source: &'a str,
    bytes: Option<Vec<usize>>,
    open: Vec<Open>,
    root: Option<Node>,
    problems: Vec<Problem>,
}

impl Builder<'_> {
    fn offset(&self, character: usize) -> usize {
        match &self.bytes {
            None => character.min(self.source.len()),
            Some(bytes) => bytes.get(character).copied().unwrap_or(self.source.len()),
        }
    }

    fn problem(&mut self, code: Code, span: Span, message: String, help: String) {
        self.problems.push(Problem {
            code,
            message,
            span: Some(first_line(self.source, span)),
            help,
        });
    }

    /// Takes an event; false if there is no use in going on.
    fn event(&mut self, event: Event<'_>, span: saphyr_parser::Span) -> bool {
        let span = self.offset(span.start.index())..self.offset(span.end.index());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse(anchor, tag.is_some(), &span);
                let plain = style == ScalarStyle::Plain;
                let kind = Kind::Scalar {
                    text: text.into_owned(),
                    plain,
                };
                self.add(Node { span, kind });
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse(anchor, tag.is_some(), &span);
                return self.begin(span, OpenKind::List(Vec::new()));
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse(anchor, tag.is_some(), &span);
                let kind = OpenKind::Map {
                    entries: Vec::new(),
                    seen: HashMap::new(),
                    key: Key::Due,
                };
                return self.begin(span, kind);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span.end),
            Event::Alias(_) => {
                self.problem(
                    Code::Anchor,
                    span.clone(),
                    "an alias: every scenario says all that it means where it means it".to_owned(),
                    "write the value out, or give it a name with `set`; a text that begins with `*` needs quotes"
                        .to_owned(),
                );
                let kind = Kind::Scalar {
                    text: "alias".to_owned(),
                    plain: false,
                };
                self.add(Node { span, kind });
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                self.problem(
                    Code::SecondDocument,
                    span,
                    "a second document begins here, and a file is one scenario".to_owned(),
                    "remove the `---`, or move what follows to a file of its own".to_owned(),
                );
                return false;
            }
            _ => {}
        }
        true
    }

    fn refuse(&mut self, anchor: usize, tag: bool, span: &Span) {
        if anchor != 0 {
            self.problem(
                Code::Anchor,
                span.clone(),
                "an anchor: every scenario says all that it means where it means it".to_owned(),
                "write the value out where it is needed, or give it a name with `set`; a text that begins with `&` needs \
                 quotes"
                    .to_owned(),
            );
        }
        if tag {
            self.problem(
                Code::Tag,
                span.clone(),
                "a tag: the place of a value says what it is".to_owned(),
                "remove it; quotes make a text of anything, and a text that begins with `!` needs them".to_owned(),
            );
        }
    }

    fn begin(&mut self, span: Span, kind: OpenKind) -> bool {
        if self.open.len() == DEPTH {
            self.problem(
                Code::TooDeep,
                span,
                format!("lists and maps stand more than {DEPTH} deep in each other"),
                "a body that is this deep goes into a file: `body: { file: fixtures/… }`".to_owned(),
            );
            return false;
        }
        self.open.push(Open {
            start: span.start,
            kind,
        });
        true
    }

    fn end(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let kind = match open.kind {
            OpenKind::List(items) => Kind::List(items),
            OpenKind::Map { entries, .. } => Kind::Map(entries),
        };
        let end = end.max(open.start);
        let end = open.start + self.source[open.start..end].trim_end().len();
        self.add(Node {
            span: open.start..end,
            kind,
        });
    }

    fn add(&mut self, node: Node) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut open.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map { entries, seen, key } => match std::mem::replace(key, Key::Due) {
                Key::Read(key, key_span) => entries.push(Entry {
                    key,
                    key_span,
                    value: node,
                }),
                Key::Refused => {}
                Key::Due => {
                    let Kind::Scalar { text, .. } = node.kind else {
                        *key = Key::Refused;
                        return self.key_not_text(&node);
                    };
                    let first = seen.get(&text).cloned();
                    seen.entry(text.clone()).or_insert_with(|| node.span.clone());
                    *key = Key::Read(text.clone(), node.span.clone());
                    if let Some(first) = first {
                        self.duplicate_key(&text, node.span, &first);
                    }
                }
            },
        }
    }

    fn duplicate_key(&mut self, key: &str, span: Span, first: &Span) {
        let line = 1 + self.source[..first.start].matches('\n').count();
        self.problem(
            Code::DuplicateKey,
            span,
            format!("`{key}` stands twice in this map: first on line {line}"),
            "remove one of them".to_owned(),
        );
    }

    fn key_not_text(&mut self, node: &Node) {
        let start = node.span.start;
        let before = self.source[..start].trim_end();
        if before.ends_with('{') && matches!(node.kind, Kind::Map(_)) {
            let text = self.source[node.span.clone()].trim();
            self.problem(
                Code::UnquotedTemplate,
                before.len() - 1..node.span.end,
                "YAML takes this template for a map".to_owned(),
                format!("put quotes around the whole text: `\"{{{text}}}\"`"),
            );
        } else {
            self.problem(
                Code::KeyNotText,
                node.span.clone(),
                "a key that is not a text".to_owned(),
                "write a plain text as the key; a text that begins with `{` or `[` needs quotes".to_owned(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(source: &str) -> Vec<Entry> {
        let (root, problems) = parse(source);
        assert_eq!(problems, []);
        match root.unwrap().kind {
            Kind::Map(entries) => entries,
            other => panic!("{other:?} is no map"),
        }
    }

    #[test]
    fn spans_are_bytes_of_the_source_whatever_its_characters() {
        let source = "ä: ☃ é\n\"ü\": [x, 'ß']\n";
        let entries = entries(source);
        assert_eq!(&source[entries[0].key_span.clone()], "ä");
        assert_eq!(&source[entries[0].value.span.clone()], "☃ é");
        assert_eq!(&source[entries[1].key_span.clone()], "\"ü\"");
        assert_eq!(&source[entries[1].value.span.clone()], "[x, 'ß']");
    }

    #[test]
    fn scalars_keep_their_text_and_whether_they_are_plain() {
        let entries = entries("a: 1.20\nb: '1.20'\nc: |\n  1.20\n");
        let scalars: Vec<_> = entries
            .into_iter()
            .map(|entry| match entry.value.kind {
                Kind::Scalar { text, plain } => (text, plain),
                other => panic!("{other:?} is no scalar"),
            })
            .collect();
        let expected = [("1.20", true), ("1.20", false), ("1.20\n", false)];
        assert_eq!(scalars, expected.map(|(text, plain)| (text.to_owned(), plain)));
    }

    #[test]
    fn a_map_ends_where_its_last_value_does() {
        let source = "a:\n  b: c\n\n\nd: e\n";
        assert_eq!(&source[entries(source)[0].value.span.clone()], "b: c");
    }

    #[test]
    fn all_that_is_refused_is_noted_at_once() {
        let (_, problems) = parse("a: &x 1\na: *x\nb: !t 2\n");
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [Code::Anchor, Code::DuplicateKey, Code::Anchor, Code::Tag]);
    }
}
