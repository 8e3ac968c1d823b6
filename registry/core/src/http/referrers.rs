//! `GET /v2/<name>/referrers/<digest>` (end-12a, end-12b; spec.md#listing-referrers).

use axum::{body::Body, response::Response};
use http::{HeaderName, StatusCode, header};

use super::{
    api::{Api, Input},
    error::ApiError,
    paging::Paging,
    reply::{Reply, STALE},
};
use crate::{
    oci::{Digest, RepositoryName, media_type},
    storage::{Listing, Page},
    upstream::Via,
};

/// The longest page in bytes, which is also the longest manifest: a page is an index, and clients limit those.
const PAGE_BYTES: usize = 4 << 20;
/// How many rows are fetched at a time. Each can be as long as a manifest, so that all of a page at once could be a lot.
const BATCH: usize = 64;
/// What follows the last row.
const END: &str = "]}";

const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");

pub(super) async fn get(api: &Api, name: &RepositoryName, digest: &str, input: &Input) -> Result<Response, ApiError> {
    let reader = api.registry.reader(&input.caller, name)?.via(Via::of(&input.headers));
    let subject: Digest = digest.parse()?;
    let filter = input.query.one("artifactType")?.filter(|filter| !filter.is_empty());
    let paging = Paging::parse(&input.query, api.limits.page)?;
    let mut after = paging.after.as_deref().map(str::parse::<Digest>).transpose()?;
    // The pages that follow are of the same list.
    let is_fresh = after.is_some() || reader.refresh_referrers(&subject).await;

    // The page as it is sent: a document of all rows in memory first would be most of what the page costs.
    let mut body = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","manifests":["#,
        media_type::INDEX
    );
    let mut count = 0;
    let mut last = None;
    let mut more = paging.limit() > 0;
    'page: while more && count < paging.limit() {
        let limit = BATCH.min(paging.limit() - count);
        let listing = reader.referrers(&subject, filter, Page { after, limit }).await?;
        let Listing { items, more: rest } = listing;
        more = rest && !items.is_empty();
        for item in items {
            let row = serde_json::to_string(&item).map_err(|_| ApiError::Crashed)?;
            if count > 0 {
                if body.len() + 1 + row.len() + END.len() > PAGE_BYTES {
                    more = true;
                    break 'page;
                }
                body.push(',');
            }
            body.push_str(&row);
            count += 1;
            last = Some(item.digest);
        }
        after = last.clone();
    }

    body.push_str(END);
    let mut reply = Reply::new(StatusCode::OK)
        .header(header::CONTENT_TYPE, media_type::INDEX)
        .body(Body::from(body));
    if !is_fresh {
        reply = reply.warning(STALE);
    }
    if filter.is_some() {
        reply = reply.header(FILTERS_APPLIED, "artifactType");
    }
    if let (true, Some(last)) = (more, last) {
        let path = format!("/v2/{name}/referrers/{subject}");
        let filters = filter.map(|filter| ("artifactType", filter));
        let link = paging.link(&path, &last.to_string(), filters.as_slice());
        reply = reply.header(header::LINK, link);
    }
    Ok(reply.done())
}
