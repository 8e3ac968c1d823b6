//! Bodies that come slowly, damaged, or not to their end.

use std::{io, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use tokio::time::{Instant, sleep_until};

use super::{Ending, Rule, server::Changes};

/// The body of an answer.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// How much is sent at once where the rate is limited, in bytes.
const PIECE: usize = 16 << 10;

/// A body on its way.
struct Shaped {
    inner: Body,
    left: Bytes,
    sent: u64,
    began: Instant,
    rate: Option<u64>,
    corrupt: Option<u64>,
    ending: Option<Ending>,
    changes: Changes,
    flushed: bool,
}

/// `body` as `rule` wants it. What stalls goes on when `changes` come.
pub(super) fn shaped(body: Body, rule: &Rule, changes: Changes) -> Body {
    let shaped = Shaped {
        inner: body,
        left: Bytes::new(),
        sent: 0,
        began: Instant::now(),
        rate: rule.rate,
        corrupt: rule.corrupt,
        ending: rule.ending,
        changes,
        flushed: false,
    };
    let frames = stream::unfold(shaped, |mut shaped| async move {
        let next = shaped.next().await?;
        Some((next, shaped))
    });
    StreamBody::new(frames).boxed_unsync()
}

impl Shaped {
    /// The next part; none at the end.
    async fn next(&mut self) -> Option<io::Result<Frame<Bytes>>> {
        match self.ending {
            Some(Ending::Truncate(end)) if self.sent >= end => return None,
            Some(Ending::Cut(end)) if self.sent >= end => {
                if !self.flushed {
                    self.flushed = true;
                    // What came before the end is to arrive: hyper writes it when it has to wait for more.
                    tokio::task::yield_now().await;
                }
                return Some(Err(io::Error::other("cut on purpose")));
            }
            Some(Ending::Stall(end)) if self.sent >= end => {
                self.changes.next().await;
                self.ending = None;
            }
            _ => {}
        }
        while self.left.is_empty() {
            match self.inner.frame().await? {
                Ok(frame) => match frame.into_data() {
                    Ok(data) => self.left = data,
                    Err(trailers) => return Some(Ok(trailers)),
                },
                Err(error) => return Some(Err(error)),
            }
        }
        let mut length = self.left.len();
        if let Some(Ending::Truncate(end) | Ending::Cut(end) | Ending::Stall(end)) = self.ending {
            length = length.min(usize::try_from(end - self.sent).unwrap_or(usize::MAX));
        }
        if self.rate.is_some() {
            length = length.min(PIECE);
        }
        let mut piece = self.left.split_to(length);
        if let Some(at) = self.corrupt.and_then(|at| at.checked_sub(self.sent))
            && let Ok(at) = usize::try_from(at)
            && at < piece.len()
        {
            let mut damaged = BytesMut::from(&piece[..]);
            damaged[at] ^= 1;
            piece = damaged.freeze();
        }
        self.sent += piece.len() as u64;
        if let Some(rate) = self.rate {
            sleep_until(self.began + time_for(self.sent, rate)).await;
        }
        Some(Ok(Frame::data(piece)))
    }
}

/// How long `bytes` take at `rate` bytes in a second.
fn time_for(bytes: u64, rate: u64) -> Duration {
    let micros = u128::from(bytes) * 1_000_000 / u128::from(rate.max(1));
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}
