//! The keys of the file, in the order of the reference.

use super::super::{
    keys,
    tree::{Kind, Node},
};
use super::is_flow;

/// The file with its keys in order, each with the comment right above it. What stands above the first key stays there.
pub(super) fn ordered(source: &str, root: &Node) -> String {
    let Kind::Map(entries) = &root.kind else {
        return source.to_owned();
    };
    let place = |key: &str| keys::FILE.keys.iter().position(|known| known.name == key);
    let places: Vec<_> = entries
        .iter()
        .map(|entry| place(&entry.key).unwrap_or(usize::MAX))
        .collect();
    if places.is_sorted() || is_flow(source, root) {
        return source.to_owned();
    }
    let mut starts: Vec<usize> = entries
        .iter()
        .map(|entry| above(source, line_start(source, entry.key_span.start)))
        .collect();
    starts[0] = line_start(source, entries[0].key_span.start);
    let ends = starts.iter().skip(1).copied().chain([source.len()]);
    let mut parts: Vec<(usize, &str)> = places
        .into_iter()
        .zip(starts.iter().zip(ends).map(|(start, end)| &source[*start..end]))
        .collect();
    parts.sort_by_key(|(place, _)| *place);
    let mut text = source[..starts[0]].to_owned();
    for (_, part) in parts {
        text.push_str(part);
        if !part.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

fn line_start(source: &str, at: usize) -> usize {
    source[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the comment begins that ends right above the line at `start`, or `start` if there is none.
fn above(source: &str, start: usize) -> usize {
    let mut first = start;
    while first > 0 {
        let previous = line_start(source, first - 1);
        if !source[previous..first].trim_start().starts_with('#') {
            break;
        }
        first = previous;
    }
    first
}
