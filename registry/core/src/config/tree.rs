//! A document as a tree that knows where each of its parts stands. JSON is read as the YAML that it is.

use std::{collections::BTreeMap, fmt};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// A place in a file: line and column, both from 1, the column in characters, and how many characters it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) width: usize,
}

impl Place {
    /// The beginning of the file.
    pub(super) const START: Self = Self {
        line: 1,
        column: 1,
        width: 1,
    };
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        let width = if span.start.line() == span.end.line() {
            span.end.col().saturating_sub(span.start.col())
        } else {
            1
        };
        Self {
            line: span.start.line(),
            column: span.start.col() + 1,
            width: width.max(1),
        }
    }
}

/// A part of the document.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) data: Data,
}

/// What a part is.
#[derive(Clone, Debug)]
pub(super) enum Data {
    /// Keys and values, in their order, those that stand twice included.
    Mapping(Vec<(Name, Node)>),
    /// A list.
    List(Vec<Node>),
    /// A text, a number, a switch or nothing. `plain`: it has no quotes.
    Scalar { text: String, plain: bool },
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) place: Place,
    pub(super) text: String,
}

/// Why a file is no tree.
#[derive(Clone, Debug)]
pub(super) struct Malformed {
    pub(super) place: Place,
    pub(super) reason: String,
}

impl Malformed {
    fn new(place: Place, reason: impl Into<String>) -> Self {
        Self {
            place,
            reason: reason.into(),
        }
    }
}

impl Node {
    /// Whether it is YAML's or JSON's null.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(&self.data, Data::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// How many parts there are in it, itself included, and how many levels.
    fn extent(&self) -> (usize, usize) {
        let below = |nodes: &mut dyn Iterator<Item = &Self>| {
            let (parts, levels) = nodes.map(Self::extent).fold((1, 0), |(parts, levels), (more, deeper)| {
                (parts + more, levels.max(deeper))
            });
            (parts, levels + 1)
        };
        match &self.data {
            Data::Mapping(entries) => below(&mut entries.iter().map(|(_, node)| node)),
            Data::List(items) => below(&mut items.iter()),
            Data::Scalar { .. } => (1, 0),
        }
    }

    /// Whether it would be a number, `true` or `false` to any reader of YAML.
    pub(super) fn is_number_or_switch(&self) -> bool {
        matches!(&self.data, Data::Scalar { text, plain: true }
            if matches!(text.as_str(), "true" | "false") || text.parse::<f64>().is_ok())
    }
}

impl fmt::Display for Node {
    /// What was found, for a message.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            Data::Mapping(_) => formatter.write_str("a mapping"),
            Data::List(_) => formatter.write_str("a list"),
            Data::Scalar { .. } if self.is_nothing() => formatter.write_str("nothing"),
            Data::Scalar { text, .. } if self.is_number_or_switch() => write!(formatter, "{text}"),
            Data::Scalar { text, .. } => write!(formatter, "{text:?}"),
        }
    }
}

/// More parts than any configuration has. What an alias stands for counts each time, or aliases of aliases would grow without bound.
const MOST_NODES: usize = 100_000;
/// Deeper than any configuration is, with what aliases stand for.
const DEEPEST: usize = 64;

/// Reads a document. An empty one is `None`.
pub(super) fn parse(text: &str) -> Result<Option<Node>, Malformed> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let marker = *error.marker();
            Malformed::new(Span::new(marker, marker).into(), error.info())
        })?;
        builder.take(event, span.into())?;
    }
    Ok(builder.root)
}

/// A mapping or list whose end has not come yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next.
    name: Option<Name>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), Malformed> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => Err(Malformed::new(
                place,
                "a second document begins, and a configuration is one",
            )),
            Event::MappingStart(anchor, _) => self.begin(place, Data::Mapping(Vec::new()), anchor),
            Event::SequenceStart(anchor, _) => self.begin(place, Data::List(Vec::new()), anchor),
            Event::MappingEnd | Event::SequenceEnd => match self.open.pop() {
                Some(done) => self.add(done.node, done.anchor),
                None => Ok(()),
            },
            Event::Scalar(text, style, anchor, _) => {
                let data = Data::Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                };
                self.add(Node { place, data }, anchor)
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => {
                    let (parts, levels) = node.extent();
                    if self.open.len() + levels > DEEPEST {
                        return Err(too_deep(place));
                    }
                    // The alias itself is one of them, which is counted where it is added.
                    self.nodes += parts - 1;
                    if self.nodes > MOST_NODES {
                        return Err(too_large(place));
                    }
                    let data = node.data.clone();
                    self.add(Node { place, data }, 0)
                }
                None => Err(Malformed::new(place, "the alias is inside what it names")),
            },
            _ => Ok(()),
        }
    }

    fn begin(&mut self, place: Place, data: Data, anchor: usize) -> Result<(), Malformed> {
        if self.open.len() >= DEEPEST {
            return Err(too_deep(place));
        }
        // The span of a collection may cover the file; what is shown is where it begins.
        let place = Place { width: 1, ..place };
        let node = Node { place, data };
        self.open.push(Open {
            node,
            anchor,
            name: None,
        });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Malformed> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(too_large(node.place));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut parent.node.data, parent.name.take()) {
            (Data::List(items), _) => items.push(node),
            (Data::Mapping(entries), Some(name)) => entries.push((name, node)),
            (Data::Mapping(_), None) => {
                let place = node.place;
                let Data::Scalar { text, .. } = node.data else {
                    return Err(Malformed::new(place, "a key is a word, not a list or a mapping"));
                };
                parent.name = Some(Name { place, text });
            }
            (Data::Scalar { .. }, _) => unreachable!("only lists and mappings are opened"),
        }
        Ok(())
    }
}

fn too_deep(place: Place) -> Malformed {
    Malformed::new(place, "the document is nested too deeply for a configuration")
}

fn too_large(place: Place) -> Malformed {
    Malformed::new(place, "the document is too large for a configuration")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries(text: &str) -> Vec<(Name, Node)> {
        match parse(text).unwrap().unwrap().data {
            Data::Mapping(entries) => entries,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_part_knows_its_place_also_after_letters_of_several_bytes() {
        let entries = entries("\"ключ\": {\"a\": 12}\nb: x\n");
        let Data::Mapping(inner) = &entries[0].1.data else {
            panic!("{entries:?}")
        };
        assert_eq!(
            (inner[0].1.place.line, inner[0].1.place.column, inner[0].1.place.width),
            (1, 15, 2)
        );
        assert_eq!((entries[1].0.place.line, entries[1].0.place.column), (2, 1));
    }

    #[test]
    fn json_with_tabs_and_escapes_is_read() {
        let entries = entries("{\n\t\"a\":\t\"x\\/\\u00e9\",\n\t\"b\":[1,\n\t\t2]\n}\n");
        assert_eq!(entries[0].1.to_string(), "\"x/é\"");
        assert_eq!((entries[1].0.place.line, entries[1].0.place.column), (3, 2));
    }

    #[test]
    fn a_key_that_stands_twice_is_kept_twice() {
        assert_eq!(entries("a: 1\na: 2\n").len(), 2);
    }

    #[test]
    fn an_alias_stands_for_what_it_names() {
        let entries = entries("a: &x {b: 1}\nc: *x\n");
        assert!(matches!(&entries[1].1.data, Data::Mapping(inner) if inner.len() == 1));
        assert_eq!(entries[1].1.place.line, 2);
    }

    #[test]
    fn deep_nesting_and_second_documents_are_refused() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse("a: 1\n---\nb: 2\n").is_err());
        assert!(parse("a: &x [*x]\n").is_err());
    }

    #[test]
    fn aliases_of_aliases_are_refused_when_they_would_be_too_deep_or_too_many() {
        let deep = "- &a x\n".to_owned() + &"- &b [*a]\n- &a [*b]\n".repeat(20_000);
        assert!(parse(&deep).unwrap_err().reason.contains("too deeply"));
        let twice = |level| format!("- &a{} [{}]\n", level + 1, format!("*a{level},").repeat(10));
        let many = "- &a0 x\n".to_owned() + &(0..10).map(twice).collect::<String>();
        let refused = parse(&many).unwrap_err();
        assert!(refused.reason.contains("too large"), "{refused:?}");
        assert_eq!(refused.place.line, 6);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = parse(&text);
        }
    }
}
