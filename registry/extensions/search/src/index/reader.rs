//! Reads repositories through the store.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::{StreamExt as _, stream};
use plimsoll_registry_core::{
    oci::{Digest, Manifest, RepositoryName},
    storage::{StorageError, Store},
};

use super::RepositorySnapshot;
use crate::content::{ImageConfig, LARGEST_CONFIG, ManifestFacts, is_image_config};

/// So many manifests of a repository are read at a time.
const PARALLEL: usize = 8;

/// Reads what a repository holds. What `previous` knows is not read again. `None`: it holds no manifest, or is not there.
pub(crate) async fn read_repository(
    store: &dyn Store,
    name: &RepositoryName,
    previous: Option<&RepositorySnapshot>,
) -> Result<Option<RepositorySnapshot>, StorageError> {
    let entries = store.index(name).await?;
    if entries.is_empty() {
        return Ok(None);
    }
    let mut known: HashMap<Digest, Arc<ManifestFacts>> = HashMap::new();
    let mut lacking: HashSet<Digest> = HashSet::new();
    let mut seen: HashSet<Digest> = HashSet::new();
    let mut next: Vec<(Digest, Box<str>)> = entries
        .iter()
        .map(|entry| (entry.manifest.digest.clone(), entry.manifest.media_type.as_str().into()))
        .collect();
    // Level by level: what an index names comes after it.
    while !next.is_empty() {
        next.retain(|(digest, _)| seen.insert(digest.clone()));
        let mut found = stream::iter(next)
            .map(|(digest, media_type)| async move {
                match previous.and_then(|previous| previous.reusable(&digest, &media_type)) {
                    Some(facts) => Ok(Found::Whole(Arc::clone(facts))),
                    None => read_manifest(store, name, digest, &media_type).await,
                }
            })
            .buffer_unordered(PARALLEL);
        next = Vec::new();
        while let Some(found) = found.next().await {
            let facts = match found? {
                Found::Whole(facts) => facts,
                Found::WithoutConfig(facts) => {
                    lacking.insert(facts.digest.clone());
                    facts
                }
                Found::Nothing => continue,
            };
            let children = facts.children().iter();
            next.extend(children.map(|child| (child.digest.clone(), child.media_type.clone())));
            known.insert(facts.digest.clone(), facts);
        }
    }
    Ok(Some(RepositorySnapshot::new(name.clone(), &entries, known, lacking)))
}

enum Found {
    Whole(Arc<ManifestFacts>),
    /// The config that it names is not there.
    WithoutConfig(Arc<ManifestFacts>),
    /// The manifest is not there, or is none.
    Nothing,
}

async fn read_manifest(
    store: &dyn Store,
    name: &RepositoryName,
    digest: Digest,
    media_type: &str,
) -> Result<Found, StorageError> {
    let bytes = match store.read_manifest(name, &digest).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(Found::Nothing),
        Err(error @ StorageError::Corrupt { .. }) => {
            tracing::warn!(repository = %name, %digest, %error, component = "search", "a manifest cannot be searched");
            return Ok(Found::Nothing);
        }
        Err(error) => return Err(error),
    };
    let manifest = match Manifest::parse(&bytes, Some(media_type)) {
        Ok(manifest) => manifest,
        Err(error) => {
            tracing::warn!(repository = %name, %digest, %error, component = "search", "a manifest cannot be searched");
            return Ok(Found::Nothing);
        }
    };
    let named = manifest
        .config
        .as_ref()
        .filter(|config| is_image_config(&config.media_type));
    let (config, whole) = match named {
        None => (None, true),
        Some(descriptor) => match read_config(store, name, &descriptor.digest).await? {
            Some(config) => (Some(config), true),
            None => (None, false),
        },
    };
    let facts = Arc::new(ManifestFacts::new(
        digest,
        bytes.len() as u64,
        manifest,
        config.as_ref(),
    ));
    Ok(if whole {
        Found::Whole(facts)
    } else {
        Found::WithoutConfig(facts)
    })
}

/// Reads the config of an image. `None`: it is not there. One that is not an image's, or far too large, says nothing.
pub(crate) async fn read_config(
    store: &dyn Store,
    name: &RepositoryName,
    digest: &Digest,
) -> Result<Option<ImageConfig>, StorageError> {
    let mut content = match store.read_blob(name, digest, None).await {
        Ok(Some(content)) => content,
        Ok(None) => return Ok(None),
        Err(StorageError::Corrupt { .. }) => return Ok(Some(ImageConfig::default())),
        Err(error) => return Err(error),
    };
    if content.size > LARGEST_CONFIG {
        return Ok(Some(ImageConfig::default()));
    }
    let mut bytes = Vec::new();
    while let Some(piece) = content.body.next().await {
        let piece = piece.map_err(|source| StorageError::Io {
            context: format!("read the config {digest} in {name}"),
            source,
        })?;
        bytes.extend_from_slice(&piece);
    }
    let config = serde_json::from_slice(&bytes).unwrap_or_else(|error| {
        tracing::debug!(repository = %name, %digest, %error, component = "search", "a config is not an image's");
        ImageConfig::default()
    });
    Ok(Some(config))
}
