//! The binaries of a project's combinations in one file, so that one machine builds and others run.
//!
//! It is a tar file whose first entry says what is in it. It is not compressed: what stores and sends such files does that.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};
use tempfile::NamedTempFile;

use super::Built;
use crate::{
    project::{Project, Recipe},
    template::hex,
};

/// What archives are written like; another number is another layout.
const FORMAT: u32 = 1;
/// The first entry.
const INDEX: &str = "plimsoll-builds.json";
/// No index is longer: 2^12 combinations take less than a tenth of it.
const LONGEST_INDEX: u64 = 16 << 20;

/// Why there is no archive, or why one cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What could not be done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no archive, or not one of this project.
    #[error("{} cannot be used: {reason}\n  help: {help}", path.display())]
    Refused {
        /// The archive.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do.
        help: &'static str,
    },
}

/// What an archive says about itself.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Index {
    format: u32,
    project: String,
    extensions: Vec<String>,
    /// The commit that was checked out, where git knows one.
    commit: Option<String>,
    builds: Vec<Entry>,
}

/// One binary.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Its path in the archive: a folder for each combination, named after it.
    file: PathBuf,
    sha256: String,
}

impl Index {
    /// What an archive of `project` says before anything is in it.
    fn of(project: &Project) -> Self {
        Self {
            format: FORMAT,
            project: project.name.clone(),
            extensions: project.extensions.clone(),
            commit: commit(&project.root),
            builds: Vec::new(),
        }
    }

    /// Why `project` cannot use an archive that says this, and what to do.
    fn refused_by(&self, project: &Project) -> Option<(String, &'static str)> {
        let here = Self::of(project);
        let other = "build the archive from this project: `plimsoll build --archive FILE`";
        if self.format != FORMAT {
            return Some((
                format!("its format is {}, not {FORMAT}", self.format),
                "build it with this version of plimsoll",
            ));
        }
        if self.project != here.project {
            return Some((
                format!("it has builds of {}, and this is {}", self.project, here.project),
                other,
            ));
        }
        if self.extensions != here.extensions {
            let (there, here) = (self.extensions.join(", "), here.extensions.join(", "));
            return Some((
                format!("its extensions are [{there}], and this project's [{here}]"),
                other,
            ));
        }
        match (&self.commit, &here.commit) {
            (Some(there), Some(here)) if there != here => Some((
                format!("it was built from the commit {there}, and this is {here}"),
                "check out the same commit on every machine, or build the archive from this one",
            )),
            _ => None,
        }
    }
}

/// Writes the binaries of `built` to `path`, all or nothing.
///
/// # Errors
/// A file cannot be read or written.
pub fn pack(path: &Path, project: &Project, built: &[Built]) -> Result<(), ArchiveError> {
    let at = |what, path: &Path| {
        let path = path.to_owned();
        move |source| ArchiveError::File { what, path, source }
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(at("create", folder))?;
    let mut index = Index::of(project);
    for one in built {
        let name = one.binary.file_name().unwrap_or(one.binary.as_os_str());
        index.builds.push(Entry {
            file: Path::new(&one.combination.to_string()).join(name),
            sha256: digest(&one.binary).map_err(at("read", &one.binary))?,
        });
    }
    let file = NamedTempFile::new_in(folder).map_err(at("write", path))?;
    let mut archive = Builder::new(BufWriter::new(file));
    let text = serde_json::to_vec(&index).map_err(io::Error::from);
    text.and_then(|text| {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_size(text.len() as u64);
        archive.append_data(&mut header, INDEX, text.as_slice())
    })
    .map_err(at("write", path))?;
    for (entry, one) in index.builds.iter().zip(built) {
        let mut binary = File::open(&one.binary).map_err(at("read", &one.binary))?;
        archive
            .append_file(&entry.file, &mut binary)
            .map_err(at("write", path))?;
    }
    let mut written = archive.into_inner().map_err(at("write", path))?;
    written.flush().map_err(at("write", path))?;
    let file = written
        .into_inner()
        .map_err(|error| at("write", path)(error.into_error()))?;
    file.persist(path).map_err(|error| at("write", path)(error.error))?;
    Ok(())
}

/// Unpacks the archive at `path` below the project's output, and has `project` take its binaries from there.
///
/// # Errors
/// It cannot be read, is no archive, is damaged, or is one of another project or another commit.
pub fn unpack(path: &Path, project: &mut Project) -> Result<(), ArchiveError> {
    let folder = project.output().join("archive");
    let refused = |reason: String, help| ArchiveError::Refused {
        path: path.to_owned(),
        reason,
        help,
    };
    let damaged = |reason: String| refused(reason, "build it again with `plimsoll build --archive FILE`");
    let file = File::open(path).map_err(|source| ArchiveError::File {
        what: "open",
        path: path.to_owned(),
        source,
    })?;
    let mut archive = Archive::new(BufReader::new(file));
    let mut entries = archive.entries().map_err(|error| damaged(error.to_string()))?;
    let no_index = || damaged("it is no archive of builds".to_owned());
    let first = entries.next().and_then(Result::ok).ok_or_else(no_index)?;
    if first.path().ok().as_deref() != Some(Path::new(INDEX)) {
        return Err(no_index());
    }
    let index: Index = serde_json::from_reader(first.take(LONGEST_INDEX)).map_err(|_| no_index())?;
    if let Some((reason, help)) = index.refused_by(project) {
        return Err(refused(reason, help));
    }
    let fresh = match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(&folder),
    };
    fresh.map_err(|source| ArchiveError::File {
        what: "clear",
        path: folder.clone(),
        source,
    })?;
    for entry in entries {
        // One that would land outside of the folder is passed over, and missed below.
        entry
            .and_then(|mut entry| entry.unpack_in(&folder))
            .map_err(|error| damaged(error.to_string()))?;
    }
    for entry in &index.builds {
        if digest(&folder.join(&entry.file)).ok().as_ref() != Some(&entry.sha256) {
            return Err(damaged(format!("{} is damaged or missing", entry.file.display())));
        }
    }
    project.build.recipe = Recipe::Archive {
        archive: path.to_owned(),
        folder,
    };
    Ok(())
}

/// The binary of the combination that is called `name` among what was unpacked to `folder`.
pub(super) fn binary(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut files = fs::read_dir(folder.join(name)).ok()?;
    files.find_map(|file| file.ok().map(|file| file.path()))
}

fn digest(path: &Path) -> io::Result<String> {
    let (mut file, mut hasher) = (File::open(path)?, Sha256::new());
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => break,
            read => hasher.update(&part[..read]),
        }
    }
    Ok(hex(&hasher.finalize()))
}

fn commit(root: &Path) -> Option<String> {
    let mut git = Command::new("git");
    let output = git.args(["rev-parse", "HEAD"]).current_dir(root).output().ok()?;
    let commit = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| commit.trim().to_owned())
}
