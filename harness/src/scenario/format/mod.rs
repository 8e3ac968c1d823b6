//! Scenario files in one form: the order of the file's keys, spaces, indentation and blank lines. Comments stay where they are,
//! quotes as they are, and what is in a block or goes over several lines keeps its lines.

mod indentation;
mod order;
mod spacing;

use std::path::Path;

use super::{
    diagnostic::LoadError,
    tree::{self, Kind, Node},
};

/// `source`, the file at `path`, in the form that scenario files have. A second time changes nothing.
///
/// # Errors
/// What keeps it from being the YAML that scenarios are written in.
pub fn format(path: &Path, source: &str) -> Result<String, LoadError> {
    let (root, problems) = tree::parse(source);
    if !problems.is_empty() {
        return Err(LoadError::new(path.to_owned(), source.into(), problems));
    }
    let mut text = source.to_owned();
    let Some(root) = root else { return Ok(text) };
    for pass in [order::ordered, spacing::spaced, indentation::indented] {
        if let Some(now) = read(&text) {
            let next = pass(&text, &now);
            // Whatever else YAML may hold: a file says afterwards what it said before.
            if read(&next).is_some_and(|after| same_file(&root, &after)) {
                text = next;
            }
        }
    }
    Ok(text)
}

fn read(source: &str) -> Option<Node> {
    let (root, problems) = tree::parse(source);
    root.filter(|_| problems.is_empty())
}

/// Whether two files say the same. The order of their keys is nothing that they say.
fn same_file(one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (Kind::Map(some), Kind::Map(others)) => {
            some.len() == others.len()
                && some.iter().all(|entry| {
                    let found = others.iter().find(|other| other.key == entry.key);
                    found.is_some_and(|found| same(&entry.value, &found.value))
                })
        }
        _ => same(one, other),
    }
}

fn same(one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (
            Kind::Scalar { text, plain },
            Kind::Scalar {
                text: others,
                plain: also,
            },
        ) => text == others && plain == also,
        (Kind::List(some), Kind::List(others)) => {
            some.len() == others.len() && some.iter().zip(others).all(|(one, other)| same(one, other))
        }
        (Kind::Map(some), Kind::Map(others)) => {
            some.len() == others.len()
                && some
                    .iter()
                    .zip(others)
                    .all(|(one, other)| one.key == other.key && same(&one.value, &other.value))
        }
        _ => false,
    }
}

/// Whether a list or map is one in brackets or braces. The place of one that is not is that of what is first in it.
fn is_flow(source: &str, node: &Node) -> bool {
    let first = match &node.kind {
        Kind::Scalar { .. } => return false,
        Kind::List(items) => items.first().map(|item| item.span.start),
        Kind::Map(entries) => entries.first().map(|entry| entry.key_span.start),
    };
    first.is_none_or(|first| first > node.span.start) && source[node.span.clone()].starts_with(['[', '{'])
}

#[cfg(test)]
mod tests;
