//! A page to write queries in, for people.
//!
//! The page is ours; what it shows is `GraphiQL`, which the browser loads from a server of others. It is told the digests of
//! what it may load, so that nothing else can run in the name of whoever is logged in.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::header;

/// Where the page is.
pub(crate) const PATH: &str = "/v2/_zot/ext/search/graphiql";

const PAGE: &str = include_str!("graphiql.html");

/// The page's route.
pub(crate) fn router() -> Router {
    Router::new().route(PATH, get(page))
}

async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, PAGE).into_response()
}
