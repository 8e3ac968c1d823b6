//! The journal: the changes of a repository that `index.json` may not have yet, one line each.
//!
//! A line is the checksum of a JSON document, a space, and the document. Lines go to `journal.<n>`; before `index.json` is
//! written, appending moves on to the next file, and once it is written the files before are removed. Whatever instant a
//! crash picks, `index.json` with all journal files replayed over it in order is what was acknowledged.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::oci::Algorithm;

use super::{
    disk::{Output, create_new, list, open_regular, read_rest, remove_file, set_len},
    durability::Durability,
    state::Change,
};

/// So many hexadecimal digits of a line's SHA-256 stand before it.
const CHECKSUM_LENGTH: usize = 16;
const PREFIX: &str = "journal.";

/// Where a repository's changes are written.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    durability: Durability,
    generation: u64,
    open: Option<(File, u64)>,
}

impl Journal {
    pub(super) fn new(folder: PathBuf, durability: Durability) -> Self {
        Self {
            folder,
            durability,
            generation: 0,
            open: None,
        }
    }

    /// Reads what was written before this process began. Appending goes on in a new file, never after a torn line.
    pub(super) fn replay(&mut self) -> io::Result<Vec<Change>> {
        let mut generations = generations(&self.folder)?;
        generations.sort_unstable();
        let mut changes = Vec::new();
        for generation in &generations {
            let path = self.file(*generation);
            if let Some((file, _)) = open_regular(&path)? {
                let bytes = read_rest(&path, &file)?;
                decode(&bytes, &path, &mut changes);
            }
        }
        self.open = None;
        // A number is not used again while its file may be there.
        self.generation = generations.last().map_or(self.generation, |last| last + 1);
        Ok(changes)
    }

    /// Appends changes, and returns once they are on disk. After an error none of them counts.
    pub(super) fn append<'a>(&mut self, changes: impl Iterator<Item = &'a Change>) -> io::Result<()> {
        let mut lines = Vec::new();
        for change in changes {
            encode(change, &mut lines)?;
        }
        let (file, length) = match self.open.take() {
            Some(open) => open,
            // A file that was made for nothing keeps its number.
            None => (self.create().inspect_err(|_| self.generation += 1)?, 0),
        };
        let path = self.file(self.generation);
        let written = Output {
            path: &path,
            file: &file,
        }
        .write_all(&lines);
        match written.and_then(|()| self.durability.file(&path, &file)) {
            Ok(()) => {
                self.open = Some((file, length + lines.len() as u64));
                Ok(())
            }
            Err(error) => {
                // What is in this file past `length` is unknown now: cut it off, and never append to it again.
                let _ = set_len(&path, &file, length);
                self.generation += 1;
                Err(error)
            }
        }
    }

    /// Moves on to the next file. What was appended so far is in the files before the returned number.
    pub(super) fn rotate(&mut self) -> u64 {
        self.open = None;
        self.generation += 1;
        self.generation
    }

    fn create(&mut self) -> io::Result<File> {
        if let Some(repository) = self.folder.parent() {
            self.durability.create_directories(repository, &self.folder)?;
        }
        let file = create_new(&self.file(self.generation))?;
        self.durability.directory(&self.folder)?;
        Ok(file)
    }

    fn file(&self, generation: u64) -> PathBuf {
        self.folder.join(format!("{PREFIX}{generation}"))
    }
}

/// Removes the journal files before `generation`: `index.json` has what is in them.
///
/// The oldest goes first, and for good, before the next does: the changes of one that is left over must not be replayed
/// without those that came after them.
pub(super) fn remove_before(folder: &Path, generation: u64, durability: Durability) -> io::Result<()> {
    let mut old = generations(folder)?;
    old.retain(|old| *old < generation);
    old.sort_unstable();
    for (position, generation) in old.into_iter().enumerate() {
        if position > 0 {
            durability.directory(folder)?;
        }
        remove_file(&folder.join(format!("{PREFIX}{generation}")))?;
    }
    Ok(())
}

fn generations(folder: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    list(folder, |entry| {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        found.extend(number.and_then(|number| number.parse::<u64>().ok()));
        Ok(())
    })?;
    Ok(found)
}

fn encode(change: &Change, lines: &mut Vec<u8>) -> io::Result<()> {
    let document = serde_json::to_vec(change)?;
    lines.extend_from_slice(checksum(&document).as_bytes());
    lines.push(b' ');
    lines.extend_from_slice(&document);
    lines.push(b'\n');
    Ok(())
}

/// Reads every whole line. One that is not whole was never acknowledged, unless the disk lost it; the lines after it are
/// changes of their own and count either way.
fn decode(bytes: &[u8], path: &Path, changes: &mut Vec<Change>) {
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        if let Some(change) = decode_line(line) {
            changes.push(change);
        } else {
            tracing::warn!(
                path = %path.display(),
                line = number + 1,
                "skipped a torn line of the journal"
            );
        }
    }
}

fn decode_line(line: &[u8]) -> Option<Change> {
    let (sum, rest) = line.split_at_checked(CHECKSUM_LENGTH)?;
    let document = rest.strip_prefix(b" ")?;
    if checksum(document).as_bytes() != sum {
        return None;
    }
    serde_json::from_slice(document).ok()
}

fn checksum(document: &[u8]) -> String {
    let digest = Algorithm::Sha256.digest(document);
    digest.hex()[..CHECKSUM_LENGTH].to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const DURABLE: Durability = Durability { commit: true };

    fn untag(tag: &str) -> Change {
        Change::Untag {
            tag: tag.parse().unwrap(),
        }
    }

    #[test]
    fn what_was_appended_is_replayed_over_all_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::new(folder.path().into(), DURABLE);
        let changes: Vec<_> = (0..12).map(|number| untag(&format!("t{number}"))).collect();
        for change in &changes {
            journal.append([change].into_iter()).unwrap();
            journal.rotate();
        }
        let mut later = Journal::new(folder.path().into(), DURABLE);
        assert_eq!(later.replay().unwrap(), changes);
    }

    #[test]
    fn a_tail_torn_anywhere_loses_the_last_line_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::new(folder.path().into(), DURABLE);
        let (first, last) = (untag("first"), untag("last"));
        journal.append([&first].into_iter()).unwrap();
        let path = folder.path().join("journal.0");
        let whole = fs::metadata(&path).unwrap().len();
        journal.append([&last].into_iter()).unwrap();
        let bytes = fs::read(&path).unwrap();
        for length in usize::try_from(whole).unwrap()..bytes.len() - 1 {
            fs::write(&path, &bytes[..length]).unwrap();
            let mut later = Journal::new(folder.path().into(), DURABLE);
            assert_eq!(later.replay().unwrap(), std::slice::from_ref(&first), "{length}");
            // The next line must not be glued to the torn one.
            later.append([&last].into_iter()).unwrap();
            assert_eq!(
                Journal::new(folder.path().into(), DURABLE).replay().unwrap(),
                [first.clone(), last.clone()]
            );
            fs::remove_file(folder.path().join("journal.1")).unwrap();
        }
    }

    #[test]
    fn a_line_that_the_disk_garbled_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::new(folder.path().into(), DURABLE);
        journal.append([&untag("aaaa"), &untag("bbbb")].into_iter()).unwrap();
        let path = folder.path().join("journal.0");
        let mut bytes = fs::read(&path).unwrap();
        let place = bytes.windows(4).position(|window| window == b"aaaa").unwrap();
        bytes[place] = 0xff;
        fs::write(&path, bytes).unwrap();
        let mut later = Journal::new(folder.path().into(), DURABLE);
        assert_eq!(later.replay().unwrap(), [untag("bbbb")]);
    }

    #[test]
    fn files_before_a_rotation_can_go_while_later_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::new(folder.path().into(), DURABLE);
        journal.append([&untag("a")].into_iter()).unwrap();
        let generation = journal.rotate();
        journal.append([&untag("b")].into_iter()).unwrap();
        remove_before(folder.path(), generation, DURABLE).unwrap();
        let mut later = Journal::new(folder.path().into(), DURABLE);
        assert_eq!(later.replay().unwrap(), [untag("b")]);
    }
}
