//! What may stand where: maps, their keys, and the shapes of values.

use serde_json::Value;

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// A text, or whatever else is no list, no map and not null: it is taken as it is written.
    Text,
    /// A text that is none of the other scalars: TOML tells them apart.
    String,
    /// A text that is written in a certain way.
    Written(&'static Written),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A whole number between these.
    Whole(u64, u64),
    /// A number above zero, and not above this.
    Positive(u64),
    /// `true` or `false`.
    Flag,
    /// `true`.
    True,
    /// A day, which TOML has and JSON writes as text.
    Date,
    /// Nothing.
    Null,
    /// Anything.
    Any,
    /// Anything but a map.
    NoMap,
    /// Any map.
    AnyMap,
    /// A map that has none of the keys of this one.
    MapWithout(&'static Map),
    /// A map of known keys.
    Map(&'static Map),
    /// A map whose keys are the author's.
    MapOf(&'static Shape),
    /// A list with one item at least.
    List(&'static Shape),
    /// A list with two items at least.
    Choice(&'static Shape),
    /// A list that may be empty.
    Items(&'static Shape),
    /// One of several.
    OneOf(&'static [Shape]),
    /// Something that has a name because it stands in several places.
    Named(&'static Named),
}

/// A shape with a name.
#[derive(Debug)]
pub(crate) struct Named {
    /// The name.
    pub(crate) name: &'static str,
    /// What it is, in Markdown.
    pub(crate) text: &'static str,
    /// What may stand there.
    pub(crate) shape: Shape,
}

/// How a text is written.
#[derive(Debug)]
pub(crate) struct Written {
    /// What it is called, such as `a size`.
    pub(crate) what: &'static str,
    /// A regular expression for all of it.
    pub(crate) pattern: &'static str,
    /// Whether a number without quotes is one.
    pub(crate) number: bool,
    /// Whether a template may stand for it.
    pub(crate) template: bool,
}

/// A map of known keys.
#[derive(Debug)]
pub(crate) struct Map {
    /// What it is called in schema and reference; no other map has the name.
    pub(crate) name: &'static str,
    /// What it is called in messages: `a rule`, "`push`".
    pub(crate) what: &'static str,
    /// What it is, in Markdown.
    pub(crate) text: &'static str,
    /// Its keys, in the order in which they are best written.
    pub(crate) keys: &'static [Key],
    /// What holds between its keys.
    pub(crate) rules: &'static [Rule],
    /// Examples, which show every key.
    pub(crate) examples: &'static [&'static str],
}

/// A key of a map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The key.
    pub(crate) name: &'static str,
    /// What its value may be.
    pub(crate) shape: Shape,
    /// What it says, in Markdown.
    pub(crate) text: &'static str,
    /// Whether it has to be there.
    pub(crate) needed: bool,
}

/// What holds between the keys of a map.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// Exactly one of these is there.
    One(&'static [&'static str]),
    /// One of these at least is there.
    Some(&'static [&'static str]),
    /// One of these at most is there.
    AtMostOne(&'static [&'static str]),
    /// None of these is there beside the first.
    Alone(&'static str, &'static [&'static str]),
}

/// A key that may be there.
pub(crate) const fn key(name: &'static str, shape: Shape, text: &'static str) -> Key {
    Key {
        name,
        shape,
        text,
        needed: false,
    }
}

/// A key that has to be there.
pub(crate) const fn needed(name: &'static str, shape: Shape, text: &'static str) -> Key {
    Key {
        name,
        shape,
        text,
        needed: true,
    }
}

impl Map {
    /// Its keys.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }

    /// The key called `name`.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Whether `fields` has no other keys, and all that it has to have.
    fn fits(&self, fields: &serde_json::Map<String, Value>) -> bool {
        fields.keys().all(|name| self.key(name).is_some())
            && self.keys.iter().all(|key| !key.needed || fields.contains_key(key.name))
    }
}

impl Shape {
    /// Calls `seen` for every map of known keys in `value`, which has this shape, and for each of its keys.
    pub(crate) fn walk<'v>(&self, value: &'v Value, seen: &mut dyn FnMut(&'static Map, &'static Key, &'v Value)) {
        match (*self, value) {
            (Self::Map(map), Value::Object(fields)) if map.fits(fields) => {
                for (name, value) in fields {
                    if let Some(key) = map.key(name) {
                        seen(map, key, value);
                        key.shape.walk(value, seen);
                    }
                }
            }
            (Self::MapOf(shape), Value::Object(fields)) => fields.values().for_each(|value| shape.walk(value, seen)),
            (Self::List(shape) | Self::Choice(shape) | Self::Items(shape), Value::Array(items)) => {
                for item in items {
                    shape.walk(item, seen);
                }
            }
            (Self::OneOf(shapes), value) => shapes.iter().for_each(|shape| shape.walk(value, seen)),
            (Self::Named(named), value) => named.shape.walk(value, seen),
            _ => {}
        }
    }

    /// The shapes that this one is made of.
    pub(super) fn parts(&self) -> Vec<&'static Shape> {
        match *self {
            Self::Map(map) => map.keys.iter().map(|key| &key.shape).collect(),
            Self::MapOf(shape) | Self::List(shape) | Self::Choice(shape) | Self::Items(shape) => vec![shape],
            Self::OneOf(shapes) => shapes.iter().collect(),
            Self::Named(named) => vec![&named.shape],
            _ => Vec::new(),
        }
    }

    /// Every map of known keys that can stand in it, itself included, in the order in which a reader comes to them.
    pub(crate) fn maps(&self) -> Vec<&'static Map> {
        let (mut found, mut seen) = (Vec::new(), Vec::new());
        self.collect(&mut found, &mut seen);
        found
    }

    fn collect(&self, found: &mut Vec<&'static Map>, seen: &mut Vec<&'static str>) {
        let name = match *self {
            Self::Map(map) => Some(map.name),
            Self::Named(named) => Some(named.name),
            _ => None,
        };
        if let Some(name) = name {
            if seen.contains(&name) {
                return;
            }
            seen.push(name);
        }
        if let Self::Map(map) = *self {
            found.push(map);
        }
        for part in self.parts() {
            part.collect(found, seen);
        }
    }
}
