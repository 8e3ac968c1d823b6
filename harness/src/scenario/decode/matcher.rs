//! Matchers: what a value has to be.

use regex::Regex;

use super::super::{
    Matcher, Span, Template, Value,
    diagnostic::Code,
    keys::MATCHER,
    suggestion,
    tree::{Entry, Kind, Node},
    unit,
};
use super::{Decoder, template::is_template};

impl Decoder<'_> {
    pub(super) fn matcher(&mut self, node: &Node) -> Option<Matcher> {
        match &node.kind {
            Kind::Scalar { text, .. } => match text.as_str() {
                "present" => Some(Matcher::Present),
                "absent" => Some(Matcher::Absent),
                _ => match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
                    Some(regex) => self.regex(regex, &node.span).map(Matcher::Matches),
                    None => self.value(node).map(Matcher::Equals),
                },
            },
            Kind::List(_) => self.value(node).map(Matcher::Equals),
            Kind::Map(_) => self.matcher_map(node),
        }
    }

    fn matcher_map(&mut self, node: &Node) -> Option<Matcher> {
        let entries = self.map(node, "a matcher")?;
        // A map without a key of a matcher, or one that could be meant as such, is what the value is equal to.
        let known = MATCHER.names();
        let means_a_key = |entry: &Entry| suggestion::nearest(&entry.key, known.iter().copied()).is_some();
        if !entries.iter().any(means_a_key) {
            return self.value(node).map(Matcher::Equals);
        }
        self.fields(node, &MATCHER)?;
        let matchers: Vec<_> = entries
            .iter()
            .filter(|entry| known.contains(&entry.key.as_str()))
            .map(|entry| self.matcher_of(entry))
            .collect();
        let mut matchers = matchers.into_iter().collect::<Option<Vec<_>>>()?;
        self.can_hold(&matchers, &node.span)?;
        if matchers.len() == 1 {
            return matchers.pop();
        }
        Some(Matcher::All(matchers))
    }

    fn matcher_of(&mut self, entry: &Entry) -> Option<Matcher> {
        let node = &entry.value;
        match entry.key.as_str() {
            "equals" => self.value(node).map(Matcher::Equals),
            "not" => self.matcher(node).map(|matcher| Matcher::Not(Box::new(matcher))),
            "contains" => self.contains(node),
            "matches" => {
                let text = self.word(node, "a regular expression")?;
                let inner = text
                    .strip_prefix('/')
                    .and_then(|rest| rest.strip_suffix('/'))
                    .unwrap_or(text);
                self.regex(inner, &node.span).map(Matcher::Matches)
            }
            "length" => self
                .size_matcher(node)
                .map(|matcher| Matcher::Length(Box::new(matcher))),
            "at_least" => self.bound(node).map(Matcher::AtLeast),
            "at_most" => self.bound(node).map(Matcher::AtMost),
            "sorted" => self.only_true(node, "sorted").map(|()| Matcher::Sorted),
            "unique" => self.only_true(node, "unique").map(|()| Matcher::Unique),
            "each" => self.matcher(node).map(|matcher| Matcher::Each(Box::new(matcher))),
            "one_of" => self.one_of_matchers(node),
            "content" => self.content_name(node).map(Matcher::Content),
            _ => self.content_name(node).map(Matcher::DigestOf),
        }
    }

    fn contains(&mut self, node: &Node) -> Option<Matcher> {
        let value = self.value(node)?;
        let empty = match &value {
            Value::Text(template) => template.text.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number { .. } => false,
        };
        if empty {
            return self.problem(
                Code::CannotFail,
                &node.span,
                "everything contains nothing: this holds for every value",
                "write what has to be in it",
            );
        }
        Some(Matcher::Contains(value))
    }

    fn one_of_matchers(&mut self, node: &Node) -> Option<Matcher> {
        let items = self.list(node, "a list of matchers")?;
        if items.len() < 2 {
            return self.problem(
                Code::OneOutcome,
                &node.span,
                "`one_of` is a choice, and there are not two to choose from",
                "write the other one, or write the only one without `one_of`",
            );
        }
        let matchers: Vec<_> = items.iter().map(|item| self.matcher(item)).collect();
        let matchers = matchers.into_iter().collect::<Option<Vec<_>>>()?;
        let present = matchers.iter().any(|matcher| matches!(matcher, Matcher::Present));
        if present && matchers.iter().any(|matcher| matches!(matcher, Matcher::Absent)) {
            return self.problem(
                Code::CannotFail,
                &node.span,
                "`present` or `absent`: one of them always holds",
                "leave one of them out, or the whole check",
            );
        }
        Some(Matcher::OneOf(matchers))
    }

    /// A regular expression that does not match the empty text, and so anything.
    pub(super) fn regex(&mut self, text: &str, span: &Span) -> Option<Regex> {
        if text.contains("{{") {
            return self.problem(
                Code::Regex,
                span,
                "a template in a regular expression is not rendered",
                "compare with the whole text: `{ equals: \"{{ … }}\" }`, or a part of it: `{ contains: \"{{ … }}\" }`",
            );
        }
        match Regex::new(text) {
            Ok(regex) if regex.is_match("") => self.problem(
                Code::CannotFail,
                span,
                format!("`/{text}/` matches the empty text, and with it everything"),
                "anchor it with `^` and `$`, or ask for one character at least: `+` instead of `*`; for \"is there\" write \
                 `present`",
            ),
            Ok(regex) => Some(regex),
            Err(error) => {
                let reason = match &error {
                    regex::Error::Syntax(text) => text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
                    other => other.to_string(),
                };
                self.problem(
                    Code::Regex,
                    span,
                    format!("`/{text}/` is no regular expression: {reason}"),
                    "the syntax is that of the regex crate, without look-around and back references; a text that begins \
                     and ends with `/` is compared with `{ equals: … }`",
                )
            }
        }
    }

    /// A number or a size.
    fn bound(&mut self, node: &Node) -> Option<Template> {
        let mut template = self.filled(node, "a number")?;
        if !is_template(&template.text) && template.text.parse::<f64>().is_err() {
            template = self.size(node)?;
            if let Ok(size) = unit::parse_size(&template.text) {
                template.text = size.to_string();
            }
        }
        Some(template)
    }

    fn only_true(&mut self, node: &Node, key: &str) -> Option<()> {
        if self.flag(node, "`true`")? {
            return Some(());
        }
        self.problem(
            Code::CannotFail,
            &node.span,
            format!("`{key}: false` asks for nothing"),
            format!("write `{key}: true`, or `{{ not: {{ {key}: true }} }}`"),
        )
    }

    /// A matcher of a number of bytes or items: sizes are numbers in it.
    pub(super) fn size_matcher(&mut self, node: &Node) -> Option<Matcher> {
        match self.matcher(node)? {
            Matcher::Equals(Value::Text(template)) if !is_template(&template.text) => {
                self.size(node)?;
                let bytes = unit::parse_size(&template.text).ok()?;
                Some(Matcher::Equals(Value::Number {
                    number: bytes.into(),
                    text: bytes.to_string(),
                }))
            }
            Matcher::Equals(Value::Number { text, .. }) if text.parse::<u64>().is_err() => self.problem(
                Code::Number,
                &node.span,
                format!("nothing has a size of {text}"),
                "write a whole number, or a size like `3 KiB`",
            ),
            matcher => Some(matcher),
        }
    }

    /// Matchers by name.
    pub(super) fn matchers(&mut self, node: &Node, what: &str) -> Option<Vec<(String, Matcher)>> {
        let entries = self.map(node, what)?;
        let matchers: Vec<_> = entries
            .iter()
            .map(|entry| Some((entry.key.clone(), self.matcher(&entry.value)?)))
            .collect();
        matchers.into_iter().collect()
    }

    /// Whether matchers that have to hold together can, as far as it is cheap to say.
    fn can_hold(&mut self, matchers: &[Matcher], span: &Span) -> Option<()> {
        let contradictory = matchers.iter().any(|matcher| match matcher {
            Matcher::Not(denied) => matchers.iter().any(|other| same(other, denied)),
            Matcher::AtLeast(least) => matchers.iter().any(|other| match other {
                Matcher::AtMost(most) => match (least.text.parse::<f64>(), most.text.parse::<f64>()) {
                    (Ok(least), Ok(most)) => least > most,
                    _ => false,
                },
                _ => false,
            }),
            _ => false,
        });
        if contradictory {
            return self.problem(
                Code::CannotHold,
                span,
                "no value is like this: these contradict each other",
                "all that stands in one matcher has to hold together; alternatives stand in `one_of`",
            );
        }
        Some(())
    }
}

/// Whether two matchers are the same, whatever their places.
fn same(one: &Matcher, other: &Matcher) -> bool {
    match (one, other) {
        (Matcher::Equals(one), Matcher::Equals(other)) | (Matcher::Contains(one), Matcher::Contains(other)) => {
            same_value(one, other)
        }
        (Matcher::Matches(one), Matcher::Matches(other)) => one.as_str() == other.as_str(),
        (Matcher::Content(one), Matcher::Content(other)) | (Matcher::DigestOf(one), Matcher::DigestOf(other)) => {
            one.text == other.text
        }
        (Matcher::Length(one), Matcher::Length(other)) | (Matcher::Each(one), Matcher::Each(other)) => same(one, other),
        (Matcher::Sorted, Matcher::Sorted) | (Matcher::Unique, Matcher::Unique) => true,
        _ => false,
    }
}

fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => one.text == other.text,
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_value(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((key, one), (other_key, other))| key == other_key && same_value(one, other))
        }
        _ => one == other,
    }
}
