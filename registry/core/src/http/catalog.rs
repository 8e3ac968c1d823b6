//! `GET /v2/_catalog`: the repositories that the caller may read.

use axum::response::Response;
use http::header;
use serde_json::json;

use super::{
    api::{Api, Input},
    error::ApiError,
    paging::Paging,
    reply::Reply,
};
use crate::{
    service::RegistryError,
    storage::{Listing, Page},
};

pub(super) async fn get(api: &Api, input: &Input) -> Result<Response, ApiError> {
    api.registry
        .gate()
        .admit_catalog(&input.caller)
        .map_err(RegistryError::Denied)?;
    let paging = Paging::parse(&input.query, api.limits.page)?;
    let limit = paging.limit();
    if limit == 0 {
        return Ok(Reply::json("application/json", &json!({ "repositories": [] })).done());
    }
    let after = paging.after.clone();
    let Listing { items, more } = api.registry.catalog(&input.caller, Page { after, limit }).await?;
    let mut reply = Reply::json("application/json", &json!({ "repositories": items }));
    if let (true, Some(last)) = (more, items.last()) {
        reply = reply.header(header::LINK, paging.link("/v2/_catalog", last.as_str(), &[]));
    }
    Ok(reply.done())
}
