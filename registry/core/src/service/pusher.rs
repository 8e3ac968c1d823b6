//! What the right to push opens.

use std::io;

use bytes::Bytes;
use futures_util::StreamExt as _;

use super::{Incoming, Registry, RegistryError, Result};
use crate::{
    auth::{Action, Caller, Denied, Grant},
    hooks::Event,
    oci::{Algorithm, Digest, Manifest, Reference, RepositoryName, Tag},
    storage::{Chunk, StorageError, UploadId, UploadStatus},
    upstream::{UpstreamError, Via, Wanted},
};

/// One repository, for someone who may push to it.
#[derive(Debug)]
pub struct Pusher<'a> {
    registry: &'a Registry,
    caller: &'a Caller,
    grant: Grant<'a>,
}

/// A chunk that fails beyond `room` bytes.
fn limited(chunk: Chunk, room: u64) -> Chunk {
    let mut came: u64 = 0;
    let body = chunk.body.map(move |piece| {
        let piece = piece?;
        came += piece.len() as u64;
        if came > room {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(piece)
    });
    Chunk {
        body: Box::pin(body),
        ..chunk
    }
}

/// A manifest that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedManifest {
    /// Its digest.
    pub digest: Digest,
    /// The manifest that it refers to.
    pub subject: Option<Digest>,
}

impl<'a> Pusher<'a> {
    pub(super) const fn new(registry: &'a Registry, caller: &'a Caller, grant: Grant<'a>) -> Self {
        Self {
            registry,
            caller,
            grant,
        }
    }

    const fn repository(&self) -> &'a RepositoryName {
        self.grant.repository()
    }

    /// Opens an upload session.
    pub async fn begin(&self, algorithm: Algorithm) -> Result<UploadId> {
        Ok(self.registry.store.begin_upload(self.repository(), algorithm).await?)
    }

    /// How far a session has come.
    pub async fn status(&self, upload: &UploadId) -> Result<UploadStatus> {
        Ok(self.registry.store.upload_status(self.repository(), upload).await?)
    }

    /// Appends to a session.
    pub async fn append(&self, upload: &UploadId, chunk: Chunk) -> Result<UploadStatus> {
        let store = &self.registry.store;
        let Some(longest) = self.registry.longest_blob else {
            return Ok(store.append_upload(self.repository(), upload, chunk).await?);
        };
        let stored = store.upload_status(self.repository(), upload).await?.stored;
        let room = longest.saturating_sub(stored);
        if chunk.length.is_some_and(|length| length > room) {
            return Err(RegistryError::BlobTooLarge(longest));
        }
        let chunk = limited(chunk, room);
        match store.append_upload(self.repository(), upload, chunk).await {
            Err(StorageError::Interrupted(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                Err(RegistryError::BlobTooLarge(longest))
            }
            outcome => Ok(outcome?),
        }
    }

    /// Ends a session and forgets its bytes.
    pub async fn cancel(&self, upload: &UploadId) -> Result<()> {
        Ok(self.registry.store.cancel_upload(self.repository(), upload).await?)
    }

    /// Closes a session: its bytes become the blob `digest`.
    pub async fn finish(&self, upload: &UploadId, digest: &Digest) -> Result<()> {
        let repository = self.repository();
        self.registry.store.finish_upload(repository, upload, digest).await?;
        self.registry.events.emit(&Event::BlobStored { repository, digest });
        Ok(())
    }

    /// Stores a blob whose bytes come at once. What arrived of one that fails is forgotten: the client knows of no session.
    pub async fn store_blob(&self, digest: &Digest, chunk: Chunk) -> Result<()> {
        let upload = self.begin(digest.algorithm()).await?;
        if let Err(error) = self.append(&upload, chunk).await {
            if let Err(error) = self.cancel(&upload).await {
                tracing::debug!(%error, %upload, "a failed upload stays until it expires");
            }
            return Err(error);
        }
        self.finish(&upload, digest).await
    }

    /// Makes a blob of another repository visible here. `false`: it is not there, or the caller may not read it there,
    /// which must look the same.
    pub async fn mount(&self, from: Option<&RepositoryName>, digest: &Digest) -> Result<bool> {
        let gate = &self.registry.gate;
        let readable = match from {
            Some(from) => gate.admit(self.caller, Action::Read, from).is_ok(),
            None => gate.admits_everywhere(self.caller, Action::Read),
        };
        let repository = self.repository();
        let mounted = readable && self.registry.store.mount_blob(from, repository, digest).await?;
        if mounted {
            self.registry.events.emit(&Event::BlobStored { repository, digest });
        }
        Ok(mounted)
    }

    /// Stores a manifest under `reference` and points `tags` at it as well. A policy is asked once everything else is
    /// right.
    pub async fn put_manifest(
        &self,
        reference: &Reference,
        mut tags: Vec<Tag>,
        content_type: Option<&str>,
        bytes: Bytes,
    ) -> Result<PushedManifest> {
        let repository = self.repository();
        let digest = match reference {
            Reference::Digest(expected) => {
                let actual = expected.algorithm().digest(&bytes);
                if actual != *expected {
                    let expected = expected.clone();
                    return Err(StorageError::DigestMismatch { expected, actual }.into());
                }
                actual
            }
            Reference::Tag(tag) => {
                tags.push(tag.clone());
                Algorithm::Sha256.digest(&bytes)
            }
        };
        tags.sort_unstable();
        tags.dedup();
        let manifest = Manifest::parse(&bytes, content_type)?;
        self.registry.intake.admit_kind(&manifest)?;
        // To point a tag at something else takes a right of its own.
        let update = self.registry.gate.admit(self.caller, Action::Update, repository);
        if let Err(denied) = &update {
            self.refuse_moved(&tags, &digest, *denied).await?;
        }
        self.fetch_promised(&manifest).await?;
        let subject = manifest.subject.as_ref().map(|subject| subject.digest.clone());
        let incoming = Incoming {
            digest: digest.clone(),
            bytes,
            manifest,
            tags,
            create_only: update.is_err(),
        };
        let intake = &self.registry.intake;
        match (intake.put(self.caller, repository, reference, incoming).await, update) {
            // Somebody else has created the tag meanwhile.
            (Err(RegistryError::Storage(StorageError::TagTaken(_))), Err(denied)) => Err(denied.into()),
            (outcome, _) => outcome.map(|()| PushedManifest { digest, subject }),
        }
    }

    /// Where this registry mirrors another, what that one has was said to be here: then it has to be.
    async fn fetch_promised(&self, manifest: &Manifest) -> Result<()> {
        let Some(upstream) = &self.registry.upstream else {
            return Ok(());
        };
        let repository = self.repository();
        let (intake, via) = (&self.registry.intake, Via::default());
        for digest in intake.missing(repository, &intake.required(manifest)).await? {
            let wanted = Wanted { repository, via: &via };
            if let Some(mut content) = upstream.blob(wanted, &digest, None).await? {
                while let Some(piece) = content.body.next().await {
                    piece.map_err(|error| UpstreamError {
                        reason: error.to_string(),
                    })?;
                }
            }
        }
        Ok(())
    }

    /// Refuses early what the store would refuse: that one of the tags points at something else.
    async fn refuse_moved(&self, tags: &[Tag], digest: &Digest, denied: Denied) -> Result<()> {
        for tag in tags {
            let reference = Reference::Tag(tag.clone());
            let present = self.registry.store.manifest(self.repository(), &reference).await?;
            if present.is_some_and(|manifest| manifest.digest != *digest) {
                return Err(denied.into());
            }
        }
        Ok(())
    }
}
