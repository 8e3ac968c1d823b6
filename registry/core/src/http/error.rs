//! What a client is told when it does not get what it asked for: the one place where errors become statuses and codes
//! (spec.md#error-codes).

use std::time::Duration;

use axum::{body::Body, response::Response};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value, json};

use super::{
    host::HostError,
    query::QueryError,
    route::{RouteError, listed},
};
use crate::{
    auth::{ApiKeyError, Denied, Rejected},
    oci::{ContentRangeError, DigestError, ErrorCode, TagError},
    service::RegistryError,
    storage::StorageError,
};

/// Why a request is not answered as it wished.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Route(#[from] RouteError),
    #[error("the path does not have this method")]
    Method(&'static [Method]),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Digest(#[from] DigestError),
    #[error("the 'digest' parameter is missing")]
    DigestMissing,
    #[error(transparent)]
    Tag(#[from] TagError),
    /// A tag that cannot be: it is not there either.
    #[error("no such manifest: {0}")]
    NoSuchTag(TagError),
    #[error("no such upload")]
    NoSuchUpload,
    #[error("at most {0} 'tag' parameters")]
    TooManyTags(usize),
    #[error("a manifest has at most {0} bytes")]
    ManifestTooLarge(usize),
    #[error(transparent)]
    ContentRange(#[from] ContentRangeError),
    #[error("Content-Range says {range} bytes but Content-Length {length}")]
    Length { range: u64, length: u64 },
    #[error("the body ended early: {0}")]
    Body(std::io::Error),
    #[error("the content has {size} bytes")]
    RangeNotSatisfiable { size: u64 },
    /// The token endpoint's form means nothing.
    #[error("the form is not one of grant_type=password with username and password")]
    Form,
    #[error("the body has at most {0} bytes")]
    BodyTooLarge(usize),
    #[error("the 'id' parameter is missing")]
    KeyMissing,
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    #[error("tokens for this service are not issued here")]
    Service,
    #[error("more requests than a client may make; try again in a moment")]
    TooManyRequests(Duration),
    #[error(transparent)]
    Rejected(#[from] Rejected),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("the request's task ended before its work was done")]
    Crashed,
}

impl ApiError {
    /// Status and code.
    fn kind(&self) -> (StatusCode, ErrorCode) {
        use ErrorCode as Code;
        use RegistryError as Registry;
        use StatusCode as Status;
        match self {
            Self::Route(RouteError::NotFound) => (Status::NOT_FOUND, Code::Unsupported),
            Self::Route(RouteError::Name(_) | RouteError::Encoding) => (Status::BAD_REQUEST, Code::NameInvalid),
            Self::Method(_) => (Status::METHOD_NOT_ALLOWED, Code::Unsupported),
            Self::Host(_) | Self::Query(_) | Self::Form | Self::Service | Self::KeyMissing => {
                (Status::BAD_REQUEST, Code::Unsupported)
            }
            Self::Digest(_) | Self::DigestMissing | Self::Tag(TagError::Digest(_)) => {
                (Status::BAD_REQUEST, Code::DigestInvalid)
            }
            Self::Tag(TagError::Malformed) => (Status::BAD_REQUEST, Code::ManifestInvalid),
            Self::NoSuchTag(_) => (Status::NOT_FOUND, Code::ManifestUnknown),
            Self::NoSuchUpload => (Status::NOT_FOUND, Code::BlobUploadUnknown),
            Self::TooManyTags(_) => (Status::URI_TOO_LONG, Code::ManifestInvalid),
            Self::ManifestTooLarge(_) => (Status::PAYLOAD_TOO_LARGE, Code::ManifestInvalid),
            Self::ContentRange(_) => (Status::BAD_REQUEST, Code::BlobUploadInvalid),
            Self::Length { .. } => (Status::BAD_REQUEST, Code::SizeInvalid),
            Self::Body(error) => (interrupted(error), Code::ManifestInvalid),
            Self::RangeNotSatisfiable { .. } => (Status::RANGE_NOT_SATISFIABLE, Code::SizeInvalid),
            Self::BodyTooLarge(_) => (Status::PAYLOAD_TOO_LARGE, Code::Unsupported),
            Self::Rejected(Rejected::Refused) => (Status::UNAUTHORIZED, Code::Unauthorized),
            Self::TooManyRequests(_) | Self::Rejected(Rejected::Busy) => {
                (Status::TOO_MANY_REQUESTS, Code::TooManyRequests)
            }
            Self::ApiKey(error) => match error {
                ApiKeyError::Unauthenticated => (Status::UNAUTHORIZED, Code::Unauthorized),
                ApiKeyError::ByKey | ApiKeyError::TooMany => (Status::FORBIDDEN, Code::Denied),
                ApiKeyError::Malformed(_) => (Status::BAD_REQUEST, Code::Unsupported),
                ApiKeyError::Unknown => (Status::NOT_FOUND, Code::Unsupported),
                ApiKeyError::Storage(error) => stored(error),
            },
            Self::Crashed => (Status::INTERNAL_SERVER_ERROR, Code::Unknown),
            Self::Registry(error) => match error {
                Registry::Denied(Denied::Unauthenticated | Denied::Insufficient) => {
                    (Status::UNAUTHORIZED, Code::Unauthorized)
                }
                Registry::Denied(Denied::Forbidden) => (Status::FORBIDDEN, Code::Denied),
                Registry::RepositoryUnknown => (Status::NOT_FOUND, Code::NameUnknown),
                Registry::ManifestUnknown => (Status::NOT_FOUND, Code::ManifestUnknown),
                Registry::BlobUnknown => (Status::NOT_FOUND, Code::BlobUnknown),
                Registry::Manifest(_) => (Status::BAD_REQUEST, Code::ManifestInvalid),
                Registry::BlobTooLarge(_) => (Status::PAYLOAD_TOO_LARGE, Code::SizeInvalid),
                Registry::Collision => (Status::CONFLICT, Code::ManifestInvalid),
                Registry::DockerManifest => (Status::UNSUPPORTED_MEDIA_TYPE, Code::ManifestInvalid),
                Registry::Refused(refusal) => (refusal.status, refusal.code),
                Registry::Upstream(_) => (Status::BAD_GATEWAY, Code::Unknown),
                Registry::Storage(error) => stored(error),
            },
        }
    }

    /// What else stands in `detail`.
    fn detail(&self) -> Map<String, Value> {
        let mut detail = Map::new();
        let mut add = |key: &str, value| {
            detail.insert(key.to_owned(), value);
        };
        match self {
            Self::Registry(RegistryError::Refused(refusal)) => return refusal.detail.clone(),
            Self::Registry(RegistryError::Storage(StorageError::DigestMismatch { expected, actual })) => {
                add("expected", json!(expected));
                add("actual", json!(actual));
            }
            Self::Registry(RegistryError::Storage(StorageError::OutOfOrder { begin, stored })) => {
                add("begin", json!(begin));
                add("stored", json!(stored));
            }
            Self::Registry(RegistryError::Storage(StorageError::MissingContent { missing })) => {
                add("missing", json!(missing));
            }
            _ => {}
        }
        detail
    }

    /// The answer. `path` is only for the log: a fault of the registry is told there, and not to the client.
    pub(super) fn into_response(self, path: &str) -> Response {
        let (status, code) = self.kind();
        let description = if status.is_server_error() {
            log_fault(&self, path);
            match status {
                StatusCode::BAD_GATEWAY => "the upstream registry could not be asked; try again later".to_owned(),
                StatusCode::SERVICE_UNAVAILABLE => {
                    "the registry's storage cannot do this now; try again later".to_owned()
                }
                StatusCode::INSUFFICIENT_STORAGE => "no space is left in the registry's storage".to_owned(),
                _ => "the registry could not do this; its log says why".to_owned(),
            }
        } else {
            self.to_string()
        };
        let message = match &self {
            Self::Registry(RegistryError::Refused(refusal)) => refusal.message.as_str(),
            _ => code.message(),
        };
        let mut detail = self.detail();
        detail
            .entry("description")
            .or_insert_with(|| Value::String(description));
        let mut response = error_document(status, code, message, &detail);
        match &self {
            Self::Method(methods) => {
                let methods = listed(methods, ", ");
                set(&mut response, header::ALLOW, &methods);
            }
            Self::Registry(RegistryError::Storage(StorageError::StillNamed)) => {
                set(&mut response, header::ALLOW, "GET, HEAD");
            }
            Self::Registry(RegistryError::Denied(denied)) => {
                response.extensions_mut().insert(*denied);
            }
            Self::TooManyRequests(wait) => retry_after(&mut response, *wait),
            Self::Rejected(Rejected::Busy) => retry_after(&mut response, Rejected::RETRY_AFTER),
            Self::Registry(RegistryError::Storage(StorageError::TooManyUploads(_))) => {
                retry_after(&mut response, UPLOADS_RETRY);
            }
            _ if status == StatusCode::SERVICE_UNAVAILABLE => retry_after(&mut response, STORAGE_RETRY),
            Self::RangeNotSatisfiable { size } => {
                set(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
            }
            Self::Registry(RegistryError::Storage(StorageError::OutOfOrder { stored, .. })) => {
                set(&mut response, header::RANGE, &super::uploads::stored_range(*stored));
            }
            _ => {}
        }
        response
    }
}

/// When a client may try again whose repository had too many uploads open.
const UPLOADS_RETRY: Duration = Duration::from_secs(10);
/// When a client may try again where the storage could not do it.
const STORAGE_RETRY: Duration = Duration::from_secs(5);

fn retry_after(response: &mut Response, wait: Duration) {
    // In whole seconds, and not before the time.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    set(response, header::RETRY_AFTER, &seconds.max(1).to_string());
}

/// Status and code of what the store did not do.
fn stored(error: &StorageError) -> (StatusCode, ErrorCode) {
    use ErrorCode as Code;
    use StatusCode as Status;
    use StorageError as Storage;
    match error {
        Storage::UploadUnknown => (Status::NOT_FOUND, Code::BlobUploadUnknown),
        Storage::TooManyUploads(_) => (Status::TOO_MANY_REQUESTS, Code::TooManyRequests),
        Storage::UploadBusy => (Status::CONFLICT, Code::BlobUploadInvalid),
        Storage::OutOfOrder { .. } => (Status::RANGE_NOT_SATISFIABLE, Code::BlobUploadInvalid),
        Storage::LengthMismatch { .. } => (Status::BAD_REQUEST, Code::SizeInvalid),
        Storage::Interrupted(error) => (interrupted(error), Code::BlobUploadInvalid),
        Storage::DigestMismatch { .. } => (Status::BAD_REQUEST, Code::DigestInvalid),
        Storage::MissingContent { .. } => (Status::BAD_REQUEST, Code::ManifestBlobUnknown),
        Storage::TagTaken(_) => (Status::CONFLICT, Code::ManifestInvalid),
        // To delete it would break an image that was accepted. The specification knows no conflict here, but
        // lets a registry say that it does not delete (405), which is what clients understand.
        Storage::StillNamed => (Status::METHOD_NOT_ALLOWED, Code::Denied),
        Storage::NoSpace(_) => (Status::INSUFFICIENT_STORAGE, Code::Denied),
        // Whatever the system says (no descriptors, no rights, a disk that fails or is mounted to be read): the request is
        // right, and right again once the cause is gone.
        Storage::Io { .. } => (Status::SERVICE_UNAVAILABLE, Code::Unavailable),
        // Content that is broken stays so, however often one asks.
        Storage::Corrupt { .. } => (Status::INTERNAL_SERVER_ERROR, Code::Unknown),
    }
}

/// A client that stopped sending, or that took too long.
fn interrupted(error: &std::io::Error) -> StatusCode {
    if error.kind() == std::io::ErrorKind::TimedOut {
        StatusCode::REQUEST_TIMEOUT
    } else {
        StatusCode::BAD_REQUEST
    }
}

fn log_fault(error: &ApiError, path: &str) {
    let mut chain = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let text = error.to_string();
        // A transparent error repeats what it wraps.
        if !chain.ends_with(&text) {
            chain.push_str(": ");
            chain.push_str(&text);
        }
        source = error.source();
    }
    tracing::error!(path, error = chain, "failed to serve the request");
}

fn error_document(status: StatusCode, code: ErrorCode, message: &str, detail: &Map<String, Value>) -> Response {
    let document = json!({ "errors": [{ "code": code.as_str(), "message": message, "detail": detail }] });
    let mut response = Response::new(Body::from(document.to_string()));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, "application/json");
    response
}

/// Sets a header whose value cannot but be valid.
fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use http_body_util::BodyExt as _;

    use super::*;

    async fn answer(error: StorageError) -> (StatusCode, String) {
        let response = ApiError::Registry(error.into()).into_response("/v2/a/blobs/x");
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_fault_of_the_registry_is_told_without_its_inside() {
        let inside = "/var/lib/registry";
        let source = || io::Error::other(inside);
        for (error, status, code) in [
            (StorageError::NoSpace(source()), 507, "DENIED"),
            (
                StorageError::Io {
                    context: inside.to_owned(),
                    source: source(),
                },
                503,
                "UNAVAILABLE",
            ),
            (
                StorageError::Corrupt {
                    path: inside.to_owned(),
                    reason: inside.to_owned(),
                },
                500,
                "UNKNOWN",
            ),
        ] {
            let (actual, body) = answer(error).await;
            assert_eq!(actual.as_u16(), status, "{body}");
            assert!(body.contains(&format!("\"code\":\"{code}\"")), "{body}");
            assert!(!body.contains(inside), "{body}");
        }
    }

    #[tokio::test]
    async fn who_may_try_again_is_told_when() {
        let unavailable = StorageError::Io {
            context: "open file".to_owned(),
            source: io::Error::from_raw_os_error(24),
        };
        let response = ApiError::Registry(unavailable.into()).into_response("/v2/");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
    }

    #[tokio::test]
    async fn a_session_in_use_is_a_conflict_and_a_slow_client_a_timeout() {
        assert_eq!(answer(StorageError::UploadBusy).await.0, StatusCode::CONFLICT);
        let slow = StorageError::Interrupted(io::ErrorKind::TimedOut.into());
        assert_eq!(answer(slow).await.0, StatusCode::REQUEST_TIMEOUT);
        let gone = StorageError::Interrupted(io::ErrorKind::ConnectionReset.into());
        assert_eq!(answer(gone).await.0, StatusCode::BAD_REQUEST);
    }
}
