//! One connection of one client.

use std::{io, sync::Arc};

use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use tokio::net::TcpStream;
use tower_service::Service as _;

use super::body::Payload;
use crate::client::Url;

/// Why an operation did not go as it should.
#[derive(Clone, Debug, thiserror::Error)]
pub(in super::super) enum Failure {
    /// There is no connection, or it broke.
    #[error("{0}")]
    Broken(Arc<str>),
    /// The answer was another one.
    #[error("{method} {target} was answered with {status}")]
    Status {
        method: Method,
        target: String,
        status: StatusCode,
    },
    /// The answer was as long as it should not be.
    #[error("{target} has {actual} bytes instead of {expected}")]
    Length { target: String, expected: u64, actual: u64 },
}

impl Failure {
    pub(super) fn broken(error: impl std::fmt::Display) -> Self {
        Self::Broken(error.to_string().into())
    }
}

/// Where clients connect to.
#[derive(Clone, Debug)]
pub(in super::super) struct Origin {
    url: Url,
    host: HeaderValue,
    secure: Option<HttpsConnector<HttpConnector>>,
}

impl Origin {
    /// That of a server which speaks plain HTTP at `authority`.
    pub(in super::super) fn plain(authority: &str) -> Result<Self, Failure> {
        Self::new(&format!("http://{authority}"))
    }

    /// That of a URL.
    pub(in super::super) fn new(url: &str) -> Result<Self, Failure> {
        let url = Url::parse(url).map_err(Failure::broken)?;
        let secure = (url.scheme == "https").then(|| -> io::Result<_> {
            let builder = HttpsConnectorBuilder::new().with_native_roots()?;
            Ok(builder.https_only().enable_http1().build())
        });
        Ok(Self {
            host: HeaderValue::try_from(url.authority.as_str()).map_err(Failure::broken)?,
            secure: secure.transpose().map_err(Failure::broken)?,
            url,
        })
    }

    /// The part of a location that a request has: what another host is asked for is not followed.
    fn target(&self, location: &str) -> Result<String, Failure> {
        let url = self.url.join(location).map_err(Failure::broken)?;
        if url.authority != self.url.authority {
            return Err(Failure::broken(format!("it leads to {}", url.origin())));
        }
        Ok(url.target)
    }
}

/// One connection, which is made again when the server has closed it.
#[derive(Debug)]
pub(in super::super) struct Connection {
    origin: Origin,
    sender: SendRequest<Payload>,
}

/// What an answer comes to.
#[derive(Debug)]
pub(super) struct Answer {
    /// Where an upload goes on, as a target.
    pub(super) location: Option<String>,
    /// How many bytes its body has.
    pub(super) length: u64,
}

impl Connection {
    /// Connects.
    pub(in super::super) async fn open(origin: &Origin) -> Result<Self, Failure> {
        Ok(Self {
            sender: connect(origin).await?,
            origin: origin.clone(),
        })
    }

    /// Asks whether anybody is there (end-1).
    pub(in super::super) async fn ping(&mut self) -> Result<(), Failure> {
        let answer = self.exchange(Method::GET, "/v2/", &[], Payload::empty(), StatusCode::OK);
        answer.await.map(drop)
    }

    /// Sends a request, reads the answer to its end, and lets it go. Any other status than `status` is a failure.
    pub(super) async fn exchange(
        &mut self,
        method: Method,
        target: &str,
        headers: &[(HeaderName, HeaderValue)],
        body: Payload,
        status: StatusCode,
    ) -> Result<Answer, Failure> {
        if self.sender.ready().await.is_err() {
            self.sender = connect(&self.origin).await?;
        }
        let mut request = Request::builder()
            .method(method.clone())
            .uri(target)
            .header(header::HOST, self.origin.host.clone());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(Failure::broken)?;
        let answer = self.sender.send_request(request).await.map_err(Failure::broken)?;
        let (head, mut body) = answer.into_parts();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(Failure::broken)?;
            length += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        if head.status != status {
            return Err(Failure::Status {
                method,
                target: target.to_owned(),
                status: head.status,
            });
        }
        let location = head.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
        Ok(Answer {
            location: location.map(|location| self.origin.target(location)).transpose()?,
            length,
        })
    }
}

async fn connect(origin: &Origin) -> Result<SendRequest<Payload>, Failure> {
    let Some(connector) = &origin.secure else {
        let stream = TcpStream::connect(&origin.url.authority)
            .await
            .map_err(Failure::broken)?;
        stream.set_nodelay(true).map_err(Failure::broken)?;
        return shake_hands(TokioIo::new(stream)).await;
    };
    let uri = origin.url.origin().parse().map_err(Failure::broken)?;
    let stream = connector.clone().call(uri).await.map_err(Failure::broken)?;
    shake_hands(stream).await
}

async fn shake_hands<S>(stream: S) -> Result<SendRequest<Payload>, Failure>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(stream).await.map_err(Failure::broken)?;
    // It ends with its sender, or when the server closes it; the sender is told why.
    tokio::spawn(connection);
    Ok(sender)
}
