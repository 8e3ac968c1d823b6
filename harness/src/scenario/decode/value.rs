//! Values: scalars as the core schema of YAML 1.2 reads them, with the author's text kept.

use serde_json::Number;

use super::super::{
    Value,
    tree::{Kind, Node},
};
use super::{Decoder, template::is_template};

impl Value {
    /// Whether there is something in it to render.
    pub(super) fn has_template(&self) -> bool {
        match self {
            Self::Text(template) => is_template(&template.text),
            Self::List(items) => items.iter().any(Self::has_template),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.has_template()),
            Self::Null | Self::Bool(_) | Self::Number { .. } => false,
        }
    }
}

impl Decoder<'_> {
    /// Any value.
    pub(super) fn value(&mut self, node: &Node) -> Option<Value> {
        match &node.kind {
            Kind::Scalar { text, plain } => self.scalar(node, text, *plain),
            Kind::List(items) => {
                let values: Vec<_> = items.iter().map(|item| self.value(item)).collect();
                Some(Value::List(values.into_iter().collect::<Option<_>>()?))
            }
            Kind::Map(_) => Some(Value::Map(self.value_map(node)?)),
        }
    }

    /// A map of values, in the file's order.
    pub(super) fn value_map(&mut self, node: &Node) -> Option<Vec<(String, Value)>> {
        let entries = self.map(node, "a map of values")?;
        let values: Vec<_> = entries
            .iter()
            .map(|entry| Some((entry.key.clone(), self.value(&entry.value)?)))
            .collect();
        values.into_iter().collect()
    }

    fn scalar(&mut self, node: &Node, text: &str, plain: bool) -> Option<Value> {
        if plain {
            if node.is_null() {
                return Some(Value::Null);
            }
            match text {
                "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
                "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
                _ => {}
            }
            if let Some(number) = number(text) {
                return Some(Value::Number {
                    number,
                    text: text.to_owned(),
                });
            }
        }
        Some(Value::Text(self.checked(text, &node.span)?))
    }
}

/// The number that a plain scalar is by the core schema. What JSON cannot say (`.inf`, `.nan`) stays text.
fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().map(Number::from);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8).ok().map(Number::from);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let begins = unsigned.strip_prefix('.').unwrap_or(unsigned);
    if !begins.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let integer = unsigned.bytes().all(|byte| byte.is_ascii_digit());
    if integer {
        if let Ok(number) = text.parse::<i64>() {
            return Some(Number::from(number));
        }
        if let Ok(number) = text.parse::<u64>() {
            return Some(Number::from(number));
        }
    }
    // Rust's floats read all that the core schema has, and `inf` and `nan`, which begin with no digit.
    text.parse().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        number(text).map(|number| number.to_string())
    }

    #[test]
    fn plain_numbers_are_those_of_the_core_schema() {
        let expected = [
            ("0", "0"),
            ("007", "7"),
            ("+3", "3"),
            ("-12", "-12"),
            ("1.20", "1.2"),
            (".5", "0.5"),
            ("2.", "2.0"),
            ("1e3", "1000.0"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("18446744073709551615", "18446744073709551615"),
        ];
        for (text, number) in expected {
            assert_eq!(shown(text).as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        for text in [
            "", "1.2.3", "1_000", "0x", "-0x1", "0xg", "inf", ".inf", "nan", "1e", "--1", "-", ".", "12:30",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
