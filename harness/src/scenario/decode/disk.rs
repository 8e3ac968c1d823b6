//! The disk: files that are looked at, damaged, removed and written.

use super::super::{
    Action, FileCheck, FileExpect, Template,
    diagnostic::Code,
    keys, suggestion,
    tree::{Kind, Node},
};
use super::{Decoder, step::StepFields};

impl Decoder<'_> {
    pub(super) fn file(&mut self, step: &StepFields<'_>) -> Option<FileCheck> {
        let path = self.path_below_root(step.value());
        let expect = self
            .required(
                &step.fields,
                "expect",
                "write `expect: present`, `expect: absent` or what is in the file",
            )
            .and_then(|node| self.file_expect(node));
        Some(FileCheck {
            path: path?,
            expect: expect?,
        })
    }

    fn file_expect(&mut self, node: &Node) -> Option<FileExpect> {
        match &node.kind {
            Kind::Scalar { text, .. } if text == "present" => Some(FileExpect::Present),
            Kind::Scalar { text, .. } if text == "absent" => Some(FileExpect::Absent),
            Kind::Map(_) => {
                let fields = self.fields(node, &keys::FILE_EXPECT)?;
                let size = fields.get("size").and_then(|node| self.size_matcher(node));
                let text = fields.get("text").and_then(|node| self.matcher(node));
                let json = fields
                    .get("json")
                    .map_or(Some(Vec::new()), |node| self.json_matchers(node));
                let json = json.map(|checks| checks.into_iter().map(|(_, path, matcher)| (path, matcher)).collect());
                let content = fields.get("content").and_then(|node| self.content_name(node));
                Some(FileExpect::Like {
                    size,
                    text,
                    json: json?,
                    content,
                })
            }
            _ => self.wrong_kind(
                node,
                "the expectation of a file",
                &format!(
                    "`present`, `absent`, or a map of {}",
                    suggestion::list(&keys::FILE_EXPECT.names(), "or")
                ),
            ),
        }
    }

    pub(super) fn corrupt(&mut self, step: &StepFields<'_>) -> Option<Action> {
        let path = self.path_below_root(step.value());
        let at = step.get("at").map_or(Some(0), |node| self.number(node, "a byte"));
        Some(Action::Corrupt { path: path?, at: at? })
    }

    pub(super) fn remove(&mut self, step: &StepFields<'_>) -> Option<Action> {
        let path = self.path_below_root(step.value())?;
        Some(Action::Remove { path })
    }

    pub(super) fn write(&mut self, step: &StepFields<'_>) -> Option<Action> {
        let path = self.path_below_root(step.value());
        let content = self
            .required(
                &step.fields,
                "content",
                "write what the file is to hold, as a `body`: `content: text`",
            )
            .and_then(|node| self.body(node));
        Some(Action::Write {
            path: path?,
            content: content?,
        })
    }

    /// A path that cannot leave the registry's root.
    fn path_below_root(&mut self, node: &Node) -> Option<Template> {
        let path = self.filled(node, "a path below the registry's root")?;
        if path.text.starts_with('/') || path.text.split('/').any(|part| part == "..") {
            return self.problem(
                Code::UnknownWord,
                &node.span,
                format!("`{}` is no path below the registry's root", path.text),
                "write the path from the root on, without a `/` before it and without `..`",
            );
        }
        self.addressed(path, "app/index.json")
    }
}
