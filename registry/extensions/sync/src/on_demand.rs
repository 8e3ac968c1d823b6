//! What a client asks for and what is not here, or may be newer elsewhere.

use std::sync::Arc;

use plimsoll_registry_core::{
    oci::{Digest, Reference, RepositoryName, Tag},
    upstream::RemoteManifest,
};

use crate::{
    client::RawManifest,
    error::SyncError,
    fetch::stopping,
    image::Copier,
    mirror::Inner,
    pending::handed_out,
    service::{Place, Source},
    signature::is_signed,
    tags::companion_of,
};

/// One look for a manifest, on behalf of everyone who asks for it at the same time.
#[derive(Debug)]
pub(crate) struct Resolution {
    pub(crate) inner: Arc<Inner>,
    pub(crate) repository: RepositoryName,
    pub(crate) reference: Reference,
    pub(crate) source: Source,
}

/// What a look at one place yields.
enum Look {
    /// It has what is known already.
    Same,
    /// It has this.
    Found(Box<RawManifest>),
}

impl Resolution {
    /// Asks one place after the other. The first manifest that may be had is handed out at once, and copied in the
    /// background.
    pub(crate) async fn run(self) -> Result<Option<RemoteManifest>, SyncError> {
        let stop = self.inner.stop.clone();
        let outcome = stop.run_until_cancelled(self.resolve()).await;
        outcome.unwrap_or_else(|| Err(stopping()))
    }

    async fn resolve(self) -> Result<Option<RemoteManifest>, SyncError> {
        let store = self.inner.intake().store();
        // It may have come since it was not found.
        let stored = store.manifest(&self.repository, &self.reference).await?;
        let pending = self.inner.pending.get(&self.repository, &self.reference);
        let known = pending.as_ref().map(|pending| &pending.manifest).or(stored.as_ref());
        let known = known.map(|manifest| manifest.digest.clone());
        let mut worst = None;
        for place in &self.source.places {
            let look = self.look(place, known.as_ref()).await;
            if look.is_ok() || look.as_ref().is_err_and(SyncError::is_absence) {
                place.service.wake();
            }
            match look {
                Ok(Look::Same) => {
                    tracing::info!(
                        component = "sync",
                        repository = %self.repository,
                        reference = %self.reference,
                        "skipping image because it's already synced"
                    );
                    self.note_check();
                    return self.stored_or(pending).await;
                }
                Ok(Look::Found(raw)) => {
                    self.note_check();
                    let found = handed_out(&raw);
                    self.copy(place, *raw);
                    return Ok(Some(found));
                }
                Err(error) => {
                    tracing::debug!(
                        component = "sync",
                        repository = %self.repository,
                        reference = %self.reference,
                        remote = %place.remote(),
                        %error,
                        "the registry does not have the image, or cannot be asked"
                    );
                    worst = Some(error.worse(worst));
                }
            }
        }
        match worst {
            Some(error) if !error.is_absence() => Err(error),
            absence => {
                if let Some(error) = absence.filter(|error| !matches!(error, SyncError::NotFound)) {
                    tracing::error!(
                        component = "sync",
                        repository = %self.repository,
                        reference = %self.reference,
                        %error,
                        "failed to sync image"
                    );
                }
                self.stored_or(pending).await
            }
        }
    }

    /// What is on its way; or what was stored since the client's own look, which its registry has to be told of.
    async fn stored_or(&self, pending: Option<RemoteManifest>) -> Result<Option<RemoteManifest>, SyncError> {
        if pending.is_some() {
            return Ok(pending);
        }
        let store = self.inner.intake().store();
        let Some(manifest) = store.manifest(&self.repository, &self.reference).await? else {
            return Ok(None);
        };
        let bytes = store.read_manifest(&self.repository, &manifest.digest).await?;
        Ok(bytes.map(|bytes| RemoteManifest { manifest, bytes }))
    }

    async fn look(&self, place: &Place, known: Option<&Digest>) -> Result<Look, SyncError> {
        let (remote, via) = (place.remote(), &self.source.via);
        if let (Some(known), Reference::Tag(_)) = (known, &self.reference) {
            let newest = remote.manifest_digest(&place.repository, &self.reference, via).await?;
            if newest.as_ref() == Some(known) {
                return Ok(Look::Same);
            }
            tracing::info!(
                component = "sync",
                repository = %self.repository,
                reference = %self.reference,
                "remote image digest changed, syncing again"
            );
        }
        let raw = remote.manifest(&place.repository, &self.reference, via).await?;
        if known == Some(&raw.digest) {
            return Ok(Look::Same);
        }
        if place.service.config.only_signed
            && !self.needs_no_signature(&raw)
            && !is_signed(place, &raw.digest, via).await?
        {
            return Err(SyncError::Unsigned);
        }
        let source = self.source.preferring(place);
        self.copier(&source).judge(&raw, &self.reference).await?;
        Ok(Look::Found(Box::new(raw)))
    }

    /// A signature itself is not signed, nor are the parts of an index, which is.
    fn needs_no_signature(&self, raw: &RawManifest) -> bool {
        match &self.reference {
            Reference::Tag(tag) => companion_of(tag).is_some(),
            Reference::Digest(digest) => {
                raw.manifest.subject.is_some() || self.inner.pending.names(&self.repository, digest)
            }
        }
    }

    fn copier<'a>(&'a self, source: &'a Source) -> Copier<'a> {
        Copier {
            fetches: &self.inner.fetches,
            repository: &self.repository,
            source,
        }
    }

    fn note_check(&self) {
        if let Reference::Tag(tag) = &self.reference {
            self.inner.note_check(&self.repository, tag);
        }
    }

    /// Begins to copy an image, unless that is under way.
    fn copy(&self, place: &Place, raw: RawManifest) {
        let tag = match &self.reference {
            Reference::Tag(tag) => Some(tag.clone()),
            Reference::Digest(_) => None,
        };
        if !self.inner.pending.begin(&self.repository, &raw, tag.as_ref()) {
            return;
        }
        let copy = Copy {
            inner: Arc::clone(&self.inner),
            repository: self.repository.clone(),
            source: self.source.preferring(place),
            place: place.clone(),
            raw,
            tag,
        };
        let stop = self.inner.stop.clone();
        self.inner.tracker.spawn(async move {
            stop.run_until_cancelled(copy.run()).await;
            copy.inner
                .pending
                .end(&copy.repository, &copy.raw.digest, copy.tag.as_ref());
        });
    }
}

/// An image on its way, whoever waits for it.
struct Copy {
    inner: Arc<Inner>,
    repository: RepositoryName,
    source: Source,
    place: Place,
    raw: RawManifest,
    tag: Option<Tag>,
}

impl Copy {
    async fn run(&self) {
        let reference = self
            .tag
            .as_ref()
            .map_or_else(|| self.raw.digest.to_string(), ToString::to_string);
        let (repository, reference) = (&self.repository, reference.as_str());
        tracing::info!(component = "sync", repository = %repository, reference, "syncing image");
        let Err(error) = self.once().await else {
            tracing::info!(component = "sync", repository = %repository, reference, "successfully synced image");
            return;
        };
        tracing::error!(component = "sync", repository = %repository, reference, %error, "failed to sync image");
        let retry = self.place.service.retry;
        if retry.times == 0 || !error.is_passing() {
            return;
        }
        tracing::info!(
            component = "sync",
            repository = %repository,
            reference,
            "sync routine: starting routine to retry copy image due to error"
        );
        let mut failed = 1;
        let mut error = error;
        let outcome = loop {
            tokio::time::sleep(retry.delay(failed, &error)).await;
            match self.once().await {
                Err(next) if next.is_passing() && failed < retry.times => error = next,
                outcome => break outcome,
            }
            failed += 1;
        };
        let error = outcome.err().map(|error| error.to_string());
        tracing::info!(component = "sync", repository = %repository, reference, error, "sync routine for image exited");
    }

    async fn once(&self) -> Result<(), SyncError> {
        let copier = Copier {
            fetches: &self.inner.fetches,
            repository: &self.repository,
            source: &self.source,
        };
        let newest = || {
            let tag = self.tag.clone()?;
            let newest = self.inner.pending.is_newest(&self.repository, &tag, &self.raw.digest);
            newest.then_some(tag)
        };
        let limit = self.place.service.config.sync_timeout;
        tokio::time::timeout(limit, copier.copy(&self.raw, newest))
            .await
            .unwrap_or(Err(SyncError::TimedOut(limit)))
    }
}
