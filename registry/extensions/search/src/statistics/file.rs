//! The numbers on disk: one JSON object a line, each saying how things are, so that the last line about something holds.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
};

use jiff::Timestamp;
use plimsoll_registry_core::oci::{Digest, Reference, RepositoryName, Tag};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "lowercase")]
pub(super) enum Record {
    /// The numbers of a manifest.
    Manifest {
        repository: RepositoryName,
        digest: Digest,
        downloads: u64,
        #[serde(default, with = "time", skip_serializing_if = "Option::is_none")]
        pulled: Option<Timestamp>,
        #[serde(default, with = "time", skip_serializing_if = "Option::is_none")]
        pushed: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pushed_by: Option<Box<str>>,
    },
    /// When a tag came to point at a manifest.
    Tag {
        repository: RepositoryName,
        tag: Tag,
        digest: Digest,
        #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
        tagged: Timestamp,
    },
}

impl Record {
    /// What it is about.
    pub(super) fn key(&self) -> (RepositoryName, Reference) {
        match self {
            Self::Manifest { repository, digest, .. } => (repository.clone(), Reference::Digest(digest.clone())),
            Self::Tag { repository, tag, .. } => (repository.clone(), Reference::Tag(tag.clone())),
        }
    }
}

fn write_time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

fn read_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

mod time {
    use super::{Deserialize, Deserializer, Serializer, Timestamp};

    #[expect(clippy::ref_option, reason = "what serde calls")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(time),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(serde::de::Error::custom))
            .transpose()
    }
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// The last line of each thing.
    pub(super) records: Vec<Record>,
    /// How many lines it has.
    pub(super) lines: usize,
    /// Whether a line is none, such as the last one after a crash.
    pub(super) torn: bool,
}

/// Reads a file. One that is not there is empty.
pub(super) fn read(path: &Path) -> io::Result<Contents> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::default()),
        opened => opened?,
    };
    let mut contents = Contents::default();
    let mut last = std::collections::HashMap::new();
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        contents.lines += 1;
        match serde_json::from_slice::<Record>(&line) {
            Ok(record) if line.ends_with(b"\n") => {
                last.insert(record.key(), record);
            }
            _ => contents.torn = true,
        }
        line.clear();
    }
    contents.records = last.into_values().collect();
    Ok(contents)
}

/// Adds lines, and makes the file if need be.
pub(super) fn append(path: &Path, records: &[Record]) -> io::Result<()> {
    make_folder(path)?;
    // In one piece, so that a crash tears no more than the last line.
    let lines = lines(records)?;
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?
        .write_all(&lines)
}

/// Replaces the file.
pub(super) fn replace(path: &Path, records: &[Record]) -> io::Result<()> {
    make_folder(path)?;
    let temporary = path.with_extension("new");
    let mut file = BufWriter::new(File::create(&temporary)?);
    file.write_all(&lines(records)?)?;
    file.into_inner()?.sync_all()?;
    fs::rename(&temporary, path)
}

fn make_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

fn lines(records: &[Record]) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for record in records {
        serde_json::to_writer(&mut lines, record)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use plimsoll_registry_core::oci::Algorithm;

    use super::*;

    fn record(name: &str, downloads: u64) -> Record {
        Record::Manifest {
            repository: name.parse().unwrap(),
            digest: Algorithm::Sha256.digest(b""),
            downloads,
            pulled: Some(Timestamp::UNIX_EPOCH),
            pushed: None,
            pushed_by: Some("someone".into()),
        }
    }

    fn downloads(path: &Path) -> Vec<(String, u64)> {
        let mut found: Vec<_> = read(path)
            .unwrap()
            .records
            .into_iter()
            .map(|record| match record {
                Record::Manifest {
                    repository, downloads, ..
                } => (repository.to_string(), downloads),
                Record::Tag { .. } => panic!("no tag was written"),
            })
            .collect();
        found.sort();
        found
    }

    #[test]
    fn the_last_line_holds_and_a_torn_one_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".search/statistics.jsonl");
        assert_eq!(downloads(&path), []);
        append(&path, &[record("a", 1), record("b", 1)]).unwrap();
        append(&path, &[record("a", 2)]).unwrap();
        assert_eq!(downloads(&path), [("a".into(), 2), ("b".into(), 1)]);

        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(
            read(&path).unwrap().torn,
            "without its end a line may be cut within a number"
        );
        assert_eq!(downloads(&path), [("a".into(), 1), ("b".into(), 1)]);
        replace(&path, &[record("c", 3)]).unwrap();
        assert_eq!(downloads(&path), [("c".into(), 3)]);
        assert!(!read(&path).unwrap().torn);
    }
}
