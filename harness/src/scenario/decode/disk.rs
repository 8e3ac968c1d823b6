//! The disk: files that are looked at, damaged, removed and written, and the file system that they are on.

use super::super::{
    Action, DiskStep, DiskVerb, FileCheck, FileExpect, Template,
    diagnostic::Code,
    keys, suggestion,
    tree::{Kind, Node},
};
use super::{Decoder, step::StepFields, topology::Sort};

/// The least that a disk holds: less than a page or two, no file system has.
const SMALLEST: u64 = 64 << 10;

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

    /// `fill`, `free`, `remount`.
    pub(super) fn disk_step(&mut self, step: &StepFields<'_>) -> Option<DiskStep> {
        let (server, verb) = match step.action.key.as_str() {
            "fill" => {
                let leave = step.get("leave").map_or(Some(0), |node| self.bytes(node));
                (
                    self.server_named(step.value(), Sort::Registry),
                    leave.map(|leave| DiskVerb::Fill { leave }),
                )
            }
            "free" => (self.server_named(step.value(), Sort::Registry), Some(DiskVerb::Free)),
            _ => {
                let mode = self.one_of(step.value(), "a way to mount", &["read-only", "read-write"]);
                let verb = mode.map(|mode| DiskVerb::Remount {
                    read_only: mode == "read-only",
                });
                (self.registry_of(step.get("of"), step.span()), verb)
            }
        };
        let (server, verb) = (server?, verb?);
        if self.disks.contains(&server) {
            return Some(DiskStep { server, verb });
        }
        self.problem(
            Code::NoDisk,
            step.span(),
            format!("`{server}` has no file system of its own"),
            format!("give it one: `servers: {{ {server}: {{ disk: 8 MiB }} }}`"),
        )
    }

    /// How large a server's file system is.
    pub(super) fn disk_size(&mut self, node: &Node) -> Option<u64> {
        let size = self.bytes(node)?;
        if size >= SMALLEST {
            return Some(size);
        }
        self.problem(
            Code::Size,
            &node.span,
            format!("a disk of {size} bytes holds nothing"),
            "write 64 KiB or more, such as `8 MiB`",
        )
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
