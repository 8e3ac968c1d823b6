//! The bytes of a request: a blob, or a part of one.

use std::{
    convert::Infallible,
    ops::Range,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::super::content::Blob;

/// The bytes of a request.
#[derive(Debug, Default)]
pub(super) struct Payload {
    blob: Option<Blob>,
    left: Range<u64>,
    /// Whether the request says how many there are.
    is_known: bool,
}

impl Payload {
    /// None.
    pub(super) fn empty() -> Self {
        Self {
            is_known: true,
            ..Self::default()
        }
    }

    /// Those of `blob` in `range`.
    pub(super) fn part(blob: Blob, range: Range<u64>) -> Self {
        Self {
            blob: Some(blob),
            left: range,
            is_known: true,
        }
    }

    /// All of `blob`.
    pub(super) fn whole(blob: Blob) -> Self {
        let size = blob.size();
        Self::part(blob, 0..size)
    }

    /// The same, without saying how many there are.
    pub(super) fn streamed(self) -> Self {
        Self {
            is_known: false,
            ..self
        }
    }

    fn length(&self) -> u64 {
        self.left.end - self.left.start
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        let Some(blob) = this.blob.as_ref().filter(|_| this.left.start < this.left.end) else {
            return Poll::Ready(None);
        };
        let mut piece = blob.piece(this.left.start);
        piece.truncate(usize::try_from(this.left.end - this.left.start).unwrap_or(usize::MAX));
        this.left.start += piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.length() == 0
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_known {
            SizeHint::with_exact(self.length())
        } else {
            SizeHint::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn the_parts_of_a_blob_are_the_blob() {
        let blob = Blob::new(3_000_000, "b");
        let whole = Payload::whole(blob.clone()).collect().await.unwrap().to_bytes();
        let mut parts = Vec::new();
        for range in [0..1_000_001, 1_000_001..2_999_990, 2_999_990..3_000_000] {
            let length = range.end - range.start;
            let part = Payload::part(blob.clone(), range);
            assert_eq!(part.size_hint().exact(), Some(length));
            parts.extend(part.collect().await.unwrap().to_bytes());
        }
        assert_eq!(whole, parts);
        assert_eq!(whole, blob.pieces().flatten().collect::<Vec<u8>>());
        assert_eq!(Payload::whole(blob).streamed().size_hint().exact(), None);
    }
}
