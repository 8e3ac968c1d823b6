//! A language as JSON Schema, draft 2020-12: for editors, which complete and explain with it.

use std::collections::BTreeMap;

use serde_json::{Map as Object, Value, json};

use super::shape::{Key, Map, Rule, Shape, Written};

/// What a template looks like, wherever a text may hold one.
const TEMPLATE: &str = r"\{\{|\{%";

/// The schema of files that are `root`. `examples` are those of its maps, read: what a key's example is taken from.
pub(crate) fn json_schema(title: &str, root: &'static Shape, read: impl Fn(&str) -> Option<Value>) -> Value {
    let mut examples: Examples = BTreeMap::new();
    for map in root.maps() {
        for example in map.examples.iter().filter_map(|example| read(example)) {
            let mut note = |_, key: &'static Key, value: &Value| {
                examples.entry((key.name, key.text)).or_insert_with(|| value.clone());
            };
            root.walk(&example, &mut note);
        }
    }
    let mut writer = Writer {
        examples,
        definitions: BTreeMap::new(),
    };
    let mut schema = Object::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!(title));
    match *root {
        // What an editor shows first is not behind a reference.
        Shape::Map(map) => schema.append(&mut writer.map(map)),
        _ => {
            if let Value::Object(mut shape) = writer.shape(root) {
                schema.append(&mut shape);
            }
        }
    }
    schema.insert("$defs".into(), json!(writer.definitions));
    Value::Object(schema)
}

/// What stands for a key in the examples. A key of several maps is told by its name and text.
type Examples = BTreeMap<(&'static str, &'static str), Value>;

struct Writer {
    examples: Examples,
    definitions: BTreeMap<String, Value>,
}

impl Writer {
    fn map(&mut self, map: &'static Map) -> Object<String, Value> {
        let mut schema = Object::new();
        schema.insert("description".into(), json!(map.text));
        schema.insert("type".into(), json!("object"));
        let mut properties = Object::new();
        for key in map.keys {
            let mut property = self.shape(&key.shape);
            if let Some(fields) = property.as_object_mut() {
                fields.insert("description".into(), json!(key.text));
                if let Some(example) = self.examples.get(&(key.name, key.text)) {
                    fields.insert("examples".into(), json!([example]));
                }
            }
            properties.insert(key.name.to_owned(), property);
        }
        schema.insert("properties".into(), Value::Object(properties));
        let needed: Vec<&str> = map.keys.iter().filter(|key| key.needed).map(|key| key.name).collect();
        if !needed.is_empty() {
            schema.insert("required".into(), json!(needed));
        }
        schema.insert("additionalProperties".into(), json!(false));
        let rules: Vec<Value> = map.rules.iter().map(rule).collect();
        match rules.as_slice() {
            [] => {}
            rules => {
                schema.insert("allOf".into(), json!(rules));
            }
        }
        schema
    }

    /// A reference to what `make` makes, which is made once.
    fn definition(&mut self, name: &'static str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        let name = name.replace(' ', "-");
        let reference = json!({ "$ref": format!("#/$defs/{name}") });
        if !self.definitions.contains_key(&name) {
            // There while it is made: it may be in itself.
            self.definitions.insert(name.clone(), Value::Null);
            let schema = make(self);
            self.definitions.insert(name, schema);
        }
        reference
    }

    fn shape(&mut self, shape: &'static Shape) -> Value {
        match *shape {
            Shape::Text => json!({ "type": ["string", "number", "boolean"] }),
            Shape::String => json!({ "type": "string", "minLength": 1 }),
            Shape::Written(written) => pattern(written),
            Shape::Words(words) => json!({ "enum": words }),
            Shape::Whole(least, most) => {
                json!({ "type": ["integer", "string"], "minimum": least, "maximum": most, "pattern": "^[0-9]+$" })
            }
            Shape::Positive(most) => {
                json!({ "type": ["number", "string"], "exclusiveMinimum": 0, "maximum": most, "pattern": r"^[0-9]*\.?[0-9]+$" })
            }
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::True => json!({ "const": true }),
            Shape::Date => json!({ "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
            Shape::Null => json!({ "type": "null" }),
            Shape::Any => json!({}),
            Shape::NoMap => json!({ "not": { "type": "object" } }),
            Shape::AnyMap => json!({ "type": "object" }),
            Shape::MapWithout(map) => {
                json!({ "type": "object", "propertyNames": { "not": { "enum": map.names() } } })
            }
            Shape::Map(map) => self.definition(map.name, |writer| Value::Object(writer.map(map))),
            Shape::MapOf(inner) => json!({ "type": "object", "additionalProperties": self.shape(inner) }),
            Shape::List(inner) => json!({ "type": "array", "minItems": 1, "items": self.shape(inner) }),
            Shape::Choice(inner) => json!({ "type": "array", "minItems": 2, "items": self.shape(inner) }),
            Shape::Items(inner) => json!({ "type": "array", "items": self.shape(inner) }),
            Shape::OneOf(shapes) => {
                let shapes: Vec<Value> = shapes.iter().map(|shape| self.shape(shape)).collect();
                json!({ "anyOf": shapes })
            }
            Shape::Named(named) => self.definition(named.name, |writer| {
                let mut schema = writer.shape(&named.shape);
                schema["description"] = json!(named.text);
                schema
            }),
        }
    }
}

fn pattern(written: &Written) -> Value {
    let types: &[&str] = if written.number {
        &["string", "integer"]
    } else {
        &["string"]
    };
    let pattern = if written.template {
        format!("^({})$|{TEMPLATE}", written.pattern)
    } else {
        format!("^({})$", written.pattern)
    };
    json!({ "type": types, "pattern": pattern })
}

fn rule(rule: &Rule) -> Value {
    let there = |name: &&str| json!({ "required": [name] });
    match rule {
        Rule::One(names) => json!({ "oneOf": names.iter().map(there).collect::<Vec<_>>() }),
        Rule::Some(names) => json!({ "anyOf": names.iter().map(there).collect::<Vec<_>>() }),
        Rule::AtMostOne(names) => {
            let one: Vec<Value> = names.iter().map(there).collect();
            json!({ "if": { "anyOf": one.clone() }, "then": { "oneOf": one } })
        }
        Rule::Alone(name, others) => {
            let others: Vec<Value> = others.iter().map(there).collect();
            json!({ "if": { "required": [name] }, "then": { "not": { "anyOf": others } } })
        }
    }
}
