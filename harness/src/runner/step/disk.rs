//! `file`, `corrupt`, `remove`, `write`: what is below the registry's root.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

use super::body;
use crate::{
    assertion::{self, Actual, Mismatch, query},
    runner::{context::Context, stop::Stop},
    scenario::{Body, FileCheck, FileExpect, Matcher, Template},
};

pub(super) fn check(run: &mut Context, step: &FileCheck) -> Result<(), Stop> {
    let name = run.scope.text(&step.path)?;
    let path = run.below_root(&name)?;
    run.checks += 1;
    let metadata = match fs::symlink_metadata(&path) {
        Ok(metadata) => Some(metadata),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
        Err(error) => return Err(Stop::error(format!("cannot look at {name}: {error}"))),
    };
    let (size, text, json, content) = match (&step.expect, &metadata) {
        (FileExpect::Present, Some(_)) | (FileExpect::Absent, None) => return Ok(()),
        (FileExpect::Present | FileExpect::Like { .. }, None) => {
            return Err(Mismatch::new(format!("{name} is not there"), "present", "absent").into());
        }
        (FileExpect::Absent, Some(_)) => {
            return Err(Mismatch::new(format!("{name} is there"), "absent", "present").into());
        }
        (
            FileExpect::Like {
                size,
                text,
                json,
                content,
            },
            Some(_),
        ) => (size, text, json, content),
    };
    if let (Some(matcher), Some(metadata)) = (size, &metadata) {
        look(
            run,
            &format!("the size of {name}"),
            matcher,
            &Actual::Json(metadata.len().into()),
        )?;
    }
    if text.is_none() && json.is_empty() && content.is_none() {
        return Ok(());
    }
    let bytes = fs::read(&path).map_err(|error| Stop::error(format!("cannot read {name}: {error}")))?;
    if !json.is_empty() {
        let document = serde_json::from_slice(&bytes)
            .map_err(|error| Mismatch::new(format!("{name} is not JSON"), "JSON", error.to_string()))?;
        for (path, matcher) in json {
            look(run, &format!("{path} of {name}"), matcher, &query(&document, path)?)?;
        }
    }
    let bytes = Actual::Bytes(bytes.into());
    if let Some(matcher) = text {
        look(run, &format!("the text of {name}"), matcher, &bytes)?;
    }
    if let Some(content) = content {
        look(run, &name, &Matcher::Content(content.clone()), &bytes)?;
    }
    Ok(())
}

fn look(run: &mut Context, what: &str, matcher: &Matcher, actual: &Actual) -> Result<(), Stop> {
    run.checks += 1;
    Ok(assertion::check(matcher, actual, &run.scope).map_err(|error| error.map(|mismatch| mismatch.of(what)))?)
}

/// Flips the lowest bit of a byte, in place: every name that the file has sees it, as with a bad disk.
pub(super) fn corrupt(run: &mut Context, path: &Template, at: u64) -> Result<(), Stop> {
    let name = run.scope.text(path)?;
    let path = run.below_root(&name)?;
    let flip = || -> io::Result<()> {
        let file: File = OpenOptions::new().read(true).write(true).open(&path)?;
        let mut byte = [0];
        file.read_exact_at(&mut byte, at)?;
        byte[0] ^= 1;
        file.write_all_at(&byte, at)
    };
    flip().map_err(|error| Stop::error(format!("cannot corrupt byte {at} of {name}: {error}")))
}

pub(super) fn remove(run: &mut Context, path: &Template) -> Result<(), Stop> {
    let name = run.scope.text(path)?;
    let path = run.below_root(&name)?;
    let removed = match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&path),
        Ok(_) => fs::remove_file(&path),
        Err(error) => Err(error),
    };
    removed.map_err(|error| Stop::error(format!("cannot remove {name}: {error}")))
}

pub(super) fn write(run: &mut Context, path: &Template, content: &Body) -> Result<(), Stop> {
    let name = run.scope.text(path)?;
    let path = run.below_root(&name)?;
    let bytes = body::bytes(run, content)?;
    let parent = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&path, &bytes))
        .map_err(|error| Stop::error(format!("cannot write {name}: {error}")))
}
