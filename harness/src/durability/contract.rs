//! What has to be there after the server ended, however it did, by what clients were told until then.

use std::collections::{BTreeMap, BTreeSet};

use super::workload::{Effect, History};

/// Whether something has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It was acknowledged.
    Must,
    /// A request was under way that it depends on.
    May,
    /// It was never pushed, or its deletion was acknowledged.
    MustNot,
}

/// What has to hold of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expectation {
    /// Its name.
    pub(crate) repository: String,
    /// Each tag that was ever pushed, with what it may point at. `None`: it may be gone.
    pub(crate) tags: BTreeMap<String, BTreeSet<Option<String>>>,
    /// Each manifest that was ever pushed.
    pub(crate) manifests: BTreeMap<String, Presence>,
    /// Each blob that was ever pushed.
    pub(crate) blobs: BTreeMap<String, Presence>,
}

/// A repository after the first requests of its client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) manifests: BTreeSet<String>,
    pub(crate) blobs: BTreeSet<String>,
}

impl Content {
    pub(crate) fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::Nothing => {}
            Effect::Blob(digest) => {
                self.blobs.insert(digest.clone());
            }
            Effect::Manifest { digest, tag } => {
                self.manifests.insert(digest.clone());
                self.tags.insert(tag.clone(), digest.clone());
            }
            Effect::BlobGone(digest) => {
                self.blobs.remove(digest);
            }
            Effect::TagGone(tag) => {
                self.tags.remove(tag);
            }
            Effect::ManifestGone(digest) => {
                self.manifests.remove(digest);
                self.tags.retain(|_, held| held != digest);
            }
        }
    }
}

/// What has to hold once `answered` of the client's requests have been. The next may have been under way.
pub(crate) fn expectation(history: &History, answered: usize) -> Expectation {
    let mut before = Content::default();
    history
        .effects
        .iter()
        .take(answered)
        .for_each(|effect| before.apply(effect));
    let mut after = before.clone();
    if let Some(under_way) = history.effects.get(answered) {
        after.apply(under_way);
    }
    let presence = |digest: &String, set: fn(&Content) -> &BTreeSet<String>| match (
        set(&before).contains(digest),
        set(&after).contains(digest),
    ) {
        (true, true) => Presence::Must,
        (false, false) => Presence::MustNot,
        _ => Presence::May,
    };
    let mut expectation = Expectation {
        repository: history.repository.clone(),
        tags: BTreeMap::new(),
        manifests: BTreeMap::new(),
        blobs: BTreeMap::new(),
    };
    for effect in &history.effects {
        match effect {
            Effect::Blob(digest) => {
                let presence = presence(digest, |content| &content.blobs);
                expectation.blobs.insert(digest.clone(), presence);
            }
            Effect::Manifest { digest, tag } => {
                let presence = presence(digest, |content| &content.manifests);
                expectation.manifests.insert(digest.clone(), presence);
                let held = [before.tags.get(tag), after.tags.get(tag)];
                expectation
                    .tags
                    .insert(tag.clone(), held.map(Option::<&String>::cloned).into());
            }
            Effect::Nothing | Effect::BlobGone(_) | Effect::TagGone(_) | Effect::ManifestGone(_) => {}
        }
    }
    expectation
}

impl Expectation {
    /// What has to hold once garbage was collected: the blobs that no manifest names are gone.
    pub(crate) fn without_garbage(mut self, named: &BTreeSet<String>) -> Self {
        for (digest, presence) in &mut self.blobs {
            if !named.contains(digest) {
                *presence = Presence::MustNot;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> History {
        let manifest = |digest: &str| Effect::Manifest {
            digest: digest.to_owned(),
            tag: "1".to_owned(),
        };
        History {
            address: "127.0.0.10".parse().unwrap(),
            repository: "app".to_owned(),
            answered: 5,
            effects: vec![
                Effect::Nothing,
                Effect::Blob("b".to_owned()),
                manifest("m"),
                manifest("n"),
                Effect::ManifestGone("n".to_owned()),
            ],
        }
    }

    fn tag(expectation: &Expectation) -> Vec<Option<&str>> {
        expectation.tags["1"].iter().map(Option::as_deref).collect()
    }

    #[test]
    fn nothing_has_to_be_there_before_it_was_acknowledged() {
        let expected = expectation(&history(), 0);
        assert_eq!(expected.blobs["b"], Presence::MustNot);
        assert_eq!(tag(&expected), [None]);
    }

    #[test]
    fn what_is_under_way_may_have_happened() {
        let expected = expectation(&history(), 1);
        assert_eq!(expected.blobs["b"], Presence::May);
        let expected = expectation(&history(), 3);
        assert_eq!(expected.manifests["m"], Presence::Must);
        assert_eq!(expected.manifests["n"], Presence::May);
        assert_eq!(tag(&expected), [Some("m"), Some("n")]);
    }

    #[test]
    fn what_was_deleted_stays_away_with_its_tags() {
        let expected = expectation(&history(), 5);
        assert_eq!(expected.manifests["n"], Presence::MustNot);
        assert_eq!(expected.manifests["m"], Presence::Must);
        assert_eq!(expected.blobs["b"], Presence::Must);
        assert_eq!(tag(&expected), [None]);
    }

    #[test]
    fn a_blob_that_nothing_names_is_garbage() {
        let expected = expectation(&history(), 5);
        assert_eq!(
            expected.clone().without_garbage(&BTreeSet::new()).blobs["b"],
            Presence::MustNot
        );
        let named = BTreeSet::from(["b".to_owned()]);
        assert_eq!(expected.clone().without_garbage(&named), expected);
    }
}
