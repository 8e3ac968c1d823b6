//! How servers that the harness plays itself behave.

use http::Method;

use super::super::{
    Behaviour, Ending, PathPattern, Reply, Rule, Template,
    diagnostic::Code,
    keys::{self, EFFECTS, ENDINGS, REPLIES},
    suggestion,
    tree::{Kind, Node},
    unit,
};
use super::{Decoder, fields::Fields};

impl Decoder<'_> {
    /// `rules`, and behind them what is said of all requests.
    pub(super) fn behaviour(&mut self, fields: &Fields<'_>) -> Option<Behaviour> {
        let mut rules = match fields.get("rules") {
            Some(node) => self.rules(node)?,
            None => Vec::new(),
        };
        if !fields.present(EFFECTS).is_empty() {
            rules.push(self.rule_of(fields));
        }
        Some(Behaviour { rules })
    }

    /// A list of rules.
    pub(super) fn rules(&mut self, node: &Node) -> Option<Vec<Rule>> {
        let items = self.filled_list(node, "a list of rules")?;
        let rules: Vec<_> = items
            .iter()
            .map(|item| {
                let fields = self.fields(item, &keys::RULE)?;
                if fields.present(EFFECTS).is_empty() {
                    return self.problem(
                        Code::MissingKey,
                        &item.span,
                        "this rule does not say what is done",
                        format!("write one of {}", suggestion::list(EFFECTS, "or")),
                    );
                }
                Some(self.rule_of(&fields))
            })
            .collect();
        let rules = rules.into_iter().collect::<Option<Vec<_>>>()?;
        let catches_all = |rule: &Rule| rule.method.is_none() && rule.path.is_none() && rule.times.is_none();
        if self.problems.is_empty()
            && let Some(place) = rules.iter().position(catches_all)
            && let Some(unreachable) = rules.get(place + 1)
        {
            return self.problem(
                Code::CannotHold,
                &unreachable.span,
                "no request comes this far: the rule before it fits them all",
                "the first rule that fits counts; write the one without `method`, `path` and `times` last",
            );
        }
        Some(rules)
    }

    fn rule_of(&mut self, fields: &Fields<'_>) -> Rule {
        for group in [REPLIES, ENDINGS] {
            if let [_, second, ..] = fields.present(group)[..] {
                self.problem::<()>(
                    Code::Conflict,
                    &second.key_span,
                    format!("only one of {} can be", suggestion::list(group, "and")),
                    "remove the other one, or write two rules",
                );
            }
        }
        Rule {
            span: fields.span.clone(),
            method: fields.get("method").and_then(|node| self.method(node)),
            path: fields.get("path").and_then(|node| self.path_pattern(node)),
            times: fields.get("times").and_then(|node| self.at_least_one(node)),
            reply: self.reply(fields),
            delay: fields.get("delay").and_then(|node| self.duration(node)),
            headers: fields
                .get("headers")
                .and_then(|node| self.headers(node))
                .unwrap_or_default(),
            endless: fields
                .get("pages")
                .and_then(|node| self.one_of(node, "a sort of pages", &["endless"]))
                .is_some(),
            rate: fields.get("body").and_then(|node| self.rate(node)),
            corrupt: fields.get("corrupt").and_then(|node| self.bytes(node)),
            ending: self.ending(fields),
        }
    }

    /// A method of HTTP.
    pub(super) fn method(&mut self, node: &Node) -> Option<String> {
        let word = self.word(node, "a method")?;
        let known = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"];
        if known.contains(&word) || (Method::from_bytes(word.as_bytes()).is_ok() && word == word.to_ascii_uppercase()) {
            return Some(word.to_owned());
        }
        self.problem(
            Code::UnknownWord,
            &node.span,
            format!("`{word}` is no method of HTTP"),
            format!("write it in capitals: {}", suggestion::list(&known, "or")),
        )
    }

    /// A path, `/regex/`, or `{ equals: path }`.
    fn path_pattern(&mut self, node: &Node) -> Option<PathPattern> {
        if let Kind::Map(_) = node.kind {
            let fields = self.fields(node, &keys::PATH)?;
            let path = self.required(&fields, "equals", "write the whole path")?;
            return self.filled(path, "a path").map(PathPattern::Equals);
        }
        let text = self.word(node, "a path")?;
        if let Some(regex) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'))
            && !regex.is_empty()
        {
            if regex == "v2" {
                return self.problem(
                    Code::CannotFail,
                    &node.span,
                    "between two `/` stands a regular expression, and this one is found in every path",
                    "for this path alone write `{ equals: /v2/ }`",
                );
            }
            return self.regex(regex, &node.span).map(PathPattern::Matches);
        }
        if text.starts_with('/') || text.starts_with("{{") {
            return self.template(node, "a path").map(PathPattern::Equals);
        }
        self.problem(
            Code::UnknownWord,
            &node.span,
            format!("`{text}` is no path"),
            "write the path from its `/` on, such as `/v2/app/tags/list`, or a regular expression, such as `/blobs/`",
        )
    }

    fn at_least_one(&mut self, node: &Node) -> Option<u64> {
        match self.number(node, "a number")? {
            0 => self.problem(
                Code::CannotFail,
                &node.span,
                "a rule that fits 0 times does nothing",
                "write how many requests it is about, or remove the rule",
            ),
            times => Some(times),
        }
    }

    fn reply(&mut self, fields: &Fields<'_>) -> Option<Reply> {
        let entry = fields.present(REPLIES).first().copied()?;
        match entry.key.as_str() {
            "answer" => self.answer(&entry.value),
            "redirect" => self.filled(&entry.value, "a URL").map(Reply::Redirect),
            _ => self.always(&entry.value, "hang").map(|()| Reply::Hang),
        }
    }

    /// `answer: 503`, or a map.
    fn answer(&mut self, node: &Node) -> Option<Reply> {
        if let Kind::Scalar { .. } = node.kind {
            return Some(Reply::Answer {
                status: self.status_to_send(node)?,
                headers: Vec::new(),
                body: None,
            });
        }
        let fields = self.fields(node, &keys::ANSWER)?;
        let status = match fields.get("status") {
            Some(node) => self.status_to_send(node),
            None => Some(200),
        };
        let headers = match fields.get("headers") {
            Some(node) => self.sent_headers(node),
            None => Some(Vec::new()),
        };
        let body = fields.get("body").and_then(|node| self.body(node));
        Some(Reply::Answer {
            status: status?,
            headers: headers?,
            body,
        })
    }

    fn sent_headers(&mut self, node: &Node) -> Option<Vec<(String, Template)>> {
        let entries = self.map(node, "a map of headers")?;
        let headers: Vec<_> = entries
            .iter()
            .map(|entry| {
                let name = self.header_name(&entry.key, &entry.key_span);
                let value = self.template(&entry.value, "a header's value");
                Some((name?, value?))
            })
            .collect();
        headers.into_iter().collect()
    }

    fn status_to_send(&mut self, node: &Node) -> Option<u16> {
        let word = self.word(node, "a status")?;
        match word.parse() {
            Ok(status) if (200..600).contains(&status) => Some(status),
            _ => self.problem(
                Code::Status,
                &node.span,
                format!("`{word}` is no status of an answer"),
                "write a number from 200 to 599, such as `503`",
            ),
        }
    }

    /// `cut`, `truncate` or `stall`.
    fn ending(&mut self, fields: &Fields<'_>) -> Option<Ending> {
        let entry = fields.present(ENDINGS).first().copied()?;
        let bytes = self.bytes(&entry.value)?;
        Some(match entry.key.as_str() {
            "cut" => Ending::Cut(bytes),
            "truncate" => Ending::Truncate(bytes),
            _ => Ending::Stall(bytes),
        })
    }

    /// A size that is no template.
    pub(super) fn bytes(&mut self, node: &Node) -> Option<u64> {
        let text = self.word(node, "a number of bytes")?;
        match unit::parse_size(text) {
            Ok(bytes) => Some(bytes),
            Err(error) => self.problem(
                Code::Size,
                &node.span,
                error.to_string(),
                "write sizes like `100`, `3 KiB`, `2 MiB` or `1 GiB`",
            ),
        }
    }

    /// Bytes in a second.
    fn rate(&mut self, node: &Node) -> Option<u64> {
        let text = self.word(node, "a rate")?;
        let bytes = text.strip_suffix("/s").map(|size| unit::parse_size(size.trim_end()));
        match bytes {
            Some(Ok(bytes)) if bytes > 0 => Some(bytes),
            _ => self.problem(
                Code::Size,
                &node.span,
                format!("`{text}` is no rate at which bytes come"),
                "write a size for a second: `20 MiB/s`; a body that never comes is `stall: 0`",
            ),
        }
    }

    /// `true`, where `false` would say nothing.
    fn always(&mut self, node: &Node, key: &str) -> Option<()> {
        if self.flag(node, "`true`")? {
            return Some(());
        }
        self.problem(
            Code::CannotFail,
            &node.span,
            format!("`{key}: false` does nothing"),
            format!("write `{key}: true`, or remove the rule"),
        )
    }
}
