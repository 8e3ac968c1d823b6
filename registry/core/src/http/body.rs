//! A request's body that the operation reads, and of which the rest is read away where the operation refuses early.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use futures_util::StreamExt as _;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyDataStream, BodyExt as _};

use super::{api::Input, error::ApiError};

/// How much of a refused body is read away.
const DISCARDED: u64 = 8 << 20;
/// How long that may take.
const DISCARDING: Duration = Duration::from_secs(2);

/// A body with several owners, of whom one reads at a time.
#[derive(Clone, Debug)]
pub(super) struct SharedBody(Arc<Mutex<Body>>);

impl SharedBody {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(body)))
    }

    fn with<T>(&self, read: impl FnOnce(Pin<&mut Body>) -> T) -> T {
        // A body has no invariants that a panic elsewhere could have broken.
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        read(Pin::new(&mut *body))
    }

    /// Reads the rest away, within bounds. An HTTP/1.1 client that is still sending when the connection closes often sees
    /// the broken connection only, and not the answer that says why.
    pub(super) async fn discard(mut self) {
        let discard = async {
            let mut discarded = 0;
            while discarded <= DISCARDED {
                match self.frame().await {
                    Some(Ok(frame)) => discarded += frame.data_ref().map_or(0, |data| data.len() as u64),
                    Some(Err(_)) | None => break,
                }
            }
        };
        // Whether it came to the end makes no difference to the answer.
        let _ = tokio::time::timeout(DISCARDING, discard).await;
    }
}

impl http_body::Body for SharedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.with(|body| body.poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|body| body.size_hint())
    }
}

/// Reads a body of at most `longest` bytes, whatever length was declared.
pub(super) async fn read(input: Input, longest: usize, too_long: fn(usize) -> ApiError) -> Result<Bytes, ApiError> {
    let declared = input.content_length().unwrap_or_default();
    let declared = usize::try_from(declared)
        .ok()
        .filter(|length| *length <= longest)
        .ok_or_else(|| too_long(longest))?;
    let mut bytes = BytesMut::with_capacity(declared);
    let mut stream = BodyDataStream::new(input.body);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ApiError::Body(io_error(error)))?;
        if bytes.len() + chunk.len() > longest {
            return Err(too_long(longest));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// The error of a body, as one of I/O: that of the connection if there is one below, such as a timeout.
pub(super) fn io_error(error: axum::Error) -> std::io::Error {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(below) = source {
        if let Some(io) = below.downcast_ref::<std::io::Error>() {
            return std::io::Error::new(io.kind(), io.to_string());
        }
        source = below.source();
    }
    std::io::Error::other(error)
}
