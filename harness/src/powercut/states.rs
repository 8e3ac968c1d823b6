//! Which states a power cut can leave behind, at each point of a recorded run.

use std::{
    collections::{BTreeMap, HashSet},
    net::IpAddr,
    ops::ControlFlow,
    path::Path,
};

use sha2::{Digest, Sha256};

use super::{
    PowerCutError,
    disk::{Bytes, Disk, Fate, Tree},
    operation::Operation,
};
use crate::template::Random;

/// How many of the last changes, and of the last files, are varied one by one at a point. An older one was varied at the
/// points before, and is among those that are drawn.
const VARIED: usize = 6;
/// How many states are drawn by chance at each point, beside those that differ in one thing from all or nothing.
const DRAWN: usize = 2;

/// What a power cut left, and what clients had been told by then.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// What is on the disk.
    pub(super) tree: Tree,
    /// How many answers each client had been sent.
    pub(super) answers: BTreeMap<IpAddr, usize>,
    /// How many operations had happened.
    pub(super) point: usize,
    /// Which of the changes that were not synced are missing, in words.
    pub(super) lost: Vec<String>,
    /// Which of them are there.
    pub(super) kept: Vec<String>,
}

/// Hands every distinct state to `visit`, point by point, until it has seen enough.
///
/// The points are before each sync and after each answer. Between them changes are only added, so what a power cut could
/// leave there is among what it could leave at the next of these points; a sync makes states impossible, and an answer
/// promises more.
pub(super) fn visit_states(
    operations: &[Operation],
    root: &Path,
    seed: u64,
    mut visit: impl FnMut(State) -> ControlFlow<()>,
) -> Result<(), PowerCutError> {
    let mut disk = Disk::new(root);
    let mut answers = BTreeMap::new();
    let mut random = Random::new(seed, &["power cut", "states"]);
    let mut known = HashSet::new();
    let mut look = |disk: &Disk, answers: &BTreeMap<IpAddr, usize>, point: usize| {
        for fate in fates(disk, &mut random) {
            let tree = disk.after(&fate);
            if !known.insert(fingerprint(&tree, answers)) {
                continue;
            }
            let (kept, lost) = in_words(disk, &fate);
            let answers = answers.clone();
            visit(State {
                tree,
                answers,
                point,
                lost,
                kept,
            })?;
        }
        ControlFlow::Continue(())
    };
    for (point, operation) in operations.iter().enumerate() {
        if matches!(operation, Operation::Sync { .. }) && look(&disk, &answers, point).is_break() {
            return Ok(());
        }
        disk.apply(operation).map_err(|why| PowerCutError::Trace {
            why: "it does not fit to what came before",
            line: format!("{operation:?}: {why}").chars().take(400).collect(),
        })?;
        if let Operation::Answer { to } = operation {
            *answers.entry(*to).or_default() += 1;
            if look(&disk, &answers, point + 1).is_break() {
                return Ok(());
            }
        }
    }
    let _ = look(&disk, &answers, operations.len());
    Ok(())
}

/// Nothing that was not synced, all of it, each of the last changes alone and each missing, the last files in part, and
/// some by chance.
fn fates(disk: &Disk, random: &mut Random) -> Vec<Fate> {
    let edits: Vec<usize> = disk.open_edits().map(|(number, _)| number).collect();
    let files: Vec<usize> = disk.dirty_files().into_iter().map(|(inode, _)| inode).collect();
    let all = Fate {
        edits: edits.clone(),
        files: files.iter().map(|&inode| (inode, Bytes::All)).collect(),
    };
    let mut fates = vec![Fate::default(), all.clone()];
    for &edit in edits.iter().rev().take(VARIED) {
        let mut without = all.clone();
        without.edits.retain(|&other| other != edit);
        fates.push(without);
        // With their bytes: what has a name and none of its bytes is below.
        fates.push(Fate {
            edits: vec![edit],
            files: all.files.clone(),
        });
    }
    for &inode in files.iter().rev().take(VARIED) {
        for bytes in [Bytes::Durable, Bytes::Zeros, Bytes::Half] {
            let mut partly = all.clone();
            partly.files.insert(inode, bytes);
            fates.push(partly);
        }
    }
    if edits.len() + files.len() > 1 {
        fates.extend((0..DRAWN).map(|_| drawn(&edits, &files, random)));
    }
    fates
}

fn drawn(edits: &[usize], files: &[usize], random: &mut Random) -> Fate {
    let edits = edits.iter().copied().filter(|_| random.below(2) == 0).collect();
    let bytes = [Bytes::All, Bytes::Durable, Bytes::Zeros, Bytes::Half];
    let files = files
        .iter()
        .map(|&inode| (inode, bytes[usize::from(random.bytes(1)[0]) % bytes.len()]))
        .collect();
    Fate { edits, files }
}

/// What is there and what is missing of that which was not synced.
fn in_words(disk: &Disk, chosen: &Fate) -> (Vec<String>, Vec<String>) {
    let (mut kept, mut lost) = (Vec::new(), Vec::new());
    for (edit, what) in disk.open_edits() {
        let side = if chosen.edits.contains(&edit) {
            &mut kept
        } else {
            &mut lost
        };
        side.push(what.to_owned());
    }
    for (file, name) in disk.dirty_files() {
        match chosen.files.get(&file) {
            Some(Bytes::All) => kept.push(format!("the bytes of {name}")),
            Some(Bytes::Zeros) => lost.push(format!("the bytes of {name}, which are zeros")),
            Some(Bytes::Half) => lost.push(format!("half of what was added to {name}")),
            Some(Bytes::Durable) | None => lost.push(format!("the bytes of {name}")),
        }
    }
    (kept, lost)
}

fn fingerprint(tree: &Tree, answers: &BTreeMap<IpAddr, usize>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (path, content) in tree {
        hash.update(path.as_os_str().as_encoded_bytes());
        hash.update([0, u8::from(content.is_some())]);
        if let Some(bytes) = content {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
    for (address, count) in answers {
        hash.update(format!("{address}={count};"));
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file is written, renamed into place, and acknowledged; `synced` says whether in the right order.
    fn operations(synced: bool) -> Vec<Operation> {
        let open = |descriptor, path: &str, create| Operation::Open {
            descriptor,
            path: path.into(),
            create,
            truncate: false,
            append: false,
        };
        let sync = |descriptor| synced.then_some(Operation::Sync { descriptor });
        let to = "127.0.0.10".parse().unwrap();
        let all = [
            Some(open(5, "/r/new", true)),
            Some(Operation::Write {
                descriptor: 5,
                offset: None,
                bytes: b"content".to_vec(),
            }),
            sync(5),
            Some(Operation::Rename {
                from: "/r/new".into(),
                to: "/r/blob".into(),
            }),
            Some(open(6, "/r", false)),
            sync(6),
            Some(Operation::Answer { to }),
        ];
        all.into_iter().flatten().collect()
    }

    fn states(synced: bool) -> Vec<State> {
        let mut states = Vec::new();
        let visit = |state| {
            states.push(state);
            ControlFlow::Continue(())
        };
        visit_states(&operations(synced), Path::new("/r"), 1, visit).unwrap();
        states
    }

    fn losses(synced: bool) -> usize {
        let states = states(synced);
        let acknowledged = states.iter().filter(|state| state.answers.values().sum::<usize>() == 1);
        let lost = acknowledged.filter(|state| state.tree.get(Path::new("blob")) != Some(&Some(b"content".to_vec())));
        lost.count()
    }

    #[test]
    fn what_was_synced_before_the_answer_is_in_every_state_after_it() {
        assert_eq!(losses(true), 0);
    }

    #[test]
    fn what_was_not_synced_is_missing_in_some_state() {
        assert!(losses(false) > 0);
    }

    #[test]
    fn no_state_comes_twice() {
        let states = states(false);
        let fingerprints: HashSet<_> = states
            .iter()
            .map(|state| fingerprint(&state.tree, &state.answers))
            .collect();
        assert_eq!(fingerprints.len(), states.len());
    }
}
