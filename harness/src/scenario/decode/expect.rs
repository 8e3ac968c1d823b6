//! Expectations of an answer: statuses, error codes, headers, the body, and the outcomes that are admitted.

use super::super::{
    Check, Expect, Matcher, Outcome, Span, StatusMatcher, Template,
    diagnostic::Code,
    keys::{self, CHECKS},
    tree::{Kind, Node},
};
use super::{Decoder, step::StepFields, template::is_template};

impl Decoder<'_> {
    /// The step's `expect`, or that the status is `default`. `raw` admits `closed`.
    pub(super) fn expect_or(&mut self, step: &StepFields<'_>, default: StatusMatcher, raw: bool) -> Option<Expect> {
        let Some(node) = step.get("expect") else {
            return Some(Expect {
                span: step.span().clone(),
                outcomes: vec![Outcome {
                    name: None,
                    closed: false,
                    checks: vec![(step.span().clone(), Check::Status(default))],
                }],
                unsupported: Vec::new(),
            });
        };
        if !matches!(node.kind, Kind::Map(_)) {
            let outcome = self.short_outcome(node, raw)?;
            return Some(Expect {
                span: node.span.clone(),
                outcomes: vec![outcome],
                unsupported: Vec::new(),
            });
        }
        let fields = self.fields(node, &keys::EXPECT)?;
        let unsupported = fields
            .get("unsupported")
            .map_or(Some(Vec::new()), |node| self.statuses(node));
        let outcomes = match fields.get("one_of") {
            Some(outcomes) => {
                for entry in fields.present(CHECKS) {
                    self.problem::<()>(
                        Code::Conflict,
                        &entry.key_span,
                        format!("`{}` stands beside `one_of`", entry.key),
                        "write it in each of the outcomes",
                    );
                }
                self.outcomes(outcomes, &default, raw)
            }
            None => self.checks(node, None, &default).map(|outcome| vec![outcome]),
        };
        let (outcomes, unsupported) = (outcomes?, unsupported?);
        self.unsupported_is_apart(&outcomes, &unsupported, fields.get("unsupported"));
        Some(Expect {
            span: node.span.clone(),
            outcomes,
            unsupported,
        })
    }

    fn unsupported_is_apart(&mut self, outcomes: &[Outcome], unsupported: &[u16], node: Option<&Node>) {
        let Some(node) = node else { return };
        for status in unsupported {
            let expected = outcomes
                .iter()
                .flat_map(|outcome| &outcome.checks)
                .any(|(_, check)| match check {
                    Check::Status(matcher) => matcher.admits(*status),
                    _ => false,
                });
            if expected {
                self.problem::<()>(
                    Code::Conflict,
                    &node.span,
                    format!("{status} is expected, and means that the feature is not supported as well"),
                    "leave it out of one of the two",
                );
            }
        }
    }

    fn outcomes(&mut self, node: &Node, default: &StatusMatcher, raw: bool) -> Option<Vec<Outcome>> {
        let items = self.list(node, "a list of outcomes")?;
        if items.len() < 2 {
            return self.problem(
                Code::OneOutcome,
                &node.span,
                "`one_of` is a choice, and there are not two outcomes",
                "write the other outcome, or put the only one directly into `expect`",
            );
        }
        let outcomes: Vec<_> = items
            .iter()
            .map(|item| match item.kind {
                Kind::Map(_) => {
                    let fields = self.fields(item, &keys::OUTCOME)?;
                    let name = fields.get("as").and_then(|node| self.word(node, "a name"));
                    self.checks(item, name.map(str::to_owned), default)
                }
                _ => self.short_outcome(item, raw),
            })
            .collect();
        outcomes.into_iter().collect()
    }

    /// A status, or `closed`.
    fn short_outcome(&mut self, node: &Node, raw: bool) -> Option<Outcome> {
        if node.text() == Some("closed") {
            if !raw {
                return self.problem(
                    Code::UnknownWord,
                    &node.span,
                    "`closed` is an outcome of `raw` only",
                    "write a status; whether a connection is closed without an answer can be asked with `raw`",
                );
            }
            return Some(Outcome {
                name: Some("closed".to_owned()),
                closed: true,
                checks: Vec::new(),
            });
        }
        let status = self.status(node)?;
        Some(Outcome {
            name: None,
            closed: false,
            checks: vec![(node.span.clone(), Check::Status(status))],
        })
    }

    /// The checks of a map whose keys were looked at.
    fn checks(&mut self, node: &Node, name: Option<String>, default: &StatusMatcher) -> Option<Outcome> {
        let Kind::Map(entries) = &node.kind else { return None };
        let mut checks: Vec<(Span, Check)> = Vec::new();
        let before = self.problems.len();
        let mut status = None;
        for entry in entries {
            let (value, span) = (&entry.value, &entry.value.span);
            let check = match entry.key.as_str() {
                "status" => {
                    status = self.status(value);
                    status.clone().map(Check::Status)
                }
                "error" => self.error_codes(value).map(Check::Error),
                "body" => self.matcher(value).map(Check::Body),
                "size" => self.size_matcher(value).map(Check::Size),
                "digest" => self.filled(value, "a digest").map(Check::Digest),
                "headers" => {
                    let headers = self.header_matchers(value).unwrap_or_default();
                    checks.extend(
                        headers
                            .into_iter()
                            .map(|(span, name, matcher)| (span, Check::Header(name, matcher))),
                    );
                    None
                }
                "json" => {
                    let paths = self.json_matchers(value).unwrap_or_default();
                    checks.extend(
                        paths
                            .into_iter()
                            .map(|(span, path, matcher)| (span, Check::Json(path, matcher))),
                    );
                    None
                }
                _ => None,
            };
            checks.extend(check.map(|check| (span.clone(), check)));
        }
        if self.problems.len() > before {
            return None;
        }
        // The status is looked at first: what else there is to say about an answer follows from it.
        if status.is_none() {
            checks.insert(0, (node.span.clone(), Check::Status(default.clone())));
        } else {
            checks.sort_by_key(|(_, check)| !matches!(check, Check::Status(_)));
        }
        if let Some(entry) = entries.iter().find(|entry| entry.key == "error")
            && !(400..600).any(|code| status.as_ref().unwrap_or(default).admits(code))
        {
            return self.problem(
                Code::CannotHold,
                &entry.key_span,
                "an error code is expected with a status that is no error",
                "write `status` with it, such as `status: 400` or `status: 4xx`",
            );
        }
        Some(Outcome {
            name,
            closed: false,
            checks,
        })
    }

    /// `201`, `2xx` or `[200, 202]`.
    fn status(&mut self, node: &Node) -> Option<StatusMatcher> {
        if Self::is_list(node) {
            return self.statuses(node).map(StatusMatcher::Exactly);
        }
        let text = self.word(node, "a status")?;
        if let Some(class) = text.strip_suffix("xx").and_then(|digit| digit.parse().ok())
            && (1..=5).contains(&class)
        {
            return Some(StatusMatcher::Class(class));
        }
        self.status_number(node)
            .map(|status| StatusMatcher::Exactly(vec![status]))
    }

    /// One status or a list of them.
    fn statuses(&mut self, node: &Node) -> Option<Vec<u16>> {
        if !Self::is_list(node) {
            return self.status_number(node).map(|status| vec![status]);
        }
        let items = self.filled_list(node, "a list of statuses")?;
        let statuses: Vec<_> = items.iter().map(|item| self.status_number(item)).collect();
        statuses.into_iter().collect()
    }

    fn status_number(&mut self, node: &Node) -> Option<u16> {
        let text = self.word(node, "a status")?;
        match text.parse() {
            Ok(status) if text.len() == 3 && (100..600).contains(&status) => Some(status),
            _ if is_template(text) => self.problem(
                Code::Status,
                &node.span,
                "a status is not rendered, and this is a template",
                "write the statuses that may come, `[201, 400]`, with `capture: { answer: status }`, and look after it: \
                 `- check: \"{{ answer }}\"`",
            ),
            _ => self.problem(
                Code::Status,
                &node.span,
                format!("`{text}` is no HTTP status"),
                "write a number from 100 to 599, a list of such numbers, or alone a class like `4xx`",
            ),
        }
    }

    fn error_codes(&mut self, node: &Node) -> Option<Vec<Template>> {
        let codes: Vec<_> = match &node.kind {
            Kind::List(_) => {
                let items = self.filled_list(node, "a list of error codes")?;
                items.iter().map(|item| self.error_code(item)).collect()
            }
            _ => vec![self.error_code(node)],
        };
        codes.into_iter().collect()
    }

    fn error_code(&mut self, node: &Node) -> Option<Template> {
        let code = self.filled(node, "an error code")?;
        let right = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if is_template(&code.text) || code.text.bytes().all(right) {
            return Some(code);
        }
        self.problem(
            Code::ErrorCode,
            &node.span,
            format!("`{}` is no error code", code.text),
            "error codes are capitals and `_`, such as `DIGEST_INVALID`; several that are right stand in a list",
        )
    }

    fn header_matchers(&mut self, node: &Node) -> Option<Vec<(Span, String, Matcher)>> {
        let entries = self.map(node, "a map of headers")?;
        let headers: Vec<_> = entries
            .iter()
            .map(|entry| {
                let name = self.header_name(&entry.key, &entry.key_span);
                let matcher = self.matcher(&entry.value);
                Some((entry.key_span.start..entry.value.span.end, name?, matcher?))
            })
            .collect();
        headers.into_iter().collect()
    }

    /// Matchers by JSONPath.
    pub(super) fn json_matchers(&mut self, node: &Node) -> Option<Vec<(Span, String, Matcher)>> {
        let entries = self.map(node, "a map of JSONPaths")?;
        let paths: Vec<_> = entries
            .iter()
            .map(|entry| {
                let path = self.json_path(&entry.key, &entry.key_span);
                let matcher = self.matcher(&entry.value);
                Some((entry.key_span.start..entry.value.span.end, path?, matcher?))
            })
            .collect();
        paths.into_iter().collect()
    }
}
