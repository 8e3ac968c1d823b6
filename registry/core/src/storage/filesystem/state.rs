//! A repository's manifests and tags in memory, and what each change does to them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::oci::{Digest, Tag};

use super::{
    graph::{Found, Graph},
    index_file,
};

/// Fields of an index entry that this registry gives no meaning to.
pub(super) type Extra = Option<Box<Map<String, Value>>>;

/// What is known of a manifest without reading it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) media_type: String,
    pub(super) size: u64,
    /// Whether `index.json` lists it. Else an index names it and its bytes are there, which is enough to serve it.
    pub(super) listed: bool,
    /// The tags that point at it.
    pub(super) tags: BTreeMap<Tag, Extra>,
    /// What other tools wrote of it without a tag.
    pub(super) untagged: Vec<Map<String, Value>>,
}

impl Record {
    pub(super) fn new(media_type: String, size: u64) -> Self {
        Self {
            media_type,
            size,
            listed: true,
            tags: BTreeMap::new(),
            untagged: Vec::new(),
        }
    }
}

/// A change of manifests or tags. Each says how things are afterwards and nothing of how they were before, so that making
/// a sequence of them twice comes to the same as making it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "lowercase")]
pub(super) enum Change {
    /// The manifest is there, and these tags point at it.
    Put {
        digest: Digest,
        media_type: String,
        size: u64,
        tags: Vec<Tag>,
    },
    /// The tag is gone.
    Untag { tag: Tag },
    /// The manifest is gone, and every tag that points at it.
    Delete { digest: Digest },
}

/// A repository's manifests and tags.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The fields of `index.json`; `manifests` stands in for what follows.
    pub(super) head: Map<String, Value>,
    pub(super) manifests: BTreeMap<Digest, Record>,
    pub(super) tags: BTreeMap<Tag, Digest>,
    /// Entries whose digest is of an algorithm that this registry does not have.
    pub(super) opaque: Vec<Value>,
    /// What names what. Not there until someone has to know.
    pub(super) graph: Option<Graph>,
    /// The manifests whose entries may not be what they were. Noted while `index.json` is rendered.
    pub(super) changed: Option<BTreeSet<Digest>>,
}

impl State {
    /// A repository without content. What names what is known of it: nothing does.
    pub(super) fn new() -> Self {
        Self {
            head: index_file::new_head(),
            graph: Some(Graph::default()),
            ..Self::default()
        }
    }

    /// Makes a change. `found` is what was read from the manifest that is put; a replay has none, and no graph yet.
    pub(super) fn apply(&mut self, change: &Change, found: Option<Found>) {
        match change {
            Change::Put {
                digest,
                media_type,
                size,
                tags,
            } => self.put(digest, media_type, *size, tags, found),
            Change::Untag { tag } => {
                if let Some(digest) = self.tags.remove(tag)
                    && let Some(record) = self.manifests.get_mut(&digest)
                {
                    record.tags.remove(tag);
                    self.note(&digest);
                }
            }
            Change::Delete { digest } => self.delete(digest),
        }
    }

    fn note(&mut self, digest: &Digest) {
        if let Some(changed) = &mut self.changed {
            changed.insert(digest.clone());
        }
    }

    fn put(&mut self, digest: &Digest, media_type: &str, size: u64, tags: &[Tag], found: Option<Found>) {
        self.note(digest);
        let record = self
            .manifests
            .entry(digest.clone())
            .or_insert_with(|| Record::new(media_type.to_owned(), size));
        media_type.clone_into(&mut record.media_type);
        record.size = size;
        record.listed = true;
        for tag in tags {
            record.tags.entry(tag.clone()).or_default();
        }
        for tag in tags {
            let before = self.tags.insert(tag.clone(), digest.clone());
            if let Some(before) = before.filter(|before| before != digest)
                && let Some(other) = self.manifests.get_mut(&before)
            {
                other.tags.remove(tag);
                self.note(&before);
            }
        }
        if let Some(found) = found {
            self.learn(digest, found);
        }
    }

    /// Adds what was read from a manifest to the graph, and the manifests below it that no one lists.
    pub(super) fn learn(&mut self, digest: &Digest, found: Found) {
        let Some(graph) = &mut self.graph else { return };
        graph.insert(digest.clone(), found.facts);
        for (child, facts) in found.below {
            if !self.manifests.contains_key(&child.digest) {
                let mut record = Record::new(child.media_type, child.size);
                record.listed = false;
                self.manifests.insert(child.digest.clone(), record);
                graph.insert(child.digest, facts);
            }
        }
    }

    fn delete(&mut self, digest: &Digest) {
        self.note(digest);
        if let Some(record) = self.manifests.remove(digest) {
            for tag in record.tags.keys() {
                self.tags.remove(tag);
            }
        }
        let Some(graph) = &mut self.graph else { return };
        for child in graph.remove(digest) {
            // A manifest that was served only because this one names it goes with it.
            let unlisted = self.manifests.get(&child).is_some_and(|record| !record.listed);
            if unlisted && self.graph.as_ref().is_some_and(|graph| !graph.is_child(&child)) {
                self.delete(&child);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        oci::Algorithm,
        storage::filesystem::index_draft::{self, Draft, Revision},
    };

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let digest = (0_u8..4).prop_map(|byte| Algorithm::Sha256.digest(&[byte]));
        let tag = "[a-d]".prop_map(|text| text.parse::<Tag>().unwrap());
        let change = prop_oneof![
            3 => (digest.clone(), prop::collection::vec(tag.clone(), 0..3)).prop_map(|(digest, tags)| Change::Put {
                digest,
                media_type: "m".into(),
                size: 1,
                tags,
            }),
            1 => tag.prop_map(|tag| Change::Untag { tag }),
            1 => digest.prop_map(|digest| Change::Delete { digest }),
        ];
        prop::collection::vec(change, 0..20)
    }

    proptest! {
        /// A crash between the writing of `index.json` and the cutting of the journal.
        #[test]
        fn a_sequence_made_again_on_any_of_its_states_comes_to_the_same(changes in changes(), cut in 0_usize..20) {
            let mut once = State::new();
            for change in &changes {
                once.apply(change, None);
            }
            let mut again = State::new();
            changes.iter().take(cut).for_each(|change| again.apply(change, None));
            for change in &changes {
                again.apply(change, None);
            }
            prop_assert_eq!(index_draft::render(&once), index_draft::render(&again));
        }

        /// Pushes and deletions between the slices.
        #[test]
        fn an_index_that_changes_while_it_is_rendered_is_that_of_the_end(changes in changes(), pace in 1_usize..8) {
            let mut state = State::new();
            let (before, meanwhile) = changes.split_at(changes.len() / 2);
            for change in before {
                state.apply(change, None);
            }
            state.changed = Some(BTreeSet::new());
            let mut draft = Draft::default();
            let mut rest = meanwhile.chunks(pace);
            while draft.advance(&state, 1) {
                rest.next().into_iter().flatten().for_each(|change| state.apply(change, None));
            }
            rest.flatten().for_each(|change| state.apply(change, None));
            let changed = state.changed.take().unwrap();
            let index = draft.revised(Revision::new(&state, changed));
            prop_assert_eq!(String::from_utf8(index), String::from_utf8(index_draft::render(&state)));
        }

        #[test]
        fn a_tag_and_the_manifest_it_points_at_agree(changes in changes()) {
            let mut state = State::new();
            for change in &changes {
                state.apply(change, None);
            }
            for (tag, digest) in &state.tags {
                prop_assert!(state.manifests[digest].tags.contains_key(tag));
            }
            let count: usize = state.manifests.values().map(|record| record.tags.len()).sum();
            prop_assert_eq!(count, state.tags.len());
        }
    }
}
