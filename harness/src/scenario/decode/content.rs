//! Content: what is generated, uploaded, pushed and pulled.

use super::super::{
    Generate, Generated, Pull, Push, Pushed, StatusMatcher, Stream, Template, Upload, Value,
    diagnostic::Code,
    keys::{self, SORTS},
    suggestion,
    tree::{Kind, Node},
};
use super::{Decoder, step::StepFields, template::is_template};

/// How a blob can be uploaded.
const WAYS: &[&str] = &["post-put", "single-post", "chunked", "chunked-last-in-put", "streamed"];

impl Decoder<'_> {
    pub(super) fn generate(&mut self, step: &StepFields<'_>) -> Option<Generate> {
        let fields = self.fields(step.value(), &keys::GENERATED)?;
        let what = match fields.present(SORTS)[..] {
            [entry] => match entry.key.as_str() {
                "bytes" => self.size(&entry.value).map(Generated::Bytes),
                "images" => self.images(&entry.value),
                "manifest" => self
                    .manifest(&entry.value, &["config", "subject"], &["layers"])
                    .map(Generated::Manifest),
                "index" => self
                    .manifest(&entry.value, &["subject"], &["manifests"])
                    .map(Generated::Index),
                _ => self.body_of(entry).map(Generated::Body),
            },
            [] => self.problem(
                Code::MissingKey,
                step.span(),
                "`generate` does not say what",
                format!("write one of {}", suggestion::list(SORTS, "or")),
            ),
            [_, second, ..] => self.problem(
                Code::Conflict,
                &second.key_span,
                "`generate` makes one thing",
                format!("keep one of {}", suggestion::list(SORTS, "or")),
            ),
        };
        let algorithm = step
            .get("algorithm")
            .and_then(|node| self.word_or_template(node, "a digest algorithm", &["sha256", "sha512"]));
        let name = self
            .required(
                &fields,
                "as",
                "write the name under which it is found after: `as: blob`",
            )
            .and_then(|node| self.define_at(node));
        Some(Generate {
            name: name?,
            what: what?,
            algorithm,
        })
    }

    /// The fields of a manifest. Texts where a descriptor is due are names of content.
    fn manifest(&mut self, node: &Node, ones: &[&str], lists: &[&str]) -> Option<Vec<(String, Value)>> {
        let entries = self.map(node, "the fields of a manifest")?;
        for entry in entries {
            if ones.contains(&entry.key.as_str()) {
                self.descriptor(&entry.value);
            }
            if lists.contains(&entry.key.as_str())
                && let Kind::List(items) = &entry.value.kind
            {
                for item in items {
                    self.descriptor(item);
                }
            }
        }
        self.value_map(node)
    }

    fn descriptor(&mut self, node: &Node) {
        match &node.kind {
            Kind::Scalar { .. } if !node.is_null() => {
                self.content_name(node);
            }
            Kind::Map(entries) => {
                if let Some(entry) = entries.iter().find(|entry| entry.key == "content") {
                    self.content_name(&entry.value);
                }
            }
            _ => {}
        }
    }

    pub(super) fn stream(&mut self, step: &StepFields<'_>) -> Option<Stream> {
        let fields = self.fields(step.value(), &keys::STREAMED)?;
        let bytes = self
            .required(&fields, "bytes", "write how many: `bytes: 5 GiB`")
            .and_then(|node| self.size(node));
        let to = self.repository(fields.get("to"), step.span());
        let chunk = fields.get("chunk").and_then(|node| self.size(node));
        let name = fields.get("as").and_then(|node| self.define_at(node));
        Some(Stream {
            bytes: bytes?,
            to,
            chunk,
            name,
        })
    }

    pub(super) fn upload(&mut self, step: &StepFields<'_>) -> Option<Upload> {
        let fields = self.fields(step.value(), &keys::UPLOADED)?;
        let blob = self
            .required(
                &fields,
                "blob",
                "write the name of content that was generated: `blob: good`",
            )
            .and_then(|node| self.content_name(node));
        let to = self.repository(fields.get("to"), step.span());
        let way = fields
            .get("way")
            .and_then(|node| self.word_or_template(node, "a way of uploading", WAYS));
        let digest = fields.get("digest").and_then(|node| self.template(node, "a digest"));
        let chunk = fields.get("chunk").and_then(|node| self.size(node));
        let expect = self.expect_or(step, StatusMatcher::Exactly(vec![201]), false);
        let captures = self.captures(step);
        Some(Upload {
            blob: blob?,
            to,
            way,
            digest,
            chunk,
            expect: expect?,
            captures: captures?,
        })
    }

    pub(super) fn push(&mut self, step: &StepFields<'_>) -> Option<Push> {
        let fields = self.fields(step.value(), &keys::PUSHED)?;
        let what = match (fields.entry("image"), fields.entry("manifest")) {
            (Some(entry), None) => self.image(&entry.value).map(Pushed::Image),
            (None, Some(entry)) => self.content_name(&entry.value).map(Pushed::Manifest),
            (None, None) => self.problem(
                Code::MissingKey,
                step.span(),
                "`push` does not say what",
                "write `image`, the name of a fixture, or `manifest`, the name of a generated one",
            ),
            (Some(_), Some(entry)) => self.problem(
                Code::Conflict,
                &entry.key_span,
                "`push` pushes one thing",
                "keep one of `image` and `manifest`",
            ),
        };
        let to = self
            .required(
                &fields,
                "to",
                "write where: `to: \"{{ repo }}:1\"` or `to: \"{{ repo }}@{{ m.digest }}\"`",
            )
            .and_then(|node| self.target(node));
        if let (Some(_), Some(entry)) = (fields.get("manifest"), fields.entry("annotations")) {
            self.problem::<()>(
                Code::Conflict,
                &entry.key_span,
                "`annotations` are added to an image; a manifest is pushed as it was generated",
                "write them in `generate: { manifest: { annotations: … } }`",
            );
        }
        let annotations = fields
            .get("annotations")
            .map_or(Some(Vec::new()), |node| self.texts(node, "an annotation"));
        let blobs = fields
            .get("blobs")
            .map_or(Some(true), |node| self.flag(node, "`blobs`"));
        let headers = step.get("headers").map_or(Some(Vec::new()), |node| self.headers(node));
        let query = step.get("query").map_or(Some(Vec::new()), |node| self.query(node));
        let expect = self.expect_or(step, StatusMatcher::Exactly(vec![201]), false);
        let name = fields.get("as").and_then(|node| self.define_at(node));
        let captures = self.captures(step);
        Some(Push {
            what: what?,
            to: to?,
            annotations: annotations?,
            blobs: blobs?,
            name,
            headers: headers?,
            query: query?,
            expect: expect?,
            captures: captures?,
        })
    }

    pub(super) fn pull(&mut self, step: &StepFields<'_>) -> Option<Pull> {
        let fields = self.fields(step.value(), &keys::PULLED)?;
        let blob = fields.get("blob").and_then(|node| self.filled(node, "a digest"));
        let from = match fields.get("from") {
            node if fields.get("blob").is_some() => self.repository(node, step.span()),
            Some(node) => self.target(node),
            None => {
                self.required(&fields, "from", "write what is pulled: `from: \"{{ repo }}:1\"`")?;
                None
            }
        };
        let equals = fields.get("equals").and_then(|node| self.content_name(node));
        Some(Pull { blob, from, equals })
    }

    /// `repository:tag` or `repository@digest`.
    pub(super) fn target(&mut self, node: &Node) -> Option<Template> {
        let target = self.filled(node, "a repository with a tag or a digest")?;
        let last = target.text.rsplit('/').next().unwrap_or_default();
        let one_expression =
            target.text.starts_with("{{") && target.text.matches("{{").count() == 1 && target.text.ends_with("}}");
        if last.contains([':', '@']) || one_expression && !matches!(target.text.as_str(), "{{ repo }}" | "{{repo}}") {
            return self.addressed(target, "app:1");
        }
        self.problem(
            Code::UnknownWord,
            &node.span,
            format!("`{}` says no tag and no digest", target.text),
            "write `repository:tag` or `repository@digest`: `\"{{ repo }}:1\"`, `\"{{ repo }}@{{ m.digest }}\"`",
        )
    }

    /// One of `known`, or a template of one.
    pub(super) fn word_or_template(&mut self, node: &Node, what: &str, known: &[&str]) -> Option<Template> {
        let template = self.filled(node, what)?;
        if !is_template(&template.text) {
            self.one_of(node, what, known)?;
        }
        Some(template)
    }

    /// A map of texts.
    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Option<Vec<(String, Template)>> {
        let entries = self.map(node, "a map of texts")?;
        let texts: Vec<_> = entries
            .iter()
            .map(|entry| Some((entry.key.clone(), self.template(&entry.value, what)?)))
            .collect();
        texts.into_iter().collect()
    }
}
