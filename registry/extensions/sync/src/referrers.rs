//! What refers to a manifest: signatures, bills of materials and the like, as referrers or beside it under tags of cosign's.

use std::{collections::HashSet, sync::Arc};

use plimsoll_registry_core::oci::{Digest, Reference, RepositoryName, Tag};

use crate::{
    error::SyncError,
    image::Copier,
    mirror::Inner,
    service::{Place, Source},
};

/// The suffixes under which cosign keeps things beside an image.
const SUFFIXES: [&str; 3] = ["sig", "att", "sbom"];
/// The most manifests that are followed from one image by what refers to them.
const MOST: usize = 10_000;

/// Copies what refers to `subject`, but nothing that refers to that, and what cosign keeps beside it.
pub(crate) async fn copy_direct(
    inner: &Arc<Inner>,
    repository: &RepositoryName,
    source: &Source,
    subject: &Digest,
) -> Result<(), SyncError> {
    let mut worst = None;
    for place in &source.places {
        match copy_from(inner, repository, &source.preferring(place), place, subject).await {
            Ok(_) => {
                place.service.wake();
                if place.service.config.sync_legacy_cosign_tags {
                    copy_companions(inner, repository, &source.preferring(place), subject).await?;
                }
                return Ok(());
            }
            Err(error) => worst = Some(error.worse(worst)),
        }
    }
    Err(worst.unwrap_or(SyncError::NotFound))
}

/// Copies what refers to `subject`, and what refers to that, without end but for cycles.
pub(crate) async fn copy_all(
    inner: &Arc<Inner>,
    repository: &RepositoryName,
    source: &Source,
    place: &Place,
    subjects: Vec<Digest>,
) -> Result<(), SyncError> {
    let mut seen: HashSet<Digest> = subjects.iter().cloned().collect();
    let mut next = subjects;
    while let Some(subject) = next.pop() {
        for referrer in copy_from(inner, repository, source, place, &subject).await? {
            if seen.insert(referrer.clone()) {
                next.push(referrer);
            }
        }
        if seen.len() > MOST {
            return Err(SyncError::Invalid(format!(
                "more than {MOST} manifests refer to one image"
            )));
        }
    }
    Ok(())
}

/// Copies what refers to `subject` at one place, and says what that is.
async fn copy_from(
    inner: &Arc<Inner>,
    repository: &RepositoryName,
    source: &Source,
    place: &Place,
    subject: &Digest,
) -> Result<Vec<Digest>, SyncError> {
    let rows = place
        .remote()
        .referrers(&place.repository, subject, &source.via)
        .await?;
    let copier = Copier {
        fetches: &inner.fetches,
        repository,
        source,
    };
    let mut here = Vec::new();
    for row in rows {
        let reference = Reference::Digest(row.digest.clone());
        let stored = inner.intake().store().manifest(repository, &reference).await?;
        if stored.is_none() {
            let found = match copier.manifest(&reference).await {
                Ok(found) => found,
                // It was deleted since it was listed.
                Err(SyncError::NotFound) => continue,
                Err(error) => return Err(error),
            };
            // Lists can lie: what does not refer to the subject has no place here.
            if found.manifest.subject.as_ref().map(|subject| &subject.digest) != Some(subject) {
                continue;
            }
            match copier.copy(&found, || None).await {
                Err(SyncError::Refused(_)) => continue,
                outcome => outcome?,
            }
        }
        here.push(row.digest);
    }
    Ok(here)
}

/// Copies what cosign keeps beside a manifest.
async fn copy_companions(
    inner: &Arc<Inner>,
    repository: &RepositoryName,
    source: &Source,
    subject: &Digest,
) -> Result<(), SyncError> {
    for suffix in SUFFIXES {
        let Ok(tag) = format!("{}-{}.{suffix}", subject.algorithm(), subject.hex()).parse::<Tag>() else {
            continue;
        };
        let copier = Copier {
            fetches: &inner.fetches,
            repository,
            source,
        };
        match copier.manifest(&Reference::Tag(tag.clone())).await {
            Ok(found) => {
                let stored = inner
                    .intake()
                    .store()
                    .manifest(repository, &Reference::Tag(tag.clone()))
                    .await?;
                if stored.is_none_or(|stored| stored.digest != found.digest) {
                    copier.copy(&found, || Some(tag)).await?;
                }
            }
            Err(error) if error.is_absence() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
