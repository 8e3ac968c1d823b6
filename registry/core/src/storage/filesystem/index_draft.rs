//! `index.json` rendered a slice at a time, so that who changes a large repository meanwhile waits for a slice and not for
//! all of it.
//!
//! What a slice says may have changed by the time the last one is done. So the state notes which manifests change, and their
//! entries are rendered once more at the end, in one go: what comes out is the index of that instant.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use crate::oci::{Digest, Tag};

use super::{
    index_file::REF_NAME,
    state::{Record, State},
};

/// Renders all of it at once.
pub(super) fn render(state: &State) -> Vec<u8> {
    let mut draft = Draft::default();
    draft.advance(state, usize::MAX);
    draft.revised(Revision::new(state, BTreeSet::new()))
}

/// The entries, as far as they are rendered.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Each with a comma before it.
    bytes: Vec<u8>,
    /// Where those of each manifest end.
    ends: Vec<(Digest, usize)>,
}

impl Draft {
    /// Renders the entries of so many more manifests. `false`: those were the last.
    pub(super) fn advance(&mut self, state: &State, count: usize) -> bool {
        let from = self.ends.last().map(|(digest, _)| digest.clone());
        let from = from.map_or(Bound::Unbounded, Bound::Excluded);
        let before = self.ends.len();
        for (digest, record) in state.manifests.range((from, Bound::Unbounded)).take(count) {
            write_entries(digest, record, &mut self.bytes);
            self.ends.push((digest.clone(), self.bytes.len()));
        }
        self.ends.len() - before == count
    }

    /// The index that has what the revision has, and the rest from here.
    pub(super) fn revised(self, revision: Revision) -> Vec<u8> {
        let mut index = revision.before;
        let head = index.len();
        let mut revised = revision.entries.into_iter().peekable();
        let mut begin = 0;
        for (digest, end) in self.ends {
            while let Some((_, entries)) = revised.next_if(|(other, _)| *other < digest) {
                index.extend(entries);
            }
            match revised.next_if(|(other, _)| *other == digest) {
                Some((_, entries)) => index.extend(entries),
                None => index.extend_from_slice(&self.bytes[begin..end]),
            }
            begin = end;
        }
        index.extend(revised.flat_map(|(_, entries)| entries));
        index.extend(revision.opaque);
        if index.get(head) == Some(&b',') {
            index.remove(head);
        }
        index.extend(revision.after);
        index
    }
}

/// What an index is at one instant, without the entries that did not change since its draft was begun.
#[derive(Debug)]
pub(super) struct Revision {
    /// What stands before the entries.
    before: Vec<u8>,
    /// The entries of the manifests that changed: none where one is gone.
    entries: BTreeMap<Digest, Vec<u8>>,
    /// The entries that mean nothing to us.
    opaque: Vec<u8>,
    /// What stands after the entries.
    after: Vec<u8>,
}

impl Revision {
    pub(super) fn new(state: &State, changed: BTreeSet<Digest>) -> Self {
        let entries = changed.into_iter().map(|digest| {
            let mut entries = Vec::new();
            if let Some(record) = state.manifests.get(&digest) {
                write_entries(&digest, record, &mut entries);
            }
            (digest, entries)
        });
        let mut revision = Self {
            before: Vec::new(),
            entries: entries.collect(),
            opaque: Vec::new(),
            after: Vec::new(),
        };
        for value in &state.opaque {
            write_entry(value, &mut revision.opaque);
        }
        let mut place = &mut revision.before;
        for (position, (key, value)) in state.head.iter().enumerate() {
            place.push(if position == 0 { b'{' } else { b',' });
            write_json(key, place);
            place.push(b':');
            if key == "manifests" {
                place.push(b'[');
                place = &mut revision.after;
                place.push(b']');
            } else {
                write_json(value, place);
            }
        }
        place.push(b'}');
        revision
    }
}

/// One entry for each tag and for what other tools wrote without one, or a plain one where there is neither.
fn write_entries(digest: &Digest, record: &Record, bytes: &mut Vec<u8>) {
    if !record.listed {
        return;
    }
    let mut write = |tag, extra| {
        let entry = Entry {
            digest,
            record,
            tag,
            extra,
        };
        write_entry(&entry, bytes);
    };
    if record.tags.is_empty() && record.untagged.is_empty() {
        write(None, None);
    }
    for extra in &record.untagged {
        write(None, Some(extra));
    }
    for (tag, extra) in &record.tags {
        write(Some(tag), extra.as_deref());
    }
}

fn write_entry(entry: &impl Serialize, bytes: &mut Vec<u8>) {
    bytes.push(b',');
    write_json(entry, bytes);
}

fn write_json(value: &impl Serialize, bytes: &mut Vec<u8>) {
    serde_json::to_writer(bytes, value).expect("maps with text keys are written to memory without fail");
}

struct Entry<'a> {
    digest: &'a Digest,
    record: &'a Record,
    tag: Option<&'a Tag>,
    extra: Option<&'a Map<String, Value>>,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("mediaType", &self.record.media_type)?;
        map.serialize_entry("digest", self.digest)?;
        map.serialize_entry("size", &self.record.size)?;
        let annotations = self.extra.and_then(|extra| extra.get("annotations"));
        match (self.tag, annotations) {
            (Some(tag), others) => {
                let others = others.and_then(Value::as_object);
                map.serialize_entry("annotations", &Annotations { others, tag })?;
            }
            (None, Some(annotations)) => map.serialize_entry("annotations", annotations)?,
            (None, None) => {}
        }
        for (key, value) in self.extra.into_iter().flatten() {
            if key != "annotations" {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

struct Annotations<'a> {
    others: Option<&'a Map<String, Value>>,
    tag: &'a Tag,
}

impl Serialize for Annotations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.others.into_iter().flatten() {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry(REF_NAME, self.tag.as_str())?;
        map.end()
    }
}
