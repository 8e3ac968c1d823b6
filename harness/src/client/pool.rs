//! Sends requests over pooled connections of one run.

use std::{
    convert::Infallible,
    error::Error as _,
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, StatusCode, Uri, header::HeaderName, uri};
use http_body::Frame;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};
use sha2::{Digest, Sha256};

use super::{Access, Exchange, Request, Response, Source, TransportError, Url, access::Reply, source::digest_text};

/// How long a request may take, its answer's body included.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How much of an answer is read.
const LARGEST: usize = 256 << 20;
/// How much of a token server's answer is read.
const LARGEST_TOKEN: usize = 1 << 20;
/// How many redirects are followed.
const REDIRECTS: usize = 10;
/// How a body without a length is cut.
const CHUNK: usize = 16 << 10;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// What a body measured that was not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// How many bytes it had.
    pub length: u64,
    /// Its digest, in sha256.
    pub digest: String,
}

/// The client of one run. Its connections end with it.
#[derive(Debug)]
pub struct Client {
    plain: legacy::Client<HttpConnector, Body>,
    secure: OnceLock<legacy::Client<HttpsConnector<HttpConnector>, Body>>,
    access: Option<Arc<Access>>,
}

impl Default for Client {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Client {
    /// A client that says who it is where `access` is for the registry that is asked.
    pub fn new(access: Option<Arc<Access>>) -> Self {
        Self {
            plain: legacy::Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
            secure: OnceLock::new(),
            access,
        }
    }

    /// Sends a request and reads the whole answer. Redirects are followed if `follow` says so, for methods other than GET and
    /// HEAD only those that keep the method (RFC 9110, section 15.4); credentials do not go to another host.
    pub async fn send(&self, mut request: Request, follow: bool) -> Exchange {
        for _ in 0..REDIRECTS {
            let timeout = timeout_for(request.payload.source.as_ref().map_or(0, Source::length));
            let answer = match tokio::time::timeout(timeout, self.send_once(&mut request)).await {
                Ok(answer) => answer,
                Err(_) => Err(TransportError::Timeout(timeout)),
            };
            let next = match &answer {
                Ok(response) if follow && repeats(&request.method, response.status) => redirect(&request.url, response),
                _ => None,
            };
            let Some(next) = next else {
                return Exchange { request, answer };
            };
            if next.authority != request.url.authority {
                forget_credentials(&mut request);
            }
            request.url = next;
        }
        Exchange {
            request,
            answer: Err(TransportError::Malformed(format!("more than {REDIRECTS} redirects"))),
        }
    }

    /// Sends a GET, and measures the body that comes instead of keeping it. Redirects are followed.
    pub async fn measure(&self, mut request: Request, expected: u64) -> (Exchange, Measured) {
        let timeout = timeout_for(expected);
        for _ in 0..REDIRECTS {
            let measured = tokio::time::timeout(timeout, self.measure_once(&mut request)).await;
            let (response, measured) = match measured.unwrap_or(Err(TransportError::Timeout(timeout))) {
                Ok(measured) => measured,
                Err(error) => {
                    let answer = Err(error);
                    return (Exchange { request, answer }, Measured::default());
                }
            };
            let Some(next) = redirect(&request.url, &response) else {
                let answer = Ok(response);
                return (Exchange { request, answer }, measured);
            };
            if next.authority != request.url.authority {
                forget_credentials(&mut request);
            }
            request.url = next;
        }
        let answer = Err(TransportError::Malformed(format!("more than {REDIRECTS} redirects")));
        (Exchange { request, answer }, Measured::default())
    }

    async fn measure_once(&self, request: &mut Request) -> Result<(Response, Measured), TransportError> {
        let (head, mut body) = self.exchange(request).await?.into_parts();
        let mut hash = Sha256::new();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| TransportError::Closed(deepest(&error)))?;
            if let Some(data) = frame.data_ref() {
                hash.update(data);
                length += data.len() as u64;
            }
        }
        let response = Response {
            status: head.status.as_u16(),
            headers: head.headers,
            body: Bytes::new(),
        };
        let digest = digest_text(hash);
        Ok((response, Measured { length, digest }))
    }

    /// Sends a request, as far as the head of its answer, with what the registry wants to see of whom it comes from.
    async fn exchange(&self, request: &mut Request) -> Result<http::Response<Incoming>, TransportError> {
        let Some(access) = self.access.as_ref().filter(|access| access.concerns(request)) else {
            return self.exchange_as_it_is(request).await;
        };
        let anonymous = request.headers.len();
        let remembered = access.remembered(request);
        request
            .headers
            .extend(remembered.map(|value| ("Authorization".to_owned(), value)));
        let answer = self.exchange_as_it_is(request).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let authorization = match access.reply(request, answer.headers())? {
            Reply::Leave => return Ok(answer),
            Reply::Show(authorization) => authorization,
            Reply::Ask(question) => {
                let (head, body) = self.exchange_as_it_is(question.request()).await?.into_parts();
                let body = Limited::new(body, LARGEST_TOKEN).collect().await;
                let body = body.map_err(|error| TransportError::Closed(deepest(error.as_ref())))?;
                access.learn(*question, head.status.as_u16(), &body.to_bytes())?
            }
        };
        request.headers.truncate(anonymous);
        request.headers.push(("Authorization".to_owned(), authorization));
        self.exchange_as_it_is(request).await
    }

    async fn exchange_as_it_is(&self, request: &Request) -> Result<http::Response<Incoming>, TransportError> {
        let message = build(request)?;
        let answer = if request.url.scheme == "https" {
            self.secure()?.request(message).await
        } else {
            self.plain.request(message).await
        };
        answer.map_err(|error| classify(&error))
    }

    async fn send_once(&self, request: &mut Request) -> Result<Response, TransportError> {
        let (head, body) = self.exchange(request).await?.into_parts();
        let body = Limited::new(body, LARGEST).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                TransportError::TooLarge(LARGEST)
            } else {
                TransportError::Closed(deepest(error.as_ref()))
            }
        })?;
        Ok(Response {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    /// The client for https, made when it is first needed: it reads the system's certificates.
    fn secure(&self) -> Result<&legacy::Client<HttpsConnector<HttpConnector>, Body>, TransportError> {
        if let Some(client) = self.secure.get() {
            return Ok(client);
        }
        let builder = HttpsConnectorBuilder::new();
        let builder = match self.access.as_ref().and_then(|access| access.tls()) {
            Some(config) => builder.with_tls_config(config),
            None => builder.with_native_roots().map_err(|error| {
                TransportError::Unsendable(format!("the system's certificates cannot be read: {error}"))
            })?,
        };
        let connector = builder.https_only().enable_http1().build();
        Ok(self
            .secure
            .get_or_init(|| legacy::Client::builder(TokioExecutor::new()).build(connector)))
    }
}

/// How long a request with so many bytes may take: a registry may be slow, but not slower than a floppy disk.
fn timeout_for(bytes: u64) -> Duration {
    TIMEOUT + Duration::from_secs(bytes >> 20)
}

/// Another host is not told what was meant for the first.
fn forget_credentials(request: &mut Request) {
    let secret = ["authorization", "cookie", "host"];
    request
        .headers
        .retain(|(name, _)| !secret.contains(&name.to_ascii_lowercase().as_str()));
}

fn build(request: &Request) -> Result<http::Request<Body>, TransportError> {
    let unsendable = |what: &str| TransportError::Unsendable(format!("{what}; a `raw` step can send anything"));
    let target: uri::PathAndQuery = request
        .url
        .target
        .parse()
        .map_err(|_| unsendable(&format!("`{}` as a path", request.url.target)))?;
    let uri = Uri::builder()
        .scheme(request.url.scheme.as_str())
        .authority(request.url.authority.as_str())
        .path_and_query(target)
        .build()
        .map_err(|_| unsendable(&format!("`{}` as an address", request.url)))?;
    let mut message = http::Request::builder().method(request.method.as_str()).uri(uri);
    for (name, value) in &request.headers {
        let header = (name.parse::<HeaderName>(), HeaderValue::from_bytes(value.as_bytes()));
        let (Ok(name), Ok(value)) = header else {
            return Err(unsendable(&format!("`{name}: {value}` as a header")));
        };
        message = message.header(name, value);
    }
    let bytes = request.payload.bytes.clone();
    let body = if let Some(source) = &request.payload.source {
        StreamBody::new(stream::iter(source.blocks().map(|block| Ok(Frame::data(block))))).boxed_unsync()
    } else if request.payload.chunked {
        let chunks: Vec<_> = (0..bytes.len())
            .step_by(CHUNK)
            .map(|begin| Ok(Frame::data(bytes.slice(begin..bytes.len().min(begin + CHUNK)))))
            .collect();
        StreamBody::new(stream::iter(chunks)).boxed_unsync()
    } else {
        Full::new(bytes).boxed_unsync()
    };
    message.body(body).map_err(|error| unsendable(&error.to_string()))
}

/// Whether a request is sent again, as it is, to where a redirect points.
fn repeats(method: &str, status: u16) -> bool {
    matches!(method, "GET" | "HEAD") || matches!(status, 307 | 308)
}

/// Where an answer sends a client that follows.
fn redirect(from: &Url, response: &Response) -> Option<Url> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    from.join(&response.header("location")?).ok()
}

fn classify(error: &legacy::Error) -> TransportError {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<io::Error>()
            && error.kind() == io::ErrorKind::ConnectionRefused
        {
            return TransportError::Refused;
        }
        if let Some(error) = cause.downcast_ref::<hyper::Error>()
            && error.is_parse()
        {
            return TransportError::Malformed(error.to_string());
        }
        if let Some(error) = cause.downcast_ref::<hyper::Error>()
            && error.is_user()
        {
            return TransportError::Unsendable(deepest(error));
        }
        source = cause.source();
    }
    if error.is_connect() {
        return TransportError::Closed(format!("cannot connect: {}", deepest(error)));
    }
    TransportError::Closed(deepest(error))
}

/// The cause that says most: the last of the chain.
fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
