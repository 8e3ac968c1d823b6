//! Copies an image with everything that it names: what is deepest first, so that whatever the store lists is whole.

use std::{collections::HashSet, pin::Pin, sync::Arc};

use futures_util::{StreamExt as _, stream};
use plimsoll_registry_core::{
    auth::Caller,
    oci::{Descriptor, Digest, ManifestKind, Reference, RepositoryName, Tag, media_type},
    service::{Incoming, Intake, RegistryError},
    storage::StorageError,
};
use serde::Deserialize;

use crate::{
    client::RawManifest,
    error::SyncError,
    fetch::{Fetches, Order},
    service::Source,
};

/// The deepest that indexes may be nested.
const DEEPEST: usize = 8;
/// The most manifests of one image.
const MOST_MANIFESTS: usize = 10_000;
/// How often blobs are fetched again that garbage collection took while the others came.
const ATTEMPTS: usize = 3;

/// Copies images into one repository here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copier<'a> {
    pub(crate) fetches: &'a Arc<Fetches>,
    /// The repository here.
    pub(crate) repository: &'a RepositoryName,
    pub(crate) source: &'a Source,
}

type Boxed<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

/// Descriptors of a manifest that this registry gives no meaning to.
#[derive(Deserialize)]
struct OtherDocument {
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    blobs: Vec<Descriptor>,
}

impl<'a> Copier<'a> {
    fn intake(&self) -> &'a Intake {
        &self.fetches.intake
    }

    /// A manifest, from the first place that has it.
    pub(crate) async fn manifest(&self, reference: &Reference) -> Result<RawManifest, SyncError> {
        let mut worst = None;
        for place in &self.source.places {
            let found = place.remote().manifest(&place.repository, reference, &self.source.via);
            match found.await {
                Ok(found) => return Ok(found),
                Err(error) => worst = Some(error.worse(worst)),
            }
        }
        Err(worst.unwrap_or(SyncError::NotFound))
    }

    /// Copies everything that a manifest names, and then the manifest. `tag` is asked for last, so that a tag which moved
    /// on meanwhile is not moved back.
    pub(crate) async fn copy(&self, raw: &RawManifest, tag: impl FnOnce() -> Option<Tag>) -> Result<(), SyncError> {
        let mut seen = HashSet::from([raw.digest.clone()]);
        self.copy_named(raw, 0, &mut seen).await?;
        self.put(raw, tag()).await
    }

    /// Whether the policies would take a manifest and those that it names. Only configs are fetched for it.
    pub(crate) async fn judge(&self, raw: &RawManifest, reference: &Reference) -> Result<(), SyncError> {
        self.intake().admit_kind(&raw.manifest)?;
        if !self.intake().has_policies() {
            return Ok(());
        }
        let mut seen = HashSet::from([raw.digest.clone()]);
        self.judge_named(raw, reference, 0, &mut seen).await
    }

    fn judge_named<'f>(
        &'f self,
        raw: &'f RawManifest,
        reference: &'f Reference,
        depth: usize,
        seen: &'f mut HashSet<Digest>,
    ) -> Boxed<'f, Result<(), SyncError>> {
        Box::pin(async move {
            if let Some(config) = &raw.manifest.config {
                self.blob(config).await?;
            }
            for child in children(raw, depth, seen)? {
                let reference = Reference::Digest(child.digest);
                let child = match self.manifest(&reference).await {
                    Ok(child) => child,
                    // What is not there is found out when the image is copied.
                    Err(error) if error.is_absence() => continue,
                    Err(error) => return Err(error),
                };
                self.judge_named(&child, &reference, depth + 1, seen).await?;
            }
            let judged = self
                .intake()
                .judge(self.repository, reference, &incoming(raw, None))
                .await;
            judged.map_err(|error| self.refused(reference, error))
        })
    }

    fn copy_named<'f>(
        &'f self,
        raw: &'f RawManifest,
        depth: usize,
        seen: &'f mut HashSet<Digest>,
    ) -> Boxed<'f, Result<(), SyncError>> {
        Box::pin(async move {
            let mut missing = None;
            for child in children(raw, depth, seen)? {
                let reference = Reference::Digest(child.digest.clone());
                let outcome = match self.manifest(&reference).await {
                    Ok(found) => match self.copy_named(&found, depth + 1, seen).await {
                        Ok(()) => self.put(&found, None).await,
                        failed => failed,
                    },
                    // An index may also name what is no manifest.
                    Err(SyncError::NotFound) if !is_manifest(&child) => self.blob(&child).await,
                    Err(error) => Err(error),
                };
                // The others are copied all the same.
                if let Err(error) = outcome {
                    tracing::error!(
                        component = "sync",
                        repository = %self.repository,
                        digest = %child.digest,
                        %error,
                        "failed to copy image of an index"
                    );
                    missing = Some(error.worse(missing));
                }
            }
            if let Some(error) = missing {
                return Err(error);
            }
            self.blobs(raw).await
        })
    }

    /// Brings the blobs of a manifest here, a few at a time.
    async fn blobs(&self, raw: &RawManifest) -> Result<(), SyncError> {
        let width = self
            .source
            .places
            .first()
            .map_or(1, |place| place.service.config.req_concurrent);
        let mut seen = HashSet::new();
        let blobs = blobs_of(raw)
            .into_iter()
            .filter(|blob| seen.insert(blob.digest.clone()));
        let mut fetched = stream::iter(blobs.collect::<Vec<_>>())
            .map(|blob| async move { self.blob(&blob).await })
            .buffer_unordered(width.clamp(1, 64));
        while let Some(outcome) = fetched.next().await {
            outcome?;
        }
        Ok(())
    }

    async fn blob(&self, blob: &Descriptor) -> Result<(), SyncError> {
        let store = self.intake().store();
        if store.blob_size(self.repository, &blob.digest).await?.is_some() {
            return Ok(());
        }
        let order = Order {
            repository: self.repository.clone(),
            digest: blob.digest.clone(),
            size: Some(blob.size),
            source: self.source.clone(),
            background: true,
        };
        self.fetches.bring(order).await
    }

    async fn put(&self, raw: &RawManifest, tag: Option<Tag>) -> Result<(), SyncError> {
        let reference = tag
            .clone()
            .map_or_else(|| Reference::Digest(raw.digest.clone()), Reference::Tag);
        for _ in 0..ATTEMPTS {
            let incoming = incoming(raw, tag.clone());
            let caller = Caller::default();
            match self.intake().put(&caller, self.repository, &reference, incoming).await {
                // Garbage collection with a short delay took what came first.
                Err(RegistryError::Storage(StorageError::MissingContent { .. })) => self.blobs(raw).await?,
                outcome => return outcome.map_err(|error| self.refused(&reference, error)),
            }
        }
        Err(SyncError::Storage(
            "garbage collection removes blobs faster than they arrive; storage.gcDelay is too short".into(),
        ))
    }

    fn refused(&self, reference: &Reference, error: RegistryError) -> SyncError {
        if let RegistryError::Refused(refusal) = &error {
            let reason = if refusal.detail.contains_key("missingAnnotations") {
                "failed to upload manifest because of missing annotations"
            } else {
                "failed to upload manifest because a policy refuses it"
            };
            tracing::error!(component = "sync", repository = %self.repository, reference = %reference, "{reason}");
        }
        error.into()
    }
}

fn incoming(raw: &RawManifest, tag: Option<Tag>) -> Incoming {
    Incoming {
        digest: raw.digest.clone(),
        bytes: raw.bytes.clone(),
        manifest: raw.manifest.clone(),
        tags: tag.into_iter().collect(),
        create_only: false,
    }
}

/// The manifests that an index names and that were not seen yet.
fn children(raw: &RawManifest, depth: usize, seen: &mut HashSet<Digest>) -> Result<Vec<Descriptor>, SyncError> {
    let named = raw.manifest.manifests.iter().filter(|child| !child.is_elsewhere());
    let fresh: Vec<_> = named
        .filter(|child| seen.insert(child.digest.clone()))
        .cloned()
        .collect();
    if !fresh.is_empty() && depth >= DEEPEST {
        return Err(SyncError::Invalid(format!(
            "indexes are nested more than {DEEPEST} deep"
        )));
    }
    if seen.len() > MOST_MANIFESTS {
        return Err(SyncError::Invalid(format!(
            "an image has more than {MOST_MANIFESTS} manifests"
        )));
    }
    Ok(fresh)
}

fn is_manifest(descriptor: &Descriptor) -> bool {
    matches!(
        descriptor.media_type.as_str(),
        media_type::IMAGE | media_type::INDEX | media_type::DOCKER_IMAGE | media_type::DOCKER_LIST
    )
}

/// The blobs that a manifest names, but for those that are to be had elsewhere.
fn blobs_of(raw: &RawManifest) -> Vec<Descriptor> {
    if raw.manifest.kind != ManifestKind::Other {
        return raw.manifest.required().cloned().collect();
    }
    let Ok(document) = serde_json::from_slice::<OtherDocument>(&raw.bytes) else {
        return Vec::new();
    };
    let named = document.config.into_iter().chain(document.layers).chain(document.blobs);
    named.filter(|blob| !blob.is_elsewhere()).collect()
}
