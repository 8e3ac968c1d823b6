//! `GET /v2/<name>/tags/list` (end-8a, end-8b; spec.md#listing-tags).

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
    oci::RepositoryName,
    storage::{Listing, Page},
};

pub(super) async fn get(api: &Api, name: &RepositoryName, input: &Input) -> Result<Response, ApiError> {
    let reader = api.registry.reader(&input.caller, name)?;
    let paging = Paging::parse(&input.query, api.limits.page)?;
    let page = Page {
        after: paging.after.clone(),
        // An empty page is asked for like one of a single tag: that the repository is unknown is said all the same.
        limit: paging.limit().max(1),
    };
    let Listing { mut items, more } = reader.tags(page).await?;
    items.truncate(paging.limit());
    let mut reply = Reply::json("application/json", &json!({ "name": name, "tags": items }));
    if let (true, Some(last)) = (more, items.last()) {
        let path = format!("/v2/{name}/tags/list");
        reply = reply.header(header::LINK, paging.link(&path, last.as_str(), &[]));
    }
    Ok(reply.done())
}
