//! Templates and expressions in declarations: what they may say, and what they can see.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::template::{LARGEST_EXPRESSION, largest_expression, measure};

/// The variables of an exchange.
pub(super) type Variables = BTreeMap<&'static str, Value>;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("with", with);
    environment.add_filter("without", without);
    environment.add_filter("field", field);
    environment.add_function("digest", |text: String| digest(text.as_bytes()));
    environment
});

/// The sha256 digest of some bytes.
pub(super) fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().fold("sha256:".to_owned(), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A map with a field more, or another value of it.
fn with(map: &Value, name: String, value: Value) -> Result<Value, Error> {
    let mut fields = fields(map)?;
    match fields.iter_mut().find(|(known, _)| *known == name) {
        Some((_, old)) => *old = value,
        None => fields.push((name, value)),
    }
    Ok(Value::from_pairs(fields))
}

/// A map without a field.
fn without(map: &Value, name: &str) -> Result<Value, Error> {
    let fields = fields(map)?;
    Ok(Value::from_pairs(
        fields.into_iter().filter(|(known, _)| *known != name),
    ))
}

/// A field of a map, or what stands for it if there is none.
fn field(map: &Value, name: String, otherwise: Option<Value>) -> Result<Value, Error> {
    let value = map.get_item(&Value::from(name))?;
    Ok(if value.is_undefined() {
        otherwise.unwrap_or_default()
    } else {
        value
    })
}

fn fields(map: &Value) -> Result<Vec<(String, Value)>, Error> {
    let keys = map.try_iter()?;
    keys.map(|key| Ok((key.to_string(), map.get_item(&key)?))).collect()
}

fn too_long() -> String {
    format!("an expression has at most {LARGEST_EXPRESSION} characters, of which brackets count as several")
}

/// A text that may hold `{{ expressions }}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template(Arc<str>);

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if largest_expression(&text) > LARGEST_EXPRESSION {
            return Err(too_long());
        }
        let checked = ENVIRONMENT.template_from_str(&text).map(drop);
        checked.map_err(|error| format!("`{text}` is no template: {error}"))?;
        Ok(Self(text.into()))
    }
}

impl Template {
    /// The text with everything filled in.
    ///
    /// # Errors
    /// It uses what is not there.
    pub fn render(&self, variables: &Variables) -> Result<String, Error> {
        ENVIRONMENT.render_str(&self.0, variables)
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Expression(Arc<str>);

impl TryFrom<String> for Expression {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if measure(&text).0 > LARGEST_EXPRESSION {
            return Err(too_long());
        }
        let checked = ENVIRONMENT.compile_expression(&text).map(drop);
        checked.map_err(|error| format!("`{text}` is no expression: {error}"))?;
        Ok(Self(text.into()))
    }
}

impl Expression {
    /// Its value.
    ///
    /// # Errors
    /// It uses what is not there.
    pub fn value(&self, variables: &Variables) -> Result<Value, Error> {
        let value = ENVIRONMENT.compile_expression(&self.0)?.eval(variables)?;
        if value.is_undefined() {
            let what = format!("`{}` is not there", self.0);
            return Err(Error::new(ErrorKind::UndefinedError, what));
        }
        Ok(value)
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// It uses what is not there.
    pub fn holds(&self, variables: &Variables) -> Result<bool, Error> {
        Ok(self.value(variables)?.is_true())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(expression: &str, variables: &Variables) -> String {
        let expression = Expression::try_from(expression.to_owned()).unwrap();
        expression.value(variables).unwrap().to_string()
    }

    #[test]
    fn lists_and_maps_are_changed_by_expressions() {
        let json: serde_json::Value = serde_json::json!({ "tags": ["a", "b"], "one": { "x": 1, "y": 2 } });
        let variables = Variables::from([("json", Value::from(minijinja::value::Serde(json)))]);
        assert_eq!(value("json.tags | reverse | list", &variables), "['b', 'a']");
        assert_eq!(value("json.tags[1:]", &variables), "['b']");
        assert_eq!(value("json.tags + json.tags[:1]", &variables), "['a', 'b', 'a']");
        assert_eq!(value("json.one | without('x')", &variables), "{'y': 2}");
        assert_eq!(value("json.one | with('z', 3)", &variables), "{'x': 1, 'y': 2, 'z': 3}");
        assert_eq!(value("[json.one] | map('field', 'q', 0) | list", &variables), "[0]");
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let template = Template::try_from("{{ nothing.at_all }}".to_owned()).unwrap();
        assert!(template.render(&Variables::new()).is_err());
        let expression = Expression::try_from("nothing".to_owned()).unwrap();
        assert!(expression.value(&Variables::new()).is_err());
        assert!(Template::try_from("{{ a".to_owned()).is_err());
        assert!(Expression::try_from("a ==".to_owned()).is_err());
    }

    #[test]
    fn a_digest_is_that_of_the_bytes() {
        assert_eq!(
            digest(b"abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
