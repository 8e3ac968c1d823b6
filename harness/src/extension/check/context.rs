//! What every check is given, and where it says what it found.

use std::{ops::Range, path::Path, sync::Arc};

use miette::NamedSource;

use crate::extension::{Edit, Finding, Fix, Guidelines, Rule, Tree};

pub(super) struct Context<'a> {
    pub(super) tree: &'a Tree,
    pub(super) guidelines: &'a Guidelines,
    /// The extensions, in the recommended order: those of the project file, then those that only have twins.
    pub(super) names: Vec<String>,
    findings: Vec<Finding>,
}

impl<'a> Context<'a> {
    pub(super) fn new(tree: &'a Tree, guidelines: &'a Guidelines) -> Self {
        Self {
            tree,
            guidelines,
            names: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Reports a place in a file.
    pub(super) fn at(
        &mut self,
        rule: Rule,
        path: &Path,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        let text = self.tree.text(path).unwrap_or_default();
        let span = first_line(&text, span);
        self.add(rule, path, text, Some(span), message.into(), help.into())
    }

    /// Reports a file, or that there is none.
    pub(super) fn file(
        &mut self,
        rule: Rule,
        path: &Path,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        let text = self.tree.text(path).unwrap_or_default();
        self.add(rule, path, text, None, message.into(), help.into())
    }

    fn add(
        &mut self,
        rule: Rule,
        path: &Path,
        text: Arc<str>,
        span: Option<Range<usize>>,
        message: String,
        help: String,
    ) -> &mut Finding {
        let language = path
            .extension()
            .and_then(|end| end.to_str())
            .unwrap_or_default()
            .to_owned();
        self.findings.push(Finding {
            rule,
            path: path.to_owned(),
            source: NamedSource::new(path.display().to_string(), text).with_language(language),
            span,
            message,
            help,
            fix: None,
        });
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    pub(super) fn findings(mut self) -> Vec<Finding> {
        self.findings.sort_by(|one, other| {
            let key = |finding: &Finding| {
                (
                    finding.path.clone(),
                    finding.span.as_ref().map(|span| span.start),
                    finding.rule,
                )
            };
            key(one).cmp(&key(other))
        });
        self.findings
    }
}

impl Finding {
    /// Says how it is mended.
    pub(super) fn mended_by(&mut self, edits: impl IntoIterator<Item = (Range<usize>, String)>) {
        let edits = edits.into_iter().map(|(span, text)| Edit { span, text });
        self.fix = Some(Fix::Edit(edits.collect()));
    }
}

/// The part of `span` on its first line: a caret below a whole block says nothing.
fn first_line(text: &str, span: Range<usize>) -> Range<usize> {
    let rest = text.get(span.clone()).unwrap_or_default();
    let length = rest.find('\n').unwrap_or(rest.len());
    span.start.min(text.len())..(span.start + length).min(text.len())
}
