//! Requests over HTTP, paged lists, raw bytes, and what is captured from an answer.

use http::HeaderName;

use crate::assertion::{PathError, check_json_path};

use super::super::{
    Body, Capture, CaptureSource, Pages, REGISTRY, Raw, Request, Span, StatusMatcher, Template, TokenStep,
    diagnostic::Code,
    keys::{self, BODY_SORTS},
    suggestion,
    tree::{Entry, Kind, Node},
};
use super::{Decoder, step::StepFields};

impl Decoder<'_> {
    pub(super) fn request(&mut self, step: &StepFields<'_>) -> Option<Request> {
        let path = self.path(step.value());
        let query = step.get("query").map_or(Some(Vec::new()), |node| self.query(node));
        let headers = step.get("headers").map_or(Some(Vec::new()), |node| self.headers(node));
        let body = step.get("body").and_then(|node| self.body(node));
        let chunked = step
            .get("chunked")
            .map_or(Some(false), |node| self.flag(node, "`chunked`"));
        if let (Some(node), None, Some(true)) = (step.get("chunked"), step.get("body"), chunked) {
            self.problem::<()>(
                Code::Conflict,
                &node.span,
                "`chunked` is there, and no `body` that would be sent in chunks",
                "write `body`, or remove `chunked`",
            );
        }
        let expect = self.expect_or(step, StatusMatcher::Class(2), false);
        let captures = self.captures(step);
        Some(Request {
            method: step.action.key.to_ascii_uppercase(),
            path: path?,
            query: query?,
            headers: headers?,
            body,
            chunked: chunked?,
            expect: expect?,
            captures: captures?,
        })
    }

    /// A path or a URL. One that begins with a template may be either.
    pub(super) fn path(&mut self, node: &Node) -> Option<Template> {
        let path = self.filled(node, "a path")?;
        let head = path.text.split_once('/').map_or("", |(head, _)| head);
        if self.servers.contains_key(head) {
            return Some(path);
        }
        if !self.is_server(REGISTRY) {
            return self.addressed(path, "/v2/");
        }
        if ["/", "http://", "https://", "{{"]
            .iter()
            .any(|begin| path.text.starts_with(begin))
        {
            return Some(path);
        }
        self.problem(
            Code::UnknownWord,
            &node.span,
            format!("`{}` is neither a path nor a URL", path.text),
            "begin it with `/`, such as `/v2/`, or with a template that holds a URL",
        )
    }

    pub(super) fn query(&mut self, node: &Node) -> Option<Vec<(String, Vec<Template>)>> {
        let entries = self.map(node, "a map of parameters")?;
        let parameters: Vec<_> = entries
            .iter()
            .map(|entry| {
                let values = match &entry.value.kind {
                    Kind::List(items) => items.iter().map(|item| self.template(item, "a parameter")).collect(),
                    _ => vec![self.template(&entry.value, "a parameter")],
                };
                Some((entry.key.clone(), values.into_iter().collect::<Option<_>>()?))
            })
            .collect();
        parameters.into_iter().collect()
    }

    pub(super) fn headers(&mut self, node: &Node) -> Option<Vec<(String, Option<Template>)>> {
        let entries = self.map(node, "a map of headers")?;
        let headers: Vec<_> = entries
            .iter()
            .map(|entry| {
                let name = self.header_name(&entry.key, &entry.key_span);
                let value = if entry.value.is_null() {
                    Some(None)
                } else {
                    self.template(&entry.value, "a header's value, or null,").map(Some)
                };
                Some((name?, value?))
            })
            .collect();
        headers.into_iter().collect()
    }

    pub(super) fn header_name(&mut self, name: &str, span: &Span) -> Option<String> {
        if HeaderName::from_bytes(name.as_bytes()).is_ok() {
            return Some(name.to_owned());
        }
        self.problem(
            Code::HeaderName,
            span,
            format!("`{name}` cannot be the name of a header"),
            "a header's name is ASCII letters, digits and `-`, without spaces; bytes that are no HTTP are sent with `raw`",
        )
    }

    /// Text, or one of the other sorts.
    pub(super) fn body(&mut self, node: &Node) -> Option<Body> {
        if Self::is_text(node) {
            return self.template(node, "a body").map(Body::Text);
        }
        if !matches!(node.kind, Kind::Map(_)) {
            return self.wrong_kind(
                node,
                "a body",
                "a text, `{ json: … }`, `{ file: path }` or `{ base64: … }`",
            );
        }
        let fields = self.fields(node, &keys::BODY)?;
        match fields.present(BODY_SORTS)[..] {
            [entry] => self.body_of(entry),
            [] => None,
            [_, second, ..] => self.problem(
                Code::Conflict,
                &second.key_span,
                "a body is one thing",
                "keep one of `json`, `file` and `base64`",
            ),
        }
    }

    /// `json`, `file` or `base64`.
    pub(super) fn body_of(&mut self, entry: &Entry) -> Option<Body> {
        let node = &entry.value;
        match entry.key.as_str() {
            "json" => self.value(node).map(Body::Json),
            "file" => self.filled(node, "a path below the project").map(Body::File),
            "base64" => self.template(node, "base64").map(Body::Base64),
            _ => self.template(node, "a text").map(Body::Text),
        }
    }

    /// What stands in `capture`; defined from here on.
    pub(super) fn captures(&mut self, step: &StepFields<'_>) -> Option<Vec<Capture>> {
        let Some(node) = step.get("capture") else {
            return Some(Vec::new());
        };
        let entries = self.map(node, "a map of names")?;
        let captures: Vec<_> = entries
            .iter()
            .map(|entry| {
                // A source that is wrong is no reason to call the name unknown later.
                let name = self.define(&entry.key, &entry.key_span);
                let text = self.word(&entry.value, "what is captured")?;
                let source = self.capture_source(text, &entry.value.span)?;
                Some(Capture {
                    name: name?,
                    source,
                    span: entry.key_span.clone(),
                })
            })
            .collect();
        captures.into_iter().collect()
    }

    fn capture_source(&mut self, text: &str, span: &Span) -> Option<CaptureSource> {
        if let Some(header) = text.strip_prefix("header.") {
            let (name, otherwise) = match header.split_once(" or ") {
                Some((name, otherwise)) => (name, Some(otherwise.to_owned())),
                None => (header, None),
            };
            let name = self.header_name(name, span)?;
            return Some(CaptureSource::Header { name, otherwise });
        }
        if let Some(path) = text.strip_prefix("json.") {
            return self.json_path(path, span).map(CaptureSource::Json);
        }
        match text {
            "status" => return Some(CaptureSource::Status),
            "body" => return Some(CaptureSource::Body),
            "digest" => return Some(CaptureSource::Digest),
            _ => {}
        }
        match text.strip_prefix("link.") {
            Some(relation) if !relation.is_empty() => Some(CaptureSource::Link(relation.to_owned())),
            _ => {
                let near = suggestion::nearest(text, ["status", "body", "digest", "header.Location", "link.next"]);
                self.problem(
                    Code::CaptureSource,
                    span,
                    format!("`{text}` is nothing that can be captured"),
                    suggestion::did_you_mean(
                        near,
                        "what can be captured: `status`, `body`, `digest`, `header.NAME`, `json.PATH`, `link.next`",
                    ),
                )
            }
        }
    }

    /// A JSONPath that parses.
    pub(super) fn json_path(&mut self, path: &str, span: &Span) -> Option<String> {
        let (what, help) = match check_json_path(path) {
            Ok(()) => return Some(path.to_owned()),
            Err(error @ PathError::TooLarge) => (error.to_string(), "look for less at once, in several expectations"),
            Err(PathError::Syntax { .. }) if path.starts_with('$') => (
                format!("`{path}` is no JSONPath"),
                "a path is like `$.tags[0]`, `$.manifests[*].digest` or `$['odd.key']`",
            ),
            Err(PathError::Syntax { .. }) => (
                format!("`{path}` is no JSONPath"),
                "a path begins with `$`, the whole document: `$.tags`",
            ),
        };
        self.problem(Code::JsonPath, span, what, help)
    }

    pub(super) fn pages(&mut self, step: &StepFields<'_>) -> Option<Pages> {
        let request = self.request(step);
        let items = self
            .required(
                &step.fields,
                "items",
                "write the JSONPath of a page's items: `items: $.tags[*]`",
            )
            .and_then(|node| {
                let path = self.word(node, "a JSONPath")?;
                self.json_path(path, &node.span)
            });
        let name = self
            .required(
                &step.fields,
                "as",
                "write the name under which the items are found after: `as: all`",
            )
            .and_then(|node| self.define_at(node));
        let mut request = request?;
        "GET".clone_into(&mut request.method);
        Some(Pages {
            request,
            items: items?,
            name: name?,
        })
    }

    pub(super) fn token(&mut self, step: &StepFields<'_>) -> Option<TokenStep> {
        let request = self.request(step);
        let scopes = self
            .required(
                &step.fields,
                "scope",
                "write what the token is for: `scope: \"repository:{{ repo }}:pull,push\"`",
            )
            .and_then(|node| match &node.kind {
                Kind::List(items) => items.iter().map(|item| self.template(item, "a scope")).collect(),
                _ => Some(vec![self.filled(node, "a scope")?]),
            });
        let name = self
            .required(
                &step.fields,
                "as",
                "write the name under which the token is found after: `as: token`",
            )
            .and_then(|node| self.define_at(node));
        let mut request = request?;
        "GET".clone_into(&mut request.method);
        Some(TokenStep {
            request,
            scopes: scopes?,
            name: name?,
        })
    }

    pub(super) fn raw(&mut self, step: &StepFields<'_>) -> Option<Raw> {
        let send = self.filled(step.value(), "the bytes of a request");
        let server = self.registry_of(step.get("of"), step.span());
        let expect = self.expect_or(step, StatusMatcher::Class(2), true);
        let responses_at_most = step.get("responses").and_then(|node| self.responses(node));
        let hang_up = step
            .get("hang_up")
            .map_or(Some(false), |node| self.flag(node, "`hang_up`"));
        let captures = self.captures(step);
        Some(Raw {
            server: server?,
            send: send?,
            expect: expect?,
            hang_up: hang_up?,
            responses_at_most,
            captures: captures?,
        })
    }

    fn responses(&mut self, node: &Node) -> Option<u32> {
        let text = self.word(node, "how many answers may come")?;
        match text.strip_prefix("at most ").and_then(|most| most.parse().ok()) {
            Some(most) => Some(most),
            None => self.problem(
                Code::Number,
                &node.span,
                format!("`{text}` does not say how many answers may come"),
                "write `at most 1`, with the number that is right",
            ),
        }
    }
}
