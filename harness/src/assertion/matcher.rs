//! Matchers: what a value has to be.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    Actual, AssertionError, Mismatch,
    actual::{scalar_text, shorten},
    difference::{first_difference, json_difference},
};
use crate::{
    scenario::{self, Matcher, Template},
    template::{Algorithm, Scope},
};

/// Whether `actual` is what `matcher` wants. The message continues a sentence that begins with what was looked at.
pub fn check(matcher: &Matcher, actual: &Actual, scope: &Scope) -> Result<(), AssertionError> {
    match (matcher, actual) {
        (Matcher::Absent, Actual::Absent) => return Ok(()),
        (Matcher::All(matchers), _) => return matchers.iter().try_for_each(|matcher| check(matcher, actual, scope)),
        (Matcher::OneOf(matchers), _) => return one_of(matchers, actual, scope),
        (Matcher::Not(inner), Actual::Absent) if !matches!(**inner, Matcher::Present | Matcher::Absent) => {}
        (Matcher::Not(inner), _) => return not(inner, actual, scope),
        // Of what is not there nothing holds, not even that it is something else.
        (_, Actual::Absent) => {}
        (_, _) => return check_present(matcher, actual, scope),
    }
    Err(Mismatch::new("is not there", describe(matcher, scope)?, "nothing").into())
}

fn check_present(matcher: &Matcher, actual: &Actual, scope: &Scope) -> Result<(), AssertionError> {
    let holds = match matcher {
        Matcher::Present => true,
        Matcher::Absent => return fail("is there", "absent", actual),
        Matcher::Equals(expected) => return equals(expected, actual, scope),
        Matcher::Matches(regex) => regex.is_match(&scalar_text(&actual.value().unwrap_or_default())),
        Matcher::Contains(part) => contains(part, actual, scope)?,
        Matcher::Length(matcher) => {
            let Some(length) = length(actual) else {
                return fail("has no length", describe(matcher, scope)?, actual);
            };
            return check(matcher, &Actual::Json(length.into()), scope)
                .map_err(|error| error.map(|mismatch| mismatch.of("has a length that")));
        }
        Matcher::AtLeast(bound) => {
            number(actual).is_some_and(|value| value >= bound_of(bound, scope).unwrap_or(f64::NAN))
        }
        Matcher::AtMost(bound) => {
            number(actual).is_some_and(|value| value <= bound_of(bound, scope).unwrap_or(f64::NAN))
        }
        Matcher::Sorted => return sorted(actual),
        Matcher::Unique => return unique(actual),
        Matcher::Each(matcher) => return each(matcher, actual, scope),
        Matcher::Content(name) => return content(name, actual, scope),
        Matcher::DigestOf(name) => return digest_of(name, actual, scope),
        Matcher::Not(_) | Matcher::OneOf(_) | Matcher::All(_) => return check(matcher, actual, scope),
    };
    if let Matcher::AtLeast(bound) | Matcher::AtMost(bound) = matcher {
        bound_of(bound, scope)?;
    }
    if holds {
        Ok(())
    } else {
        fail("is not what it has to be", describe(matcher, scope)?, actual)
    }
}

fn fail(message: &str, expected: impl Into<String>, actual: &Actual) -> Result<(), AssertionError> {
    Err(Mismatch::new(message, expected, actual.shown()).into())
}

fn not(inner: &Matcher, actual: &Actual, scope: &Scope) -> Result<(), AssertionError> {
    match check(inner, actual, scope) {
        Ok(()) => fail(
            "is what it must not be",
            format!("not {}", describe(inner, scope)?),
            actual,
        ),
        Err(AssertionError::Mismatch(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn one_of(matchers: &[Matcher], actual: &Actual, scope: &Scope) -> Result<(), AssertionError> {
    let mut expected = Vec::new();
    for matcher in matchers {
        match check(matcher, actual, scope) {
            Ok(()) => return Ok(()),
            Err(AssertionError::Mismatch(_)) => expected.push(describe(matcher, scope)?),
            Err(error) => return Err(error),
        }
    }
    fail("is none of what it may be", expected.join(", or "), actual)
}

fn equals(expected: &scenario::Value, actual: &Actual, scope: &Scope) -> Result<(), AssertionError> {
    let expected_json = scope.json(expected)?;
    let found = match (&expected_json, actual.list()) {
        (Value::Array(_), Some(list)) => Value::Array(list.to_vec()),
        _ => actual.value().unwrap_or_default(),
    };
    if same(expected, &expected_json, &found) {
        return Ok(());
    }
    if let Some((expected, actual)) = json_difference(&expected_json, &found) {
        return Err(Mismatch::new("differs", expected, actual).into());
    }
    fail("differs", shorten(&scalar_text(&expected_json)), actual)
}

/// Whether `found` is what the author wrote: texts and numbers by their text, maps and lists by structure.
fn same(written: &scenario::Value, expected: &Value, found: &Value) -> bool {
    match (written, expected, found) {
        (scenario::Value::Number { text, .. }, _, Value::String(found)) => text == found,
        (scenario::Value::List(written), Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && written
                    .iter()
                    .zip(expected)
                    .zip(found)
                    .all(|((written, expected), found)| same(written, expected, found))
        }
        (scenario::Value::Map(written), Value::Object(expected), Value::Object(found)) => {
            expected.len() == found.len()
                && written
                    .iter()
                    .all(|(key, written)| match (expected.get(key), found.get(key)) {
                        (Some(expected), Some(found)) => same(written, expected, found),
                        _ => false,
                    })
        }
        (_, expected, found) => same_json(expected, found),
    }
}

pub(super) fn same_json(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::String(text), Value::Number(number)) | (Value::Number(number), Value::String(text)) => {
            *text == number.to_string()
        }
        (Value::String(text), Value::Bool(flag)) | (Value::Bool(flag), Value::String(text)) => {
            *text == flag.to_string()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_json(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| same_json(left, right)))
        }
        (left, right) => left == right,
    }
}

/// Text in text, item or items in list, or keys in map.
fn contains(part: &scenario::Value, actual: &Actual, scope: &Scope) -> Result<bool, AssertionError> {
    let part = scope.json(part)?;
    let parts = match &part {
        Value::Array(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    if let Some(list) = actual.list() {
        return Ok(parts.iter().all(|part| list.iter().any(|item| same_json(part, item))));
    }
    Ok(match actual.value().unwrap_or_default() {
        Value::Object(map) => parts.iter().all(|part| map.contains_key(&scalar_text(part))),
        other => {
            let text = scalar_text(&other);
            parts.iter().all(|part| text.contains(&scalar_text(part)))
        }
    })
}

fn length(actual: &Actual) -> Option<usize> {
    if let Some(list) = actual.list() {
        return Some(list.len());
    }
    if let Actual::Bytes(bytes) = actual {
        return Some(bytes.len());
    }
    match actual.value()? {
        Value::String(text) => Some(text.chars().count()),
        Value::Object(map) => Some(map.len()),
        _ => None,
    }
}

fn number(actual: &Actual) -> Option<f64> {
    match actual.value()? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn bound_of(bound: &Template, scope: &Scope) -> Result<f64, AssertionError> {
    let text = scope.text(bound)?;
    text.trim().parse().map_err(|_| {
        AssertionError::Template(crate::template::TemplateError {
            span: Some(bound.span.clone()),
            message: format!("`{text}` is not a number"),
        })
    })
}

/// In ASCII order, or without regard to case: either is what registries do.
fn sorted(actual: &Actual) -> Result<(), AssertionError> {
    let Some(list) = actual.list() else {
        return fail("is not a list", "a sorted list", actual);
    };
    let texts: Vec<String> = list.iter().map(scalar_text).collect();
    if texts.is_sorted() || texts.is_sorted_by_key(|text| text.to_lowercase()) {
        return Ok(());
    }
    let out_of_order = texts.windows(2).find(|pair| pair[0] > pair[1]);
    let shown = out_of_order.map_or_else(|| actual.shown(), |pair| format!("`{}` before `{}`", pair[0], pair[1]));
    Err(Mismatch::new("is not sorted", "a sorted list", shown).into())
}

fn unique(actual: &Actual) -> Result<(), AssertionError> {
    let Some(list) = actual.list() else {
        return fail("is not a list", "a list without duplicates", actual);
    };
    let mut seen = HashSet::new();
    match list
        .iter()
        .map(Value::to_string)
        .find(|item| !seen.insert(item.clone()))
    {
        None => Ok(()),
        Some(twice) => Err(Mismatch::new("has an item twice", "a list without duplicates", twice).into()),
    }
}

fn each(matcher: &Matcher, actual: &Actual, scope: &Scope) -> Result<(), AssertionError> {
    let Some(list) = actual.list().filter(|list| !list.is_empty()) else {
        return fail("has no items", "a list that is not empty", actual);
    };
    for (index, item) in list.iter().enumerate() {
        check(matcher, &Actual::Json(item.clone()), scope)
            .map_err(|error| error.map(|mismatch| mismatch.of(&format!("has an item {index} that"))))?;
    }
    Ok(())
}

fn content(name: &Template, actual: &Actual, scope: &Scope) -> Result<(), AssertionError> {
    let expected = scope.content(name)?;
    let text;
    let found = match actual {
        Actual::Bytes(bytes) => bytes.as_ref(),
        other => {
            text = scalar_text(&other.value().unwrap_or_default());
            text.as_bytes()
        }
    };
    match first_difference(expected.bytes(), found) {
        None => Ok(()),
        Some((expected, actual)) => Err(Mismatch::new("has other bytes", expected, actual).into()),
    }
}

fn digest_of(name: &Template, actual: &Actual, scope: &Scope) -> Result<(), AssertionError> {
    let content = scope.content(name)?;
    let found = scalar_text(&actual.value().unwrap_or_default());
    let algorithm = found
        .split_once(':')
        .and_then(|(algorithm, _)| Algorithm::from_name(algorithm));
    let expected = algorithm.map_or_else(|| content.digest(), |algorithm| content.digest_in(algorithm));
    if expected == found {
        return Ok(());
    }
    fail("is another digest", expected, actual)
}

/// What a matcher wants, in words.
fn describe(matcher: &Matcher, scope: &Scope) -> Result<String, AssertionError> {
    let value = |value: &scenario::Value| Ok::<_, AssertionError>(shorten(&scalar_text(&scope.json(value)?)));
    Ok(match matcher {
        Matcher::Equals(expected) => value(expected)?,
        Matcher::Matches(regex) => format!("/{regex}/"),
        Matcher::Present => "present".to_owned(),
        Matcher::Absent => "absent".to_owned(),
        Matcher::Not(inner) => format!("not {}", describe(inner, scope)?),
        Matcher::Contains(part) => format!("something that contains {}", value(part)?),
        Matcher::Length(inner) => format!("a length of {}", describe(inner, scope)?),
        Matcher::AtLeast(bound) => format!("at least {}", scope.text(bound)?),
        Matcher::AtMost(bound) => format!("at most {}", scope.text(bound)?),
        Matcher::Sorted => "a sorted list".to_owned(),
        Matcher::Unique => "a list without duplicates".to_owned(),
        Matcher::Each(inner) => format!("each item {}", describe(inner, scope)?),
        Matcher::Content(name) => format!("the bytes of `{}`", name.text),
        Matcher::DigestOf(name) => format!("the digest of `{}`", name.text),
        Matcher::OneOf(matchers) => matchers
            .iter()
            .map(|matcher| describe(matcher, scope))
            .collect::<Result<Vec<_>, _>>()?
            .join(", or "),
        Matcher::All(matchers) => matchers
            .iter()
            .map(|matcher| describe(matcher, scope))
            .collect::<Result<Vec<_>, _>>()?
            .join(", and "),
    })
}

#[cfg(test)]
mod tests;
