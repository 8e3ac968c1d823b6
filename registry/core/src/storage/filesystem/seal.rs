//! The seal of `index.json`: what it said when we wrote it, so that bits that rot in it are told from what another tool
//! wrote there.
//!
//! Every other byte of a repository has a digest that somebody knows; a tag's name in `index.json` has none. The seal says
//! which file it is of (inode, time of its last change, length), as a tool that writes another `index.json` is right to, and
//! does not know of seals. Rot changes none of the three.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

use crate::oci::Algorithm;

use super::{
    disk::{open_regular, remove_file},
    durability::Durability,
    schedule,
};

/// What a file is told apart by, and the digest of its bytes.
fn of(metadata: &fs::Metadata, bytes: &[u8]) -> String {
    let digest = Algorithm::Sha256.digest(bytes);
    format!(
        "{} {}.{:09} {} {digest}",
        metadata.ino(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.len()
    )
}

/// Gives `index` this content and `seal` what belongs to it, twice. `temporary` gives names that nobody else has.
///
/// The seal comes first: should the file not follow, what is there is another file, which has no seal.
pub(super) fn write(
    index: &Path,
    seal: &Path,
    mut temporary: impl FnMut() -> std::path::PathBuf,
    bytes: &[u8],
    durability: Durability,
) -> io::Result<()> {
    let written = temporary();
    let sealed = durability
        .write_new(&written, bytes)
        .and_then(|()| schedule::strike(&written))
        .and_then(|()| fs::metadata(&written))
        .and_then(|metadata| {
            let line = of(&metadata, bytes);
            durability.replace(seal, &temporary(), format!("{line}\n{line}\n").as_bytes())
        });
    sealed.and_then(|()| durability.put(&written, index)).inspect_err(|_| {
        // It may not be there, and what matters is the first error.
        let _ = remove_file(&written);
    })
}

/// Whether `bytes`, which were read from the file of this `metadata`, are not what was sealed.
pub(super) fn is_broken(seal: &Path, metadata: &fs::Metadata, bytes: &[u8]) -> io::Result<bool> {
    let Some((file, _)) = open_regular(seal)? else {
        return Ok(false);
    };
    let text = io::read_to_string(file).unwrap_or_default();
    let mut lines = text.lines();
    let (Some(said), Some(again)) = (lines.next(), lines.next()) else {
        return Ok(false);
    };
    let now = of(metadata, bytes);
    let (file, _) = now.rsplit_once(' ').unwrap_or_default();
    let is_of_this_file = said.strip_prefix(file).is_some_and(|rest| rest.starts_with(' '));
    // One that rotted itself, so that its lines differ, seals nothing.
    Ok(said == again && is_of_this_file && said != now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DURABLE: Durability = Durability { commit: true };

    #[test]
    fn rot_is_told_from_what_another_tool_writes() {
        let folder = tempfile::tempdir().unwrap();
        let (index, seal) = (folder.path().join("index.json"), folder.path().join("seal"));
        let mut number = 0;
        let temporary = || {
            number += 1;
            folder.path().join(format!("new-{number}"))
        };
        write(&index, &seal, temporary, b"what we wrote", DURABLE).unwrap();
        let is_broken = || {
            let bytes = fs::read(&index).unwrap();
            is_broken(&seal, &fs::metadata(&index).unwrap(), &bytes).unwrap()
        };
        assert!(!is_broken());
        let written = fs::metadata(&index).unwrap().modified().unwrap();
        let write_at = |text: &str, time| {
            fs::write(&index, text).unwrap();
            fs::File::open(&index).unwrap().set_modified(time).unwrap();
        };
        write_at("what we wr0te", written);
        assert!(is_broken(), "the file is the same, and its bytes are not");
        write_at("what we wr0te", written + Duration::from_secs(1));
        assert!(!is_broken(), "somebody wrote it");
        write_at("something longer", written);
        assert!(
            !is_broken(),
            "somebody wrote it, and it is not for us to say that it is wrong"
        );
        write_at("what we wr0te", written);
        fs::write(
            &seal,
            fs::read_to_string(&seal).unwrap().replacen("sha256:", "sha255:", 1),
        )
        .unwrap();
        assert!(!is_broken(), "the seal is what rotted");
        fs::remove_file(&seal).unwrap();
        assert!(!is_broken());
    }
}
