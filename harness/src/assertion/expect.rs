//! Expectations of an answer: its status, headers, body, and the outcomes that are admissible.

use super::{Actual, AssertionError, Kind, Mismatch, check, query};
use crate::{
    client::Response,
    scenario::{self, Check, Expect, Matcher, StatusMatcher},
    template::{Algorithm, Scope, TemplateError},
};

/// What is held against an expectation.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// An answer.
    Response(&'a Response),
    /// A connection that ended without one.
    Closed,
}

/// What came of an expectation that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Holds {
        /// Which of several outcomes was taken.
        taken: Option<String>,
    },
    /// The registry says that it does not have this.
    Unsupported(u16),
}

/// Holds an answer against what is expected of it. `checks` counts what was checked.
pub fn evaluate(
    expect: &Expect,
    answer: Answer<'_>,
    scope: &Scope,
    checks: &mut u64,
) -> Result<Outcome, AssertionError> {
    let mut reasons = Vec::new();
    for outcome in &expect.outcomes {
        match hold(outcome, answer, scope, checks) {
            Ok(()) => {
                let taken = (expect.outcomes.len() > 1).then(|| name(outcome));
                return Ok(Outcome::Holds { taken });
            }
            Err(AssertionError::Mismatch(mismatch)) => reasons.push((name(outcome), mismatch)),
            Err(error) => return Err(error),
        }
    }
    if let Answer::Response(response) = answer
        && expect.unsupported.contains(&response.status)
    {
        return Ok(Outcome::Unsupported(response.status));
    }
    Err(failure(expect, answer, reasons).into())
}

fn failure(expect: &Expect, answer: Answer<'_>, mut reasons: Vec<(String, Mismatch)>) -> Mismatch {
    if reasons.len() == 1
        && let Some((_, mismatch)) = reasons.pop()
    {
        return mismatch.at(&expect.span);
    }
    let expected: Vec<String> = reasons
        .iter()
        .map(|(name, mismatch)| format!("{name} (here: {})", mismatch.message))
        .collect();
    Mismatch::new(
        "none of the admissible outcomes was taken",
        expected.join("; or "),
        came(answer),
    )
    .being(Kind::Outcome)
    .at(&expect.span)
}

/// All checks of one outcome.
fn hold(
    outcome: &scenario::Outcome,
    answer: Answer<'_>,
    scope: &Scope,
    checks: &mut u64,
) -> Result<(), AssertionError> {
    let response = match answer {
        Answer::Closed if outcome.closed => {
            *checks += 1;
            return Ok(());
        }
        Answer::Closed => {
            let mismatch = Mismatch::new("the connection ended without an answer", name(outcome), came(answer));
            return Err(mismatch.being(Kind::NoAnswer).into());
        }
        Answer::Response(_) if outcome.closed => {
            return Err(Mismatch::new("there was an answer", "closed", came(answer)).into());
        }
        Answer::Response(response) => response,
    };
    for (span, check) in &outcome.checks {
        *checks += 1;
        hold_check(check, response, scope)
            .map_err(|error| error.map(|mismatch| mismatch.being(kind(check)).at(span)))?;
    }
    Ok(())
}

/// The kind of failure that it is when a check does not hold.
const fn kind(check: &Check) -> Kind {
    match check {
        Check::Status(_) => Kind::Status,
        Check::Error(_) => Kind::ErrorCode,
        Check::Header(..) => Kind::Header,
        Check::Json(..) => Kind::Json,
        Check::Body(_) | Check::Size(_) | Check::Digest(_) => Kind::Body,
    }
}

fn hold_check(one: &Check, response: &Response, scope: &Scope) -> Result<(), AssertionError> {
    let about = |what: String| move |error: AssertionError| error.map(|mismatch| mismatch.of(&what));
    match one {
        Check::Status(statuses) => {
            if statuses.admits(response.status) {
                return Ok(());
            }
            Err(Mismatch::new(
                "the status differs",
                status_words(statuses),
                came(Answer::Response(response)),
            )
            .into())
        }
        Check::Error(codes) => {
            let codes = codes
                .iter()
                .map(|code| scope.text(code))
                .collect::<Result<Vec<_>, TemplateError>>()?;
            error_code(&codes, response)
        }
        Check::Header(header, matcher) => {
            check(matcher, &Actual::text(response.header(header)), scope).map_err(about(format!("the header {header}")))
        }
        Check::Json(path, matcher) => {
            let document: serde_json::Value = serde_json::from_slice(&response.body).map_err(|error| {
                let shown = Actual::Bytes(response.body.clone()).shown();
                Mismatch::new(format!("the body is not JSON ({error})"), "JSON", shown)
            })?;
            let found = query(&document, path).map_err(|error| TemplateError {
                span: None,
                message: error.to_string(),
            })?;
            check(matcher, &found, scope).map_err(about(format!("{path} of the body")))
        }
        Check::Body(matcher) => check(matcher, &body(matcher, response), scope).map_err(about("the body".to_owned())),
        Check::Size(matcher) => {
            let size = Actual::Json(response.body.len().into());
            check(matcher, &size, scope).map_err(about("the size of the body".to_owned()))
        }
        Check::Digest(expected) => digest(&scope.text(expected)?, response),
    }
}

/// A body without bytes is `absent` to a matcher that asks for that.
fn body(matcher: &Matcher, response: &Response) -> Actual {
    if response.body.is_empty() && matches!(matcher, Matcher::Absent | Matcher::Present) {
        Actual::Absent
    } else {
        Actual::Bytes(response.body.clone())
    }
}

/// The error document that the specification describes: its first entry's code is one of these.
fn error_code(codes: &[String], response: &Response) -> Result<(), AssertionError> {
    let code = serde_json::from_slice::<serde_json::Value>(&response.body)
        .ok()
        .and_then(|document| document.pointer("/errors/0/code")?.as_str().map(str::to_owned));
    match code {
        Some(code) if codes.contains(&code) => Ok(()),
        Some(code) => Err(Mismatch::new("the error code differs", codes.join(", or "), code).into()),
        None => {
            let shown = Actual::Bytes(response.body.clone()).shown();
            Err(Mismatch::new(
                "the body is not an error document with a code",
                codes.join(", or "),
                shown,
            )
            .into())
        }
    }
}

fn digest(expected: &str, response: &Response) -> Result<(), AssertionError> {
    let algorithm = expected
        .split_once(':')
        .and_then(|(algorithm, _)| Algorithm::from_name(algorithm))
        .ok_or_else(|| TemplateError {
            span: None,
            message: format!("`{expected}` is not a digest with sha256 or sha512"),
        })?;
    let actual = algorithm.digest(&response.body);
    if actual == expected {
        return Ok(());
    }
    Err(Mismatch::new(
        "the digest of the body differs",
        expected,
        format!("{actual} of {} bytes", response.body.len()),
    )
    .into())
}

/// Statuses as they are written.
pub fn status_words(statuses: &StatusMatcher) -> String {
    match statuses {
        StatusMatcher::Exactly(statuses) => statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", or "),
        StatusMatcher::Class(class) => format!("{class}xx"),
    }
}

/// What an outcome is called: its own name, or its status.
fn name(outcome: &scenario::Outcome) -> String {
    if let Some(name) = &outcome.name {
        return name.clone();
    }
    if outcome.closed {
        return "closed".to_owned();
    }
    let status = outcome.checks.iter().find_map(|(_, check)| match check {
        Check::Status(statuses) => Some(status_words(statuses)),
        _ => None,
    });
    status.unwrap_or_else(|| "an answer".to_owned())
}

/// The answer in a few words: the status and, for errors, what the body says.
fn came(answer: Answer<'_>) -> String {
    let Answer::Response(response) = answer else {
        return "the connection ended".to_owned();
    };
    if response.status < 400 || response.body.is_empty() {
        return response.status.to_string();
    }
    format!("{}, {}", response.status, Actual::Bytes(response.body.clone()).shown())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::{scenario::Template, template::Random};

    fn response(status: u16, body: &'static str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert("location", HeaderValue::from_static("/v2/"));
        Response {
            status,
            headers,
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    fn template(text: &str) -> Template {
        Template {
            text: text.to_owned(),
            span: 90..91,
        }
    }

    fn outcome(checks: Vec<Check>) -> scenario::Outcome {
        let checks = checks
            .into_iter()
            .enumerate()
            .map(|(index, check)| (index..index + 1, check))
            .collect();
        scenario::Outcome {
            name: None,
            closed: false,
            checks,
        }
    }

    fn expect(outcomes: Vec<scenario::Outcome>) -> Expect {
        Expect {
            span: 50..60,
            outcomes,
            unsupported: vec![405],
        }
    }

    fn run(outcomes: Vec<scenario::Outcome>, answer: Answer<'_>) -> Result<Outcome, Mismatch> {
        let scope = Scope::new(Random::new(1, &[]));
        evaluate(&expect(outcomes), answer, &scope, &mut 0).map_err(|error| match error {
            AssertionError::Mismatch(mismatch) => mismatch,
            AssertionError::Template(error) => panic!("{error}"),
        })
    }

    /// Every kind of check with an answer that it admits and one that it does not.
    #[test]
    fn checks_admit_what_they_should_and_nothing_else() {
        let errors = r#"{"errors":[{"code":"NAME_INVALID"}]}"#;
        let table = [
            (
                Check::Status(StatusMatcher::Exactly(vec![200, 202])),
                response(202, ""),
                response(201, ""),
            ),
            (
                Check::Status(StatusMatcher::Class(4)),
                response(499, ""),
                response(500, ""),
            ),
            (
                Check::Error(vec![template("NAME_INVALID")]),
                response(400, errors),
                response(400, "{}"),
            ),
            (
                Check::Error(vec![template("NAME_INVALID")]),
                response(400, errors),
                response(400, "not json"),
            ),
            (
                Check::Header("Location".into(), Matcher::Present),
                response(200, ""),
                Response {
                    headers: HeaderMap::new(),
                    ..response(200, "")
                },
            ),
            (
                Check::Json("$.a".into(), Matcher::Present),
                response(200, r#"{"a":1}"#),
                response(200, r#"{"b":1}"#),
            ),
            (
                Check::Json("$.a".into(), Matcher::Absent),
                response(200, r#"{"b":1}"#),
                response(200, "<html>"),
            ),
            (Check::Body(Matcher::Absent), response(200, ""), response(200, "x")),
            (
                Check::Size(Matcher::AtMost(template("2"))),
                response(200, "ab"),
                response(200, "abc"),
            ),
            (
                Check::Digest(template(
                    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                )),
                response(200, "abc"),
                response(200, "abd"),
            ),
        ];
        for (check, good, bad) in table {
            let run = |response: &Response| run(vec![outcome(vec![check.clone()])], Answer::Response(response));
            assert_eq!(
                run(&good),
                Ok(Outcome::Holds { taken: None }),
                "{check:?} has to admit {good:?}"
            );
            assert_eq!(
                run(&bad).expect_err("a mismatch").span,
                Some(0..1),
                "{check:?} must not admit {bad:?}"
            );
        }
    }

    #[test]
    fn the_outcome_that_was_taken_is_named() {
        let status = |status| outcome(vec![Check::Status(StatusMatcher::Exactly(vec![status]))]);
        let closed = scenario::Outcome {
            closed: true,
            ..outcome(vec![])
        };
        let outcomes = || {
            vec![
                status(200),
                scenario::Outcome {
                    name: Some("refused".into()),
                    ..status(400)
                },
                closed.clone(),
            ]
        };
        let taken = |name: &str| {
            Ok(Outcome::Holds {
                taken: Some(name.to_owned()),
            })
        };
        assert_eq!(run(outcomes(), Answer::Response(&response(200, ""))), taken("200"));
        assert_eq!(run(outcomes(), Answer::Response(&response(400, ""))), taken("refused"));
        assert_eq!(run(outcomes(), Answer::Closed), taken("closed"));
        let mismatch = run(outcomes(), Answer::Response(&response(500, "oops"))).unwrap_err();
        assert_eq!(mismatch.span, Some(50..60));
        assert_eq!(mismatch.actual.as_deref(), Some("500, oops"));
        assert!(run(vec![status(200)], Answer::Closed).is_err());
    }

    #[test]
    fn what_is_unsupported_is_said_to_be_so_only_where_nothing_else_holds() {
        let status = |status| vec![outcome(vec![Check::Status(StatusMatcher::Exactly(vec![status]))])];
        assert_eq!(
            run(status(202), Answer::Response(&response(405, ""))),
            Ok(Outcome::Unsupported(405))
        );
        assert_eq!(
            run(status(405), Answer::Response(&response(405, ""))),
            Ok(Outcome::Holds { taken: None })
        );
    }
}
