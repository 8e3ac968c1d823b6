//! Whether a connection is alive: when something last moved on it, and what is under way.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// The record of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    opened: Instant,
    /// Milliseconds from `opened` to the last movement.
    last: AtomicU64,
    /// Requests whose answer has no head yet.
    answering: AtomicUsize,
    /// Answers whose body is not all handed over.
    sending: AtomicUsize,
    /// Bytes that passed since the last movement, and how many make one.
    passed: AtomicU64,
    progress: u64,
}

/// What a connection is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No request is under way.
    Idle,
    /// A request is read and worked on.
    Answering,
    /// An answer is on its way to the client, and nothing else.
    Sending,
}

impl Activity {
    /// The record of a connection that moves when `progress` bytes have passed.
    pub(super) fn new(progress: u64) -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            last: AtomicU64::new(0),
            answering: AtomicUsize::new(0),
            sending: AtomicUsize::new(0),
            passed: AtomicU64::new(0),
            progress,
        })
    }

    /// Something moved.
    pub(super) fn touch(&self) {
        let elapsed = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(elapsed, Ordering::Relaxed);
    }

    /// So many bytes passed.
    fn pass(&self, bytes: usize) {
        let bytes = bytes as u64;
        if self.passed.fetch_add(bytes, Ordering::Relaxed) + bytes >= self.progress {
            self.passed.store(0, Ordering::Relaxed);
            self.touch();
        }
    }

    /// When something last moved.
    pub(super) fn last(&self) -> Instant {
        self.opened + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }

    pub(super) fn phase(&self) -> Phase {
        if self.answering.load(Ordering::Relaxed) > 0 {
            Phase::Answering
        } else if self.sending.load(Ordering::Relaxed) > 0 {
            Phase::Sending
        } else {
            Phase::Idle
        }
    }

    /// Counts a request until the head of its answer is there.
    pub(super) fn answering(self: &Arc<Self>) -> Answering {
        self.answering.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }

    /// Counts an answer until its body ends.
    pub(super) fn sending(self: &Arc<Self>, body: Body) -> Sending {
        self.sending.fetch_add(1, Ordering::Relaxed);
        Sending {
            body,
            activity: Arc::clone(self),
        }
    }
}

/// A request that is worked on.
#[derive(Debug)]
pub(super) struct Answering(Arc<Activity>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.touch();
        self.0.answering.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(super) struct Sending {
    body: Body,
    activity: Arc<Activity>,
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.activity.touch();
        self.activity.sending.fetch_sub(1, Ordering::Relaxed);
    }
}

impl http_body::Body for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.activity.touch();
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that records every byte's passing.
#[derive(Debug)]
pub(super) struct Recorded<T> {
    stream: T,
    activity: Arc<Activity>,
}

impl<T> Recorded<T> {
    pub(super) const fn new(stream: T, activity: Arc<Activity>) -> Self {
        Self { stream, activity }
    }

    fn record(&self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = outcome {
            self.activity.pass(bytes);
        }
        outcome
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Recorded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.activity.pass(buffer.filled().len() - before);
        outcome
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Recorded<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.record(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.record(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
