//! `/v2/<name>/blobs/uploads/` (end-4, 5, 6, 11, 13, 14; spec.md#pushing-blobs, spec.md#mounting-a-blob-from-another-repository).

use axum::response::Response;
use futures_util::TryStreamExt as _;
use http::{HeaderName, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyDataStream;

use super::{
    api::{Api, Input},
    body::io_error,
    error::ApiError,
    reply::{DOCKER_CONTENT_DIGEST, Reply},
};
use crate::{
    oci::{Algorithm, ContentRange, ContentRangeError, Digest, RepositoryName},
    storage::{Chunk, UploadId},
};

/// The session's id, for older clients.
const DOCKER_UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// Mounts a blob, stores one whose bytes come with the request, or opens a session: by the parameters that are there.
pub(super) async fn post(api: &Api, name: &RepositoryName, input: Input) -> Result<Response, ApiError> {
    let caller = input.caller.clone();
    let pusher = api.registry.pusher(&caller, name)?;
    if let Some(digest) = input.query.one("mount")? {
        let digest: Digest = digest.parse()?;
        let mounted = match input.query.one("from")?.map(str::parse) {
            None => pusher.mount(None, &digest).await?,
            Some(Ok(from)) => pusher.mount(Some(&from), &digest).await?,
            // Nothing can be mounted from what is no repository, and the client may push instead.
            Some(Err(_)) => false,
        };
        if mounted {
            return Ok(created(api, name, &digest));
        }
    } else if let Some(digest) = input.query.one("digest")? {
        let digest: Digest = digest.parse()?;
        pusher.store_blob(&digest, chunk(input)?).await?;
        return Ok(created(api, name, &digest));
    }
    let algorithm = match input.query.one("digest-algorithm")? {
        Some(algorithm) => algorithm.parse()?,
        None => Algorithm::Sha256,
    };
    let upload = pusher.begin(algorithm).await?;
    Ok(session(api, name, &upload, StatusCode::ACCEPTED, 0))
}

pub(super) async fn patch(
    api: &Api,
    name: &RepositoryName,
    session_id: &str,
    input: Input,
) -> Result<Response, ApiError> {
    let caller = input.caller.clone();
    let pusher = api.registry.pusher(&caller, name)?;
    let upload = known(session_id)?;
    let status = pusher.append(&upload, chunk(input)?).await?;
    Ok(session(api, name, &upload, StatusCode::ACCEPTED, status.stored))
}

/// Closes a session. What is still missing of the blob may come with the request.
pub(super) async fn put(
    api: &Api,
    name: &RepositoryName,
    session_id: &str,
    input: Input,
) -> Result<Response, ApiError> {
    let caller = input.caller.clone();
    let pusher = api.registry.pusher(&caller, name)?;
    let upload = known(session_id)?;
    let digest = input.query.one("digest")?.ok_or(ApiError::DigestMissing)?;
    let digest: Digest = digest.parse()?;
    if !input.body.is_end_stream() || input.headers.contains_key(header::CONTENT_RANGE) {
        pusher.append(&upload, chunk(input)?).await?;
    }
    pusher.finish(&upload, &digest).await?;
    Ok(created(api, name, &digest))
}

pub(super) async fn status(
    api: &Api,
    name: &RepositoryName,
    session_id: &str,
    input: &Input,
) -> Result<Response, ApiError> {
    let pusher = api.registry.pusher(&input.caller, name)?;
    let upload = known(session_id)?;
    let status = pusher.status(&upload).await?;
    Ok(session(api, name, &upload, StatusCode::NO_CONTENT, status.stored))
}

pub(super) async fn delete(
    api: &Api,
    name: &RepositoryName,
    session_id: &str,
    input: &Input,
) -> Result<Response, ApiError> {
    let pusher = api.registry.pusher(&input.caller, name)?;
    pusher.cancel(&known(session_id)?).await?;
    Ok(Reply::new(StatusCode::NO_CONTENT).done())
}

/// The `Range` of a session with that many bytes: the position of the first and of the last. Of no bytes there is no last
/// one, and the specification does not say what stands for it; clients take `0-0` for a fresh session.
pub(super) fn stored_range(stored: u64) -> String {
    format!("0-{}", stored.saturating_sub(1))
}

/// What is no id cannot be one that is known.
fn known(session_id: &str) -> Result<UploadId, ApiError> {
    session_id.parse().map_err(|_| ApiError::NoSuchUpload)
}

/// The bytes of a request, and what its headers declare about them.
fn chunk(input: Input) -> Result<Chunk, ApiError> {
    let length = input.content_length();
    let range = match input.headers.get(header::CONTENT_RANGE) {
        Some(range) => Some(range.to_str().map_err(|_| ContentRangeError)?.parse::<ContentRange>()?),
        None => None,
    };
    if let (Some(range), Some(length)) = (range, length)
        && range.length != length
    {
        let range = range.length;
        return Err(ApiError::Length { range, length });
    }
    Ok(Chunk {
        begin: range.map(|range| range.first),
        length: range.map(|range| range.length).or(length),
        body: Box::pin(BodyDataStream::new(input.body).map_err(io_error)),
    })
}

fn created(api: &Api, name: &RepositoryName, digest: &Digest) -> Response {
    Reply::new(StatusCode::CREATED)
        .header(header::LOCATION, api.location(&format!("/v2/{name}/blobs/{digest}")))
        .header(DOCKER_CONTENT_DIGEST, digest)
        .done()
}

fn session(api: &Api, name: &RepositoryName, upload: &UploadId, status: StatusCode, stored: u64) -> Response {
    let location = api.location(&format!("/v2/{name}/blobs/uploads/{upload}"));
    Reply::new(status)
        .header(header::LOCATION, location)
        .header(header::RANGE, stored_range(stored))
        .header(DOCKER_UPLOAD_UUID, upload)
        .done()
}
