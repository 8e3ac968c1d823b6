//! Spaces within a line: one behind a key's colon, and those in braces and brackets, as in `{ image: plain, tags: [a, b] }`.

use std::ops::Range;

use super::super::tree::{Entry, Kind, Node};
use super::is_flow;

/// A place and what stands there instead.
type Edit = (Range<usize>, String);

/// The file with its spaces in order.
pub(super) fn spaced(source: &str, root: &Node) -> String {
    let mut edits = Vec::new();
    find(source, root, &mut edits);
    let mut text = String::with_capacity(source.len());
    let mut at = 0;
    for (span, instead) in edits {
        text.push_str(&source[at..span.start]);
        text.push_str(&instead);
        at = span.end;
    }
    text.push_str(&source[at..]);
    text
}

/// The edits below `node`, from the first to the last.
fn find(source: &str, node: &Node, edits: &mut Vec<Edit>) {
    if is_flow(source, node) {
        if !source[node.span.clone()].contains('\n') {
            edits.extend(in_one_line(source, node).map(|text| (node.span.clone(), text)));
        }
        return;
    }
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                edits.extend(behind_key(source, entry));
                find(source, &entry.value, edits);
            }
        }
        Kind::List(items) => items.iter().for_each(|item| find(source, item, edits)),
        Kind::Scalar { .. } => {}
    }
}

fn behind_key(source: &str, entry: &Entry) -> Option<Edit> {
    let gap = entry.key_span.end..entry.value.span.start;
    let between = source.get(gap.clone())?;
    let on_one_line = !entry.value.span.is_empty() && !between.contains('\n');
    (on_one_line && between.trim() == ":").then(|| (gap, ": ".to_owned()))
}

/// What is in braces or brackets, written anew. None for what YAML admits in them and nobody writes.
fn in_one_line(source: &str, node: &Node) -> Option<String> {
    let text = source[node.span.clone()].trim();
    match &node.kind {
        Kind::Scalar { .. } => (!text.is_empty()).then(|| text.to_owned()),
        Kind::List(items) => {
            let items: Option<Vec<_>> = items.iter().map(|item| in_one_line(source, item)).collect();
            (text.starts_with('[') && text.ends_with(']')).then_some(())?;
            Some(format!("[{}]", items?.join(", ")))
        }
        Kind::Map(entries) => {
            (text.starts_with('{') && text.ends_with('}')).then_some(())?;
            let entries: Option<Vec<_>> = entries
                .iter()
                .map(|entry| {
                    let value = in_one_line(source, &entry.value)?;
                    Some(format!("{}: {value}", source[entry.key_span.clone()].trim()))
                })
                .collect();
            let entries = entries?;
            Some(if entries.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", entries.join(", "))
            })
        }
    }
}
