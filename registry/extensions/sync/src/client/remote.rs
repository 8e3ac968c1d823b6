//! What can be asked of another registry.

use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use plimsoll_registry_core::oci::{Algorithm, Descriptor, Digest, Manifest, Reference, RepositoryName, media_type};
use reqwest::{Response, Url};

use super::transport::{Request, Transport};
use crate::error::SyncError;

/// The longest manifest, in bytes, as everywhere in this registry.
const LONGEST_MANIFEST: usize = 4 << 20;
/// A blob whose size nobody says may be this large, in bytes.
const LARGEST_UNKNOWN: u64 = 16 << 30;
/// What is taken as a manifest.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.docker.distribution.manifest.v2+json, \
                      application/vnd.oci.artifact.manifest.v1+json";

const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// One URL of a registry.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(super) transport: Transport,
}

/// A manifest as it came, its digest verified.
#[derive(Clone, Debug)]
pub(crate) struct RawManifest {
    pub(crate) digest: Digest,
    pub(crate) bytes: Bytes,
    pub(crate) manifest: Manifest,
}

/// A blob on its way.
pub(crate) struct Download<'a> {
    transport: &'a Transport,
    response: Response,
    /// The size of the whole blob in bytes.
    pub(crate) size: Option<u64>,
    /// Bytes that come before those that were asked for.
    skip: u64,
    received: u64,
    limit: u64,
}

impl fmt::Display for Remote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.transport.base.as_str().trim_end_matches('/'))
    }
}

impl Remote {
    pub(crate) fn new(transport: Transport) -> Self {
        Self { transport }
    }

    /// How much may be asked of it.
    pub(crate) fn limits(&self) -> &super::Limits {
        &self.transport.limits
    }

    /// The URL of something below `/v2/`.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.transport.base.clone();
        let full = format!("{}/v2/{path}", url.path().trim_end_matches('/'));
        url.set_path(&full);
        url
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        url: Url,
        scope: &str,
        via: &HeaderValue,
        accept: Option<&'static str>,
    ) -> Result<Response, SyncError> {
        let _turn = self.transport.limits.request().await;
        let request = Request {
            method,
            url,
            scope,
            via,
            accept,
            offset: 0,
        };
        self.transport.send(&request).await
    }

    /// A manifest.
    pub(crate) async fn manifest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        via: &HeaderValue,
    ) -> Result<RawManifest, SyncError> {
        let url = self.at(&format!("{repository}/manifests/{reference}"));
        let response = self.ask(Method::GET, url, &pull(repository), via, Some(ACCEPT)).await?;
        let named = digest_of(&response);
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let bytes = self.transport.document(response, LONGEST_MANIFEST).await?;
        let expected = match reference {
            Reference::Digest(digest) => Some(digest.clone()),
            Reference::Tag(_) => named,
        };
        let algorithm = expected.as_ref().map_or(Algorithm::Sha256, Digest::algorithm);
        let digest = algorithm.digest(&bytes);
        if expected.is_some_and(|expected| expected != digest) {
            return Err(SyncError::Invalid(format!(
                "the manifest of {repository} {reference} does not have the digest that the registry says"
            )));
        }
        // A type that says nothing of what it is: then the document itself has to.
        let content_type = content_type.filter(|value| value.contains("+json"));
        let manifest =
            Manifest::parse(&bytes, content_type.as_deref()).map_err(|error| SyncError::Invalid(error.to_string()))?;
        Ok(RawManifest {
            digest,
            bytes,
            manifest,
        })
    }

    /// The digest of a manifest, if the registry says.
    pub(crate) async fn manifest_digest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        via: &HeaderValue,
    ) -> Result<Option<Digest>, SyncError> {
        let url = self.at(&format!("{repository}/manifests/{reference}"));
        let response = self
            .ask(Method::HEAD, url, &pull(repository), via, Some(ACCEPT))
            .await?;
        Ok(digest_of(&response))
    }

    /// The size of a blob in bytes.
    pub(crate) async fn blob_size(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        via: &HeaderValue,
    ) -> Result<u64, SyncError> {
        let url = self.at(&format!("{repository}/blobs/{digest}"));
        let response = self.ask(Method::HEAD, url, &pull(repository), via, None).await?;
        length(&response).ok_or_else(|| SyncError::Invalid("the registry does not say how large a blob is".into()))
    }

    /// A blob, from `offset` on.
    pub(crate) async fn blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        offset: u64,
        via: &HeaderValue,
    ) -> Result<Download<'_>, SyncError> {
        self.transport.limits.turn().await;
        let scope = pull(repository);
        let request = Request {
            method: Method::GET,
            url: self.at(&format!("{repository}/blobs/{digest}")),
            scope: &scope,
            via,
            accept: None,
            offset,
        };
        let response = self.transport.send(&request).await?;
        let length = length(&response);
        let (size, skip) = if response.status() == StatusCode::PARTIAL_CONTENT {
            let range = response.headers().get(header::CONTENT_RANGE);
            let range = range.and_then(|value| value.to_str().ok()).and_then(content_range);
            match range {
                Some((first, size)) if first == offset && offset > 0 => (size, 0),
                _ => {
                    return Err(SyncError::Invalid(
                        "the registry sent another part of a blob than was asked for".into(),
                    ));
                }
            }
        } else {
            (length, offset)
        };
        let limit = size.unwrap_or(LARGEST_UNKNOWN) - if skip > 0 { 0 } else { offset.min(size.unwrap_or(0)) };
        Ok(Download {
            transport: &self.transport,
            response,
            size,
            skip,
            received: 0,
            limit,
        })
    }

    /// What refers to a manifest, by the API, or by the tag that stands in for it (spec.md#referrers-tag-schema).
    pub(crate) async fn referrers(
        &self,
        repository: &RepositoryName,
        subject: &Digest,
        via: &HeaderValue,
    ) -> Result<Vec<Descriptor>, SyncError> {
        let first = self.at(&format!("{repository}/referrers/{subject}"));
        match self.referrers_list(first, &pull(repository), via).await {
            Err(SyncError::NotFound | SyncError::Status(400 | 405 | 501)) => {}
            outcome => return outcome,
        }
        let Ok(tag) = format!("{}-{}", subject.algorithm(), subject.hex()).parse() else {
            return Ok(Vec::new());
        };
        match self.manifest(repository, &Reference::Tag(tag), via).await {
            Ok(found) if found.manifest.media_type == media_type::INDEX => Ok(found.manifest.manifests),
            Ok(_) => Ok(Vec::new()),
            Err(error) if error.is_absence() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

impl Download<'_> {
    /// The next piece.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, SyncError> {
        loop {
            let Some(mut piece) = self.transport.next(&mut self.response).await? else {
                return Ok(None);
            };
            self.received += piece.len() as u64;
            if self.received > self.limit {
                return Err(SyncError::Invalid("a blob is larger than the registry said".into()));
            }
            let skipped = self.skip.min(piece.len() as u64);
            self.skip -= skipped;
            let piece = piece.split_off(usize::try_from(skipped).unwrap_or(piece.len()));
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }
}

/// The leave that reading a repository takes.
pub(super) fn pull(repository: &RepositoryName) -> String {
    format!("repository:{repository}:pull")
}

fn digest_of(response: &Response) -> Option<Digest> {
    response
        .headers()
        .get(DOCKER_CONTENT_DIGEST)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// `Content-Length` as it stands: the client's own reading of it is of the body, which HEAD has none of.
fn length(response: &Response) -> Option<u64> {
    response
        .headers()
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// The first byte and the whole size of `bytes <first>-<last>/<size>`.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, size) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, size.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_a_part_is_read() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        assert_eq!(content_range("bytes */10"), None);
        assert_eq!(content_range("5-9/10"), None);
    }
}
