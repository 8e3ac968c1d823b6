//! Content that is not here, or not here yet: what the registry asks an extension that mirrors other registries.
//!
//! A manifest that an [`Upstream`] hands out may be served before the store has it: the store takes it in once everything
//! is there that it names, by the same rules as any push, so that whatever the store lists is whole.

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use tokio_util::sync::CancellationToken;

use crate::{
    oci::{Digest, Reference, RepositoryName},
    storage::{BlobContent, StoredManifest},
};

/// The longest `Via` that is passed on, in bytes. Whoever sends more has gone round in circles.
const LONGEST_VIA: usize = 1024;

/// What a reader asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The repository, by the name that it has here.
    pub repository: &'a RepositoryName,
    /// The registries that the request came through.
    pub via: &'a Via,
}

/// Why an upstream could not be asked. It says nothing about whether the content exists.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the upstream registry could not be asked: {reason}")]
pub struct UpstreamError {
    /// What went wrong, for the log.
    pub reason: String,
}

/// A manifest that an upstream has.
#[derive(Clone, Debug)]
pub struct RemoteManifest {
    /// What it is.
    pub manifest: StoredManifest,
    /// Its bytes, whose digest was verified.
    pub bytes: Bytes,
}

/// Where content may be had that is not in the store. Everything that it hands out has the digest that it is asked for.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// The manifest that `reference` stands for upstream, unless it is `local`, which the store has. `None`: it is the
    /// same, or upstream has none, or nobody mirrors this repository.
    async fn manifest(
        &self,
        wanted: Wanted<'_>,
        reference: &Reference,
        local: Option<&StoredManifest>,
    ) -> Result<Option<RemoteManifest>, UpstreamError>;

    /// The size of a blob that is not in the store, in bytes.
    async fn blob_size(&self, wanted: Wanted<'_>, digest: &Digest) -> Result<Option<u64>, UpstreamError>;

    /// The content of a blob that is not in the store, or the part of it in `range`. It may still be on its way here; its
    /// last bytes come once its digest is known to be right.
    async fn blob(
        &self,
        wanted: Wanted<'_>,
        digest: &Digest,
        range: Option<Range<u64>>,
    ) -> Result<Option<BlobContent>, UpstreamError>;

    /// Sees to it that the manifests which refer to `subject` upstream are in the store.
    async fn referrers(&self, wanted: Wanted<'_>, subject: &Digest) -> Result<(), UpstreamError>;

    /// Fetches content anew that is in the store and was found to be broken, or missing though a manifest names it.
    /// `false`: no upstream has it.
    async fn repair(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool, UpstreamError>;

    /// Works in the background until `stop` is cancelled, and returns once nothing is under way any more.
    async fn run(self: Arc<Self>, stop: CancellationToken);
}

/// The registries that a request came through, as in the `Via` header (RFC 9110, section 7.6.3): a request that comes
/// back to where it was is not sent round again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Via(String);

impl Via {
    /// What a request says.
    pub fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::VIA).iter();
        let texts: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
        Self(texts.join(", "))
    }

    /// Whether the request was at the registry `id` before, or at more registries than any sensible chain has.
    pub fn has_been_at(&self, id: &str) -> bool {
        self.0.len() > LONGEST_VIA || self.0.split(',').any(|hop| hop.split_whitespace().nth(1) == Some(id))
    }

    /// What the registry `id` says when it asks on.
    pub fn through(&self, id: &str) -> HeaderValue {
        let hop = format!("1.1 {id}");
        let chain = if self.0.is_empty() {
            hop.clone()
        } else {
            format!("{}, {hop}", self.0)
        };
        HeaderValue::try_from(chain)
            .or_else(|_| HeaderValue::try_from(hop))
            .unwrap_or(HeaderValue::from_static("1.1 plimsoll"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_knows_where_it_has_been() {
        let mut headers = HeaderMap::new();
        headers.append(header::VIA, Via::default().through("a"));
        let via = Via::of(&headers);
        assert!(via.has_been_at("a") && !via.has_been_at("b"));
        headers.insert(header::VIA, via.through("b"));
        headers.append(header::VIA, HeaderValue::from_static("HTTP/2 proxy (comment)"));
        let via = Via::of(&headers);
        assert!(via.has_been_at("a") && via.has_been_at("b") && via.has_been_at("proxy"));
        assert!(!via.has_been_at("comment") && !Via::default().has_been_at(""));
    }

    #[test]
    fn a_chain_that_is_too_long_is_a_circle() {
        let mut headers = HeaderMap::new();
        headers.insert(header::VIA, "1.1 x, ".repeat(200).parse().unwrap());
        assert!(Via::of(&headers).has_been_at("a"));
    }
}
