//! One request, from its first attempt to an answer that means something: leave, redirects, and an end to every wait.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::{Response, Url};

use super::{address::Guard, limits::Limits, token::Authorizer};
use crate::error::SyncError;

/// The most redirects of one request.
const MOST_REDIRECTS: usize = 5;
/// Nobody is waited for longer than this because they say so.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

/// How long the other registry may take for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Until the head of an answer is there.
    pub(crate) head: Duration,
    /// Between two pieces of a body.
    pub(crate) progress: Duration,
    /// For a whole document, such as a manifest or a token.
    pub(crate) document: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            progress: Duration::from_secs(30),
            document: Duration::from_mins(1),
        }
    }
}

/// A registry that can be asked.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) base: Url,
    pub(crate) http: reqwest::Client,
    pub(crate) guard: Guard,
    pub(crate) limits: Limits,
    pub(crate) authorizer: Authorizer,
    pub(crate) patience: Patience,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// What leave it takes.
    pub(crate) scope: &'a str,
    /// The registries that the wish came through, this one included.
    pub(crate) via: &'a HeaderValue,
    /// The media types of the answer.
    pub(crate) accept: Option<&'static str>,
    /// Where the wanted part of the content begins, in bytes.
    pub(crate) offset: u64,
}

impl Transport {
    /// Asks. What is returned is an answer with 200 or 206; everything else is an error.
    pub(crate) async fn send(&self, request: &Request<'_>) -> Result<Response, SyncError> {
        let mut authorization = self.authorizer.known(request.scope).await;
        let mut response = self.follow(request, authorization.as_ref()).await?;
        if response.status() == StatusCode::UNAUTHORIZED && response.url().origin() == self.base.origin() {
            let challenges: Vec<_> = response
                .headers()
                .get_all(header::WWW_AUTHENTICATE)
                .iter()
                .cloned()
                .collect();
            drop(response);
            let refused = authorization.take();
            authorization = self
                .authorizer
                .answer(&challenges, request.scope, refused.as_ref())
                .await?;
            if authorization.is_none() {
                return Err(SyncError::Unauthorized);
            }
            response = self.follow(request, authorization.as_ref()).await?;
        }
        judge(response)
    }

    /// Follows redirects. What opens the registry is shown to the registry alone.
    async fn follow(&self, request: &Request<'_>, authorization: Option<&HeaderValue>) -> Result<Response, SyncError> {
        let mut url = request.url.clone();
        let mut authorization = authorization;
        for _ in 0..=MOST_REDIRECTS {
            self.guard.check(&url, false)?;
            let response = self.once(request, url.clone(), authorization).await?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let location = response
                .headers()
                .get(header::LOCATION)
                .and_then(|value| value.to_str().ok());
            let target = location.and_then(|location| url.join(location).ok());
            let target = target.ok_or_else(|| SyncError::Invalid("a redirect that leads nowhere".into()))?;
            self.guard.check(&target, url.scheme() == "https")?;
            if target.origin() != self.base.origin() {
                authorization = None;
            }
            url = target;
        }
        Err(SyncError::Invalid("too many redirects".into()))
    }

    async fn once(
        &self,
        request: &Request<'_>,
        url: Url,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, SyncError> {
        let mut headers = HeaderMap::new();
        // Content is hashed as it comes, and nothing may grow on the way.
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(accept) = request.accept {
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        }
        if url.origin() == self.base.origin() {
            headers.insert(header::VIA, request.via.clone());
        }
        if let Some(authorization) = authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        if request.offset > 0
            && let Ok(range) = HeaderValue::try_from(format!("bytes={}-", request.offset))
        {
            headers.insert(header::RANGE, range);
        }
        let sent = self.http.request(request.method.clone(), url).headers(headers).send();
        match tokio::time::timeout(self.patience.head, sent).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(SyncError::Transport(explain(&error))),
            Err(_) => Err(SyncError::TimedOut(self.patience.head)),
        }
    }

    /// The next piece of a body.
    pub(crate) async fn next(&self, response: &mut Response) -> Result<Option<Bytes>, SyncError> {
        match tokio::time::timeout(self.patience.progress, response.chunk()).await {
            Ok(Ok(piece)) => Ok(piece),
            Ok(Err(error)) => Err(SyncError::Transport(explain(&error))),
            Err(_) => Err(SyncError::Transport(format!(
                "the registry sent nothing for {:?}",
                self.patience.progress
            ))),
        }
    }

    /// A whole body, of at most `limit` bytes.
    pub(crate) async fn document(&self, mut response: Response, limit: usize) -> Result<Bytes, SyncError> {
        let read = async {
            let mut body = Vec::new();
            while let Some(piece) = self.next(&mut response).await? {
                if body.len() + piece.len() > limit {
                    return Err(SyncError::Invalid(format!("a document is longer than {limit} bytes")));
                }
                body.extend_from_slice(&piece);
            }
            Ok(Bytes::from(body))
        };
        tokio::time::timeout(self.patience.document, read)
            .await
            .map_err(|_| SyncError::TimedOut(self.patience.document))?
    }
}

/// What an answer says.
fn judge(response: Response) -> Result<Response, SyncError> {
    let encoding = response.headers().get(header::CONTENT_ENCODING);
    match response.status() {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT if encoding.is_none_or(|encoding| encoding == "identity") => {
            Ok(response)
        }
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => Err(SyncError::Invalid(
            "the registry compresses what it was asked for as it is".into(),
        )),
        StatusCode::NOT_FOUND => Err(SyncError::NotFound),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(SyncError::Unauthorized),
        status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => {
            let seconds = response.headers().get(header::RETRY_AFTER);
            let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok());
            Err(SyncError::Busy {
                status: status.as_u16(),
                retry_after: seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER)),
            })
        }
        status => Err(SyncError::Status(status.as_u16())),
    }
}

/// An error of the client's with its causes, without the URL, which may hold what a storage service signed.
pub(super) fn explain(error: &reqwest::Error) -> String {
    let mut text = if error.is_connect() {
        "cannot connect".to_owned()
    } else {
        "the connection failed".to_owned()
    };
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
