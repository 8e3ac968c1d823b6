//! `/v2/<name>/blobs/<digest>` (end-2, end-10; spec.md#pulling-blobs, spec.md#deleting-blobs).

use axum::{body::Body, response::Response};
use http::{StatusCode, header};

use super::{
    api::{Api, Input},
    conditional,
    error::ApiError,
    reply::{DOCKER_CONTENT_DIGEST, Reply},
};
use crate::{
    oci::{Digest, RepositoryName, RequestedRange},
    upstream::Via,
};

pub(super) async fn get(api: &Api, name: &RepositoryName, digest: &str, input: &Input) -> Result<Response, ApiError> {
    let reader = api.registry.reader(&input.caller, name)?.via(Via::of(&input.headers));
    let digest: Digest = digest.parse()?;
    let range = input.headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let range = range.filter(|_| conditional::range_applies(&input.headers, &digest));
    if range.is_none() && !input.headers.contains_key(header::IF_NONE_MATCH) {
        let content = reader.blob(&digest, None).await?;
        let reply = described(StatusCode::OK, &digest).header(header::CONTENT_LENGTH, content.size);
        return Ok(reply.body(Body::from_stream(content.body)).done());
    }
    let size = reader.blob_size(&digest).await?;
    if conditional::is_known(&input.headers, &digest) {
        return Ok(described(StatusCode::NOT_MODIFIED, &digest).done());
    }
    match range.map_or(RequestedRange::Whole, |range| RequestedRange::parse(range, size)) {
        RequestedRange::Unsatisfiable => Err(ApiError::RangeNotSatisfiable { size }),
        RequestedRange::Whole => {
            let content = reader.blob(&digest, None).await?;
            let reply = described(StatusCode::OK, &digest).header(header::CONTENT_LENGTH, content.size);
            Ok(reply.body(Body::from_stream(content.body)).done())
        }
        RequestedRange::Part(part) => {
            let content = reader.blob(&digest, Some(part.clone())).await?;
            let (first, last) = (part.start, part.end - 1);
            let reply = described(StatusCode::PARTIAL_CONTENT, &digest)
                .header(header::CONTENT_LENGTH, part.end - part.start)
                .header(header::CONTENT_RANGE, format!("bytes {first}-{last}/{size}"));
            Ok(reply.body(Body::from_stream(content.body)).done())
        }
    }
}

pub(super) async fn head(api: &Api, name: &RepositoryName, digest: &str, input: &Input) -> Result<Response, ApiError> {
    let reader = api.registry.reader(&input.caller, name)?.via(Via::of(&input.headers));
    let digest: Digest = digest.parse()?;
    let size = reader.blob_size(&digest).await?;
    if conditional::is_known(&input.headers, &digest) {
        return Ok(described(StatusCode::NOT_MODIFIED, &digest).done());
    }
    let reply = described(StatusCode::OK, &digest).header(header::CONTENT_LENGTH, size);
    Ok(reply.done())
}

pub(super) async fn delete(
    api: &Api,
    name: &RepositoryName,
    digest: &str,
    input: &Input,
) -> Result<Response, ApiError> {
    let deleter = api.registry.deleter(&input.caller, name)?;
    deleter.blob(&digest.parse()?).await?;
    Ok(Reply::new(StatusCode::ACCEPTED).done())
}

fn described(status: StatusCode, digest: &Digest) -> Reply {
    Reply::new(status)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(DOCKER_CONTENT_DIGEST, digest)
        .header(header::ETAG, conditional::entity_tag(digest))
}
