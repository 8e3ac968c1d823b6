//! `/v2/<name>/manifests/<reference>` (end-3, end-7, end-9; spec.md#pulling-manifests, spec.md#pushing-manifests).

use axum::{body::Body, response::Response};
use http::{HeaderName, StatusCode, header};

use super::{
    api::{Api, Input},
    body::read,
    conditional,
    error::ApiError,
    reply::{DOCKER_CONTENT_DIGEST, Reply, STALE},
};
use crate::{
    oci::{Reference, RepositoryName, Tag, TagError},
    service::FoundManifest,
    upstream::Via,
};

/// The most `tag` parameters of one push, as in zot.
const MAX_TAGS: usize = 46;

const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const OCI_TAG: HeaderName = HeaderName::from_static("oci-tag");

pub(super) async fn get(
    api: &Api,
    name: &RepositoryName,
    reference: &str,
    input: &Input,
) -> Result<Response, ApiError> {
    let reader = api.registry.reader(&input.caller, name)?.via(Via::of(&input.headers));
    let found = reader.manifest(&existing(reference)?).await?;
    if conditional::is_known(&input.headers, &found.manifest.digest) {
        return Ok(described(StatusCode::NOT_MODIFIED, &found).done());
    }
    let bytes = reader.pull_manifest(&found).await?;
    let reply = described(StatusCode::OK, &found).header(header::CONTENT_LENGTH, bytes.len());
    Ok(reply.body(Body::from(bytes)).done())
}

pub(super) async fn head(
    api: &Api,
    name: &RepositoryName,
    reference: &str,
    input: &Input,
) -> Result<Response, ApiError> {
    let reader = api.registry.reader(&input.caller, name)?.via(Via::of(&input.headers));
    let found = reader.manifest(&existing(reference)?).await?;
    if conditional::is_known(&input.headers, &found.manifest.digest) {
        return Ok(described(StatusCode::NOT_MODIFIED, &found).done());
    }
    let reply = described(StatusCode::OK, &found).header(header::CONTENT_LENGTH, found.manifest.size);
    Ok(reply.done())
}

pub(super) async fn put(api: &Api, name: &RepositoryName, reference: &str, input: Input) -> Result<Response, ApiError> {
    let caller = input.caller.clone();
    let pusher = api.registry.pusher(&caller, name)?;
    let reference: Reference = reference.parse()?;
    if input.query.all("tag").nth(MAX_TAGS).is_some() {
        return Err(ApiError::TooManyTags(MAX_TAGS));
    }
    let tags = input
        .query
        .all("tag")
        .map(str::parse::<Tag>)
        .collect::<Result<Vec<_>, TagError>>()?;
    let content_type = input.headers.get(header::CONTENT_TYPE).cloned();
    let content_type = content_type.as_ref().and_then(|value| value.to_str().ok());
    let bytes = read(input, api.limits.manifest, ApiError::ManifestTooLarge).await?;
    let stored = pusher
        .put_manifest(&reference, tags.clone(), content_type, bytes)
        .await?;
    let mut reply = Reply::new(StatusCode::CREATED)
        .header(
            header::LOCATION,
            api.location(&format!("/v2/{name}/manifests/{reference}")),
        )
        .header(DOCKER_CONTENT_DIGEST, &stored.digest);
    if let Some(subject) = stored.subject {
        reply = reply.header(OCI_SUBJECT, subject);
    }
    for tag in tags {
        reply = reply.header(OCI_TAG, tag);
    }
    Ok(reply.done())
}

pub(super) async fn delete(
    api: &Api,
    name: &RepositoryName,
    reference: &str,
    input: &Input,
) -> Result<Response, ApiError> {
    let deleter = api.registry.deleter(&input.caller, name)?;
    deleter.manifest(&existing(reference)?).await?;
    Ok(Reply::new(StatusCode::ACCEPTED).done())
}

/// The reference of something that shall be there already. A text that no tag can be names nothing that is there.
fn existing(reference: &str) -> Result<Reference, ApiError> {
    reference.parse().map_err(|error| match error {
        TagError::Malformed => ApiError::NoSuchTag(error),
        TagError::Digest(error) => ApiError::Digest(error),
    })
}

fn described(status: StatusCode, found: &FoundManifest) -> Reply {
    let manifest = &found.manifest;
    let reply = Reply::new(status)
        .header(header::CONTENT_TYPE, &manifest.media_type)
        .header(DOCKER_CONTENT_DIGEST, &manifest.digest)
        .header(header::ETAG, conditional::entity_tag(&manifest.digest));
    if found.is_stale { reply.warning(STALE) } else { reply }
}
