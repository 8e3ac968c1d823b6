//! What has to be there after all that was acknowledged, and what may be, for it was never answered.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Answered, Operation, Place};

/// What has to be in a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::runner) struct Expected {
    /// The digests that each tag may have; none is that there is no such tag.
    pub(in crate::runner) tags: BTreeMap<String, BTreeSet<Option<String>>>,
    /// Each manifest, by digest.
    pub(in crate::runner) manifests: BTreeMap<String, Presence>,
    /// Each blob, by digest.
    pub(in crate::runner) blobs: BTreeMap<String, Presence>,
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::runner) enum Presence {
    /// It has to be.
    There,
    /// It may be, and then it is whole.
    Either,
    /// It was deleted.
    Gone,
}

/// A write: what it leaves, when, and whether it was acknowledged.
#[derive(Clone, Debug)]
struct Write<V> {
    value: V,
    call: u64,
    returned: Option<u64>,
    acknowledged: bool,
}

/// The values that may be found after `writes`: those of writes that no acknowledged one follows for sure. Before the
/// first there is `initial`.
fn last<V: Ord + Clone>(writes: &[Write<V>], initial: V) -> BTreeSet<V> {
    let acknowledged = || writes.iter().filter(|write| write.acknowledged);
    let mut values = BTreeSet::new();
    if acknowledged().next().is_none() {
        values.insert(initial);
    }
    for write in writes {
        let followed = |returned: u64| acknowledged().any(|other| other.call > returned);
        if !write.returned.is_some_and(followed) {
            values.insert(write.value.clone());
        }
    }
    values
}

/// What has to be there after `operations`, by repository.
pub(in crate::runner) fn expected(operations: &[Operation]) -> BTreeMap<Place, Expected> {
    let mut places: BTreeMap<Place, Vec<&Operation>> = BTreeMap::new();
    for operation in operations {
        if matches!(operation.answered, Answered::Refused(_)) {
            continue;
        }
        let place = Place {
            proxied: false,
            ..operation.place.clone()
        };
        places.entry(place).or_default().push(operation);
    }
    let of = places
        .into_iter()
        .map(|(place, operations)| (place, repository(&operations)));
    of.collect()
}

fn repository(operations: &[&Operation]) -> Expected {
    let mut tags: BTreeMap<&str, Vec<Write<Option<String>>>> = BTreeMap::new();
    let mut manifests: BTreeMap<&str, Vec<Write<bool>>> = BTreeMap::new();
    let mut blobs: BTreeMap<&str, Vec<Write<bool>>> = BTreeMap::new();
    for operation in operations {
        match &operation.action {
            Action::PutManifest { tag, digest } => {
                if let Some(tag) = tag {
                    tags.entry(tag)
                        .or_default()
                        .push(write(operation, Some(digest.clone())));
                }
                manifests.entry(digest).or_default().push(write(operation, true));
            }
            Action::DeleteTag(tag) => tags.entry(tag).or_default().push(write(operation, None)),
            Action::DeleteManifest(digest) => manifests.entry(digest).or_default().push(write(operation, false)),
            Action::PutBlob { digest, .. } => blobs.entry(digest).or_default().push(write(operation, true)),
            Action::DeleteBlob(digest) => blobs.entry(digest).or_default().push(write(operation, false)),
            _ => {}
        }
    }
    // A manifest that loses its tag may go, where a registry takes what has none.
    let mut may_go: BTreeSet<&str> = BTreeSet::new();
    for writes in tags.values() {
        let digests: BTreeSet<Option<&String>> = writes.iter().map(|write| write.value.as_ref()).collect();
        if digests.len() > 1 {
            may_go.extend(digests.into_iter().flatten().map(String::as_str));
        }
    }
    let presence = |writes: &[Write<bool>], may_go: bool| {
        let values = last(writes, false);
        match (values.contains(&true), values.contains(&false)) {
            (true, false) if !may_go => Presence::There,
            (true, _) => Presence::Either,
            (false, _) => Presence::Gone,
        }
    };
    Expected {
        tags: tags
            .iter()
            .map(|(tag, writes)| ((*tag).to_owned(), tag_values(writes, &manifests)))
            .collect(),
        manifests: manifests
            .iter()
            .map(|(digest, writes)| ((*digest).to_owned(), presence(writes, may_go.contains(digest))))
            .collect(),
        blobs: blobs
            .iter()
            .map(|(digest, writes)| ((*digest).to_owned(), presence(writes, false)))
            .collect(),
    }
}

/// What a tag may be: the last that was written to it, unless the manifest was deleted since, and its tags with it.
fn tag_values(
    writes: &[Write<Option<String>>],
    manifests: &BTreeMap<&str, Vec<Write<bool>>>,
) -> BTreeSet<Option<String>> {
    let mut values = last(writes, None);
    let deletions = |digest: &str| {
        let writes = manifests.get(digest).map(Vec::as_slice).unwrap_or_default();
        writes.iter().filter(|write| !write.value).cloned().collect::<Vec<_>>()
    };
    for digest in values.clone().into_iter().flatten() {
        let deletions = deletions(&digest);
        if deletions.is_empty() {
            continue;
        }
        values.insert(None);
        let survives = writes
            .iter()
            .filter(|write| write.value.as_ref() == Some(&digest))
            .any(|write| {
                let after = |deletion: &Write<bool>| {
                    deletion.acknowledged && write.returned.is_some_and(|returned| deletion.call > returned)
                };
                !deletions.iter().any(after)
            });
        if !survives {
            values.remove(&Some(digest));
        }
    }
    values
}

fn write<V>(operation: &Operation, value: V) -> Write<V> {
    let acknowledged = operation.answered == Answered::Done && !operation.place.proxied;
    Write {
        value,
        call: operation.call,
        // What was not acknowledged may still happen.
        returned: operation.returned.filter(|_| acknowledged),
        acknowledged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(action: Action, call: u64, returned: u64, answered: Answered) -> Operation {
        Operation {
            client: None,
            place: Place::default(),
            action,
            call,
            returned: Some(returned),
            answered,
        }
    }

    fn put(tag: &str, digest: &str, call: u64, returned: u64, answered: Answered) -> Operation {
        let action = Action::PutManifest {
            tag: Some(tag.to_owned()),
            digest: digest.to_owned(),
        };
        operation(action, call, returned, answered)
    }

    fn tag(operations: &[Operation]) -> Vec<Option<&'static str>> {
        let expected = expected(operations);
        let values = &expected[&Place::default()].tags["t"];
        let names = [None, Some("a"), Some("b"), Some("c")];
        names
            .into_iter()
            .filter(|name| values.contains(&name.map(str::to_owned)))
            .collect()
    }

    use Answered::{Done, Failed, Nothing, Refused};

    #[test]
    fn a_tag_is_what_was_acknowledged_last() {
        assert_eq!(
            tag(&[put("t", "a", 1, 2, Done), put("t", "b", 3, 4, Done)]),
            [Some("b")]
        );
        // Side by side: either may have been the last.
        assert_eq!(
            tag(&[put("t", "a", 1, 3, Done), put("t", "b", 2, 4, Done)]),
            [Some("a"), Some("b")]
        );
        assert_eq!(
            tag(&[put("t", "a", 1, 2, Done), put("t", "b", 3, 4, Refused(400))]),
            [Some("a")]
        );
        let deleted = operation(Action::DeleteTag("t".to_owned()), 3, 4, Done);
        assert_eq!(tag(&[put("t", "a", 1, 2, Done), deleted]), [None]);
    }

    #[test]
    fn what_was_not_answered_may_have_happened() {
        assert_eq!(tag(&[put("t", "a", 1, 2, Nothing)]), [None, Some("a")]);
        assert_eq!(
            tag(&[put("t", "a", 1, 2, Done), put("t", "b", 3, 4, Failed(500))]),
            [Some("a"), Some("b")]
        );
    }

    #[test]
    fn a_manifest_that_is_deleted_takes_its_tags_with_it() {
        let deleted = |call, answered| operation(Action::DeleteManifest("a".to_owned()), call, call + 1, answered);
        assert_eq!(tag(&[put("t", "a", 1, 2, Done), deleted(3, Done)]), [None]);
        assert_eq!(
            tag(&[put("t", "a", 1, 2, Done), deleted(3, Nothing)]),
            [None, Some("a")]
        );
        assert_eq!(
            tag(&[put("t", "a", 1, 2, Done), deleted(3, Done), put("t", "a", 5, 6, Done)]),
            [None, Some("a")]
        );
    }

    #[test]
    fn manifests_and_blobs_are_there_unless_they_were_deleted_or_lost_their_tag() {
        let blob = |call, answered| {
            let action = Action::PutBlob {
                digest: "x".to_owned(),
                session: None,
                bytes: 1,
            };
            operation(action, call, call + 1, answered)
        };
        let gone = |call, answered| operation(Action::DeleteBlob("x".to_owned()), call, call + 1, answered);
        let presence = |operations: &[Operation]| expected(operations)[&Place::default()].blobs["x"];
        assert_eq!(presence(&[blob(1, Done)]), Presence::There);
        assert_eq!(presence(&[blob(1, Nothing)]), Presence::Either);
        assert_eq!(presence(&[blob(1, Done), gone(3, Done)]), Presence::Gone);
        assert_eq!(presence(&[blob(1, Done), gone(3, Nothing)]), Presence::Either);
        let manifests = &expected(&[put("t", "a", 1, 2, Done), put("t", "b", 3, 4, Done)])[&Place::default()].manifests;
        assert_eq!((manifests["a"], manifests["b"]), (Presence::Either, Presence::Either));
        let manifests = &expected(&[put("t", "a", 1, 2, Done)])[&Place::default()].manifests;
        assert_eq!(manifests["a"], Presence::There);
    }
}
