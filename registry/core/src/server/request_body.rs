//! The body of a request, which must not stand still for long.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A body that fails when less than `progress` bytes of it come while it is waited for as long as `patience`, however long it
/// takes in all.
#[derive(Debug)]
pub(super) struct RequestBody<B> {
    body: B,
    patience: Duration,
    progress: u64,
    /// How much longer it is waited for before there has to be progress.
    left: Duration,
    /// The bytes that came since there was.
    came: u64,
    /// Made when the body is first waited for, as most bodies are there at once.
    alarm: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl<B> RequestBody<B> {
    pub(super) const fn new(body: B, patience: Duration, progress: u64) -> Self {
        Self {
            body,
            patience,
            progress,
            left: patience,
            came: 0,
            alarm: None,
            waiting: false,
        }
    }

    /// Something came: what is left to wait, unless it was enough, is what was left before.
    fn note(&mut self, frame: &Frame<Bytes>) {
        if let Some(alarm) = self.alarm.as_ref().filter(|_| self.waiting) {
            self.left = alarm.deadline().saturating_duration_since(Instant::now());
            self.waiting = false;
        }
        self.came += frame.data_ref().map_or(0, |data| data.len() as u64);
        if self.came >= self.progress {
            self.came = 0;
            self.left = self.patience;
        }
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Error>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if let Some(Ok(frame)) = &frame {
                this.note(frame);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let deadline = Instant::now() + this.left;
        let alarm = this
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if !this.waiting {
            alarm.as_mut().reset(deadline);
            this.waiting = true;
        }
        alarm.as_mut().poll(context).map(|()| {
            let error = io::Error::new(io::ErrorKind::TimedOut, "too little of the body came for too long");
            Some(Err(error.into()))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body as AxumBody;
    use futures_util::{StreamExt as _, stream};
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_body_that_stands_still_fails() {
        let pieces = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"x"))]).chain(stream::pending());
        let mut body = RequestBody::new(AxumBody::from_stream(pieces), Duration::from_millis(1), 1);
        assert!(body.frame().await.unwrap().is_ok());
        let error = body.frame().await.unwrap().unwrap_err();
        let kind = error.downcast_ref::<io::Error>().unwrap().kind();
        assert_eq!(kind, io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_body_that_only_drips_fails_and_a_slow_one_does_not() {
        for (piece, whole) in [(1, false), (20, false), (600, true)] {
            let pieces = stream::iter(0..40).then(move |_| async move {
                tokio::time::sleep(Duration::from_millis(25)).await;
                Ok::<_, io::Error>(Bytes::from(vec![0; piece]))
            });
            let body = AxumBody::from_stream(pieces);
            let body = RequestBody::new(body, Duration::from_millis(500), 1000);
            assert_eq!(body.collect().await.is_ok(), whole, "{piece}");
        }
    }
}
