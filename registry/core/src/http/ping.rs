//! `GET /v2/` (end-1): says that this is a registry.

use axum::response::Response;
use http::HeaderName;
use serde_json::json;

use super::reply::Reply;

/// The header by which older clients know a registry.
pub(super) const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

pub(super) fn get() -> Response {
    Reply::json("application/json", &json!({})).done()
}
