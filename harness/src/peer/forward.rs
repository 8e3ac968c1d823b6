//! Passing a request on.

use http::{HeaderMap, HeaderName, Request, Response, Uri, header, uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use super::body::Body;

/// What is said of a connection and not of a request.
const HOP_BY_HOP: [HeaderName; 4] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// What keeps the connections to the server behind a proxy.
#[derive(Clone, Debug)]
pub(super) struct Forwarder(Client<HttpConnector, Incoming>);

/// Why nothing could be passed on.
#[derive(Debug, thiserror::Error)]
pub(super) enum ForwardError {
    /// The target of the request is no path.
    #[error("cannot be passed on: {0}")]
    Target(#[from] http::Error),
    /// The server behind the proxy gives no answer.
    #[error("no answer from behind the proxy: {0}")]
    NoAnswer(#[from] hyper_util::client::legacy::Error),
}

impl Default for Forwarder {
    fn default() -> Self {
        Self(Client::builder(TokioExecutor::new()).build(HttpConnector::new()))
    }
}

impl Forwarder {
    /// Sends the request to `authority`, its Host header as it came: what the server says of its own address then leads
    /// through the proxy again.
    pub(super) async fn pass(
        &self,
        head: http::request::Parts,
        body: Incoming,
        authority: &str,
    ) -> Result<Response<Body>, ForwardError> {
        let target = head.uri.path_and_query().map_or("/", uri::PathAndQuery::as_str);
        let uri = Uri::builder()
            .scheme("http")
            .authority(authority)
            .path_and_query(target)
            .build()?;
        let mut request = Request::builder().method(head.method).uri(uri).body(body)?;
        *request.headers_mut() = end_to_end(head.headers);
        let (mut head, body) = self.0.request(request).await?.into_parts();
        head.headers = end_to_end(head.headers);
        Ok(Response::from_parts(
            head,
            body.map_err(std::io::Error::other).boxed_unsync(),
        ))
    }
}

fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers
}
