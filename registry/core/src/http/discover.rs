//! `GET /v2/_oci/ext/discover`, also below a repository: which extensions have endpoints.

use axum::response::Response;
use serde_json::json;

use super::{
    api::{Api, Input},
    error::ApiError,
    reply::Reply,
};
use crate::oci::RepositoryName;

pub(super) fn get(api: &Api) -> Response {
    let extensions = if api.endpoints.is_empty() {
        json!([])
    } else {
        // The endpoints are those that zot defines, and clients look for them under its name.
        json!([{
            "name": "_zot",
            "url": "https://github.com/project-zot/zot/blob/main/pkg/extensions/_zot.md",
            "description": "zot registry extensions",
            "endpoints": api.endpoints,
        }])
    };
    Reply::json("application/json", &json!({ "extensions": extensions })).done()
}

pub(super) fn get_in(api: &Api, name: &RepositoryName, input: &Input) -> Result<Response, ApiError> {
    api.registry.reader(&input.caller, name)?;
    Ok(get(api))
}
