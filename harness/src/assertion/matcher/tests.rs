use serde_json::json;

use super::*;
use crate::template::{Content, Random};

fn template(text: &str) -> Template {
    Template {
        text: text.to_owned(),
        span: 0..0,
    }
}

fn text(text: &str) -> scenario::Value {
    scenario::Value::Text(template(text))
}

fn number(written: &str) -> scenario::Value {
    scenario::Value::Number {
        number: serde_json::from_str(written).unwrap(),
        text: written.to_owned(),
    }
}

fn regex(text: &str) -> Matcher {
    Matcher::Matches(regex::Regex::new(text).unwrap())
}

fn length(matcher: Matcher) -> Matcher {
    Matcher::Length(Box::new(matcher))
}

fn value(value: Value) -> Actual {
    Actual::Json(value)
}

#[track_caller]
fn holds(matcher: &Matcher, actual: &Actual) -> bool {
    let mut scope = Scope::new(Random::new(1, &[]));
    scope.set("name", minijinja::Value::from("app"));
    scope.set("blob", Content::new("abc", Algorithm::Sha512).into_value());
    match check(matcher, actual, &scope) {
        Ok(()) => true,
        Err(AssertionError::Mismatch(mismatch)) => {
            assert!(mismatch.expected.is_some() && mismatch.actual.is_some());
            false
        }
        Err(AssertionError::Template(error)) => panic!("{error}"),
    }
}

/// Every matcher with something that it admits and something that it does not.
#[test]
#[expect(clippy::too_many_lines, reason = "one table: a row for each matcher")]
fn matchers_admit_what_they_should_and_nothing_else() {
    let list = |items: &[&str]| value(json!(items));
    let table = [
        (
            Matcher::Equals(text("{{ name }}")),
            value(json!("app")),
            value(json!("App")),
        ),
        (Matcher::Equals(number("3")), value(json!("3")), value(json!("3.0"))),
        (Matcher::Equals(number("3")), value(json!(3)), value(json!(4))),
        (
            Matcher::Equals(number("1.20")),
            value(json!("1.20")),
            value(json!("1.2")),
        ),
        (Matcher::Equals(number("1.20")), value(json!(1.2)), value(json!(1.3))),
        (Matcher::Equals(text("3")), value(json!(3)), value(json!(true))),
        (
            Matcher::Equals(scenario::Value::Bool(true)),
            value(json!(true)),
            value(json!(false)),
        ),
        (
            Matcher::Equals(scenario::Value::Null),
            value(json!(null)),
            value(json!(0)),
        ),
        (
            Matcher::Equals(scenario::Value::List(vec![text("a"), number("1")])),
            value(json!(["a", 1])),
            value(json!(["a"])),
        ),
        (
            Matcher::Equals(scenario::Value::List(vec![text("a")])),
            Actual::Nodes(vec![json!("a")]),
            Actual::Nodes(vec![json!("b")]),
        ),
        (
            Matcher::Equals(scenario::Value::List(vec![])),
            value(json!([])),
            value(json!(null)),
        ),
        (
            Matcher::Equals(scenario::Value::Map(vec![("a".into(), number("1"))])),
            value(json!({ "a": 1 })),
            value(json!({ "a": 1, "b": 2 })),
        ),
        (
            regex("^a.c$"),
            Actual::Bytes("abc".into()),
            Actual::Bytes("abcd".into()),
        ),
        (Matcher::Present, value(json!(null)), Actual::Absent),
        (Matcher::Absent, Actual::Absent, value(json!(""))),
        (Matcher::Not(Box::new(regex("x"))), value(json!("a")), value(json!("x"))),
        (Matcher::Not(Box::new(regex("x"))), value(json!("a")), Actual::Absent),
        (
            Matcher::Not(Box::new(Matcher::Present)),
            Actual::Absent,
            value(json!("x")),
        ),
        (Matcher::Contains(text("b")), value(json!("abc")), value(json!("ac"))),
        (Matcher::Contains(text("b")), list(&["a", "b"]), list(&["ab"])),
        (
            Matcher::Contains(scenario::Value::List(vec![text("a"), text("b")])),
            list(&["b", "a"]),
            list(&["a"]),
        ),
        (
            Matcher::Contains(text("b")),
            value(json!({ "b": 1 })),
            value(json!({ "a": "b" })),
        ),
        (length(Matcher::Equals(number("2"))), list(&["a", "b"]), list(&["ab"])),
        (
            length(Matcher::Equals(number("2"))),
            value(json!("äö")),
            value(json!("a")),
        ),
        (
            length(Matcher::Equals(number("2"))),
            Actual::Bytes("ab".into()),
            value(json!(2)),
        ),
        (Matcher::AtLeast(template("3")), value(json!(3)), value(json!(2.9))),
        (Matcher::AtLeast(template("3")), value(json!("10")), value(json!("ten"))),
        (Matcher::AtMost(template("3")), value(json!(3)), value(json!(3.1))),
        (Matcher::Sorted, list(&["B", "a", "c"]), list(&["b", "a"])),
        (Matcher::Sorted, list(&["a", "B", "c"]), value(json!("ab"))),
        (Matcher::Unique, list(&["a", "b"]), list(&["a", "b", "a"])),
        (
            Matcher::Each(Box::new(regex("a"))),
            list(&["a", "ba"]),
            list(&["a", "b"]),
        ),
        (Matcher::Each(Box::new(Matcher::Present)), list(&["a"]), list(&[])),
        (
            Matcher::OneOf(vec![Matcher::Absent, regex("a")]),
            Actual::Absent,
            value(json!("b")),
        ),
        (
            Matcher::Content(template("blob")),
            Actual::Bytes("abc".into()),
            Actual::Bytes("abd".into()),
        ),
        (
            Matcher::DigestOf(template("blob")),
            value(json!(
                "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            )),
            value(json!("sha256:0000")),
        ),
        (
            Matcher::All(vec![regex("a"), regex("b")]),
            value(json!("ab")),
            value(json!("a")),
        ),
    ];
    for (matcher, good, bad) in &table {
        assert!(holds(matcher, good), "{matcher:?} has to admit {good:?}");
        assert!(!holds(matcher, bad), "{matcher:?} must not admit {bad:?}");
    }
}

#[test]
fn a_failure_says_what_was_expected_and_what_came() {
    let scope = Scope::new(Random::new(1, &[]));
    let error = check(&length(Matcher::Equals(number("2"))), &value(json!(["a"])), &scope).unwrap_err();
    let AssertionError::Mismatch(mismatch) = error else {
        panic!("a template error")
    };
    assert_eq!(mismatch.message, "has a length that differs");
    assert_eq!(
        (mismatch.expected.as_deref(), mismatch.actual.as_deref()),
        (Some("2"), Some("1"))
    );
}

#[test]
fn a_bound_that_is_no_number_is_an_error_of_the_scenario() {
    let scope = Scope::new(Random::new(1, &[]));
    let error = check(&Matcher::AtLeast(template("many")), &value(json!(1)), &scope).unwrap_err();
    assert!(matches!(error, AssertionError::Template(_)));
}
