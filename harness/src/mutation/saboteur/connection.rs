//! One connection of a client: requests one after the other, each relayed or meddled with.

use std::{io, sync::Arc};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncWriteExt, copy},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{
    Ending, Meddler, Request,
    chunked::Follower,
    registry::fill,
    wire::{self, Framing, Head, RequestHead},
};

/// How much of a request that is meddled with is held.
const LARGEST: usize = 256 << 20;

/// One side of a connection: where bytes come from, with those that came already, and where they go.
struct Side {
    reader: OwnedReadHalf,
    buffer: BytesMut,
    writer: OwnedWriteHalf,
}

impl Side {
    fn new(stream: TcpStream) -> Self {
        // Small answers are not to wait for more. Where that cannot be said, they do.
        let _ = stream.set_nodelay(true);
        let (reader, writer) = stream.into_split();
        Self {
            reader,
            buffer: BytesMut::new(),
            writer,
        }
    }
}

/// What comes after an exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Another one.
    Exchange,
    /// Bytes in both directions that are not looked at.
    Tunnel,
    /// Nothing.
    End,
}

/// Serves a client until one of the sides ends the connection.
pub(super) async fn serve(stream: TcpStream, upstream: Arc<str>, meddler: Arc<dyn Meddler>) {
    // Whichever side failed, what is left to do is to end the connection, which dropping it does.
    let _ = exchanges(Side::new(stream), &upstream, &*meddler).await;
}

async fn exchanges(mut client: Side, upstream: &str, meddler: &dyn Meddler) -> io::Result<()> {
    let mut registry: Option<Side> = None;
    loop {
        let Some(head) = next_request(&mut client, registry.as_mut()).await? else {
            if registry.is_none() && client.buffer.is_empty() {
                return Ok(());
            }
            return tunnel(client, connected(registry, upstream).await?).await;
        };
        if meddler.wants(&head) {
            if meddle(&mut client, &head, upstream, meddler).await? == Next::End {
                return client.writer.shutdown().await;
            }
            continue;
        }
        let mut side = connected(registry.take(), upstream).await?;
        match relay(&mut client, &mut side, &head).await? {
            Next::Exchange => registry = Some(side),
            Next::Tunnel => return tunnel(client, side).await,
            Next::End => return client.writer.shutdown().await,
        }
    }
}

async fn connected(side: Option<Side>, upstream: &str) -> io::Result<Side> {
    match side {
        Some(side) => Ok(side),
        None => TcpStream::connect(upstream).await.map(Side::new),
    }
}

/// The head of the client's next request, whose bytes stay in the buffer. `None` if what comes is not to be read: the
/// client's end, the registry's, or odd bytes.
async fn next_request(client: &mut Side, mut registry: Option<&mut Side>) -> io::Result<Option<RequestHead>> {
    loop {
        match wire::request(&client.buffer) {
            Head::Whole(head) => return Ok(Some(head)),
            Head::Odd if !client.buffer.is_empty() => return Ok(None),
            Head::Odd | Head::Partial => {}
        }
        let came = match registry.as_deref_mut() {
            Some(registry) => tokio::select! {
                came = fill(&mut client.reader, &mut client.buffer) => came?,
                // Between exchanges the registry has nothing to say but that it ends the connection.
                _ = fill(&mut registry.reader, &mut registry.buffer) => 0,
            },
            None => fill(&mut client.reader, &mut client.buffer).await?,
        };
        if came == 0 {
            return Ok(None);
        }
    }
}

/// Passes on what comes from each side until both have ended.
async fn tunnel(client: Side, registry: Side) -> io::Result<()> {
    let up = one_way(client.reader, client.buffer, registry.writer);
    let down = one_way(registry.reader, registry.buffer, client.writer);
    tokio::pin!(up, down);
    tokio::select! {
        // A client may end its side and still wait for answers; a registry that ends its side is done.
        ended = &mut down => ended,
        _ = &mut up => down.await,
    }
}

async fn one_way(mut from: OwnedReadHalf, buffer: BytesMut, mut to: OwnedWriteHalf) -> io::Result<()> {
    to.write_all(&buffer).await?;
    copy(&mut from, &mut to).await?;
    to.shutdown().await
}

/// Passes on a request and its answer as they come.
async fn relay(client: &mut Side, registry: &mut Side, head: &RequestHead) -> io::Result<Next> {
    let mut up = Box::pin(pass_request(
        &mut client.reader,
        &mut client.buffer,
        &mut registry.writer,
        head,
    ));
    let mut down = Box::pin(pass_answer(
        &mut registry.reader,
        &mut registry.buffer,
        &mut client.writer,
        &head.method,
    ));
    let mut sent = None;
    let next = loop {
        tokio::select! {
            // Where the registry takes no more it may have answered: that is read in any case.
            ended = &mut up, if sent.is_none() => sent = Some(ended.is_ok()),
            next = &mut down => break next?,
        }
    };
    drop(down);
    if next != Next::Exchange {
        return Ok(next);
    }
    let sent = if let Some(sent) = sent {
        sent
    } else {
        // Answered before all was sent. A registry that keeps the connection reads the rest; one that does not ends it.
        tokio::select! {
            ended = &mut up => ended.is_ok(),
            _ = fill(&mut registry.reader, &mut registry.buffer) => false,
        }
    };
    Ok(if sent { Next::Exchange } else { Next::End })
}

/// Passes on a request. The client's end within it is passed on too.
async fn pass_request(
    from: &mut OwnedReadHalf,
    buffer: &mut BytesMut,
    to: &mut OwnedWriteHalf,
    head: &RequestHead,
) -> io::Result<()> {
    to.write_all(&buffer.split_to(head.length)).await?;
    let whole = pass_body(from, buffer, to, head.framing).await?;
    if !whole {
        to.shutdown().await?;
    }
    Ok(())
}

/// Passes on an answer, and the interim ones before it.
async fn pass_answer(
    from: &mut OwnedReadHalf,
    buffer: &mut BytesMut,
    to: &mut OwnedWriteHalf,
    method: &str,
) -> io::Result<Next> {
    loop {
        match wire::answer(buffer, method) {
            Head::Whole(head) => {
                to.write_all(&buffer.split_to(head.length)).await?;
                if head.status == 101 {
                    return Ok(Next::Tunnel);
                }
                if head.status < 200 {
                    continue;
                }
                let whole = pass_body(from, buffer, to, head.framing).await?;
                return Ok(if whole && !head.closes {
                    Next::Exchange
                } else {
                    Next::End
                });
            }
            Head::Odd => return Ok(Next::Tunnel),
            Head::Partial => {
                if fill(from, buffer).await? == 0 {
                    to.write_all(buffer).await?;
                    return Ok(Next::End);
                }
            }
        }
    }
}

/// Passes on a body. Says whether it was whole: not where the side that sends it ended, or did not frame it as it said.
async fn pass_body(
    from: &mut OwnedReadHalf,
    buffer: &mut BytesMut,
    to: &mut OwnedWriteHalf,
    framing: Framing,
) -> io::Result<bool> {
    let mut follower = Follower::new(framing);
    while !follower.is_done() {
        if buffer.is_empty() && fill(from, buffer).await? == 0 {
            return Ok(follower.may_end());
        }
        let Ok(taken) = follower.follow(buffer, &mut |_| ()) else {
            // Whatever it is, the other side is to see it, and its end.
            to.write_all(&buffer.split()).await?;
            copy(from, to).await?;
            return Ok(false);
        };
        to.write_all(&buffer.split_to(taken)).await?;
    }
    Ok(true)
}

/// Takes in a whole request, and answers it as the meddler says.
async fn meddle(client: &mut Side, head: &RequestHead, upstream: &str, meddler: &dyn Meddler) -> io::Result<Next> {
    drop(client.buffer.split_to(head.length));
    if head.headers.get("expect").is_some() {
        client.writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let Some((body, cut)) = take_body(client, head.framing).await? else {
        return Ok(Next::End);
    };
    let request = Request {
        method: head.method.clone(),
        target: head.target.clone(),
        headers: head.headers.clone(),
        body,
        cut,
        behind: client.buffer.clone().freeze(),
    };
    let closing = request.headers.get("connection");
    let closing = closing.is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let Some(answer) = meddler.answer(request, upstream).await else {
        return Ok(Next::End);
    };
    client.writer.write_all(&answer.write()).await?;
    Ok(if answer.ending == Ending::Whole && !closing && !cut {
        Next::Exchange
    } else {
        Next::End
    })
}

/// The body of a request, and whether the client ended before it was whole. `None` if it is not what its head says.
async fn take_body(client: &mut Side, framing: Framing) -> io::Result<Option<(Bytes, bool)>> {
    let mut follower = Follower::new(framing);
    let mut body = Vec::new();
    loop {
        let Ok(taken) = follower.follow(&client.buffer, &mut |bytes| body.extend_from_slice(bytes)) else {
            return Ok(None);
        };
        drop(client.buffer.split_to(taken));
        if follower.is_done() {
            return Ok(Some((body.into(), false)));
        }
        if body.len() > LARGEST {
            return Ok(None);
        }
        if fill(&mut client.reader, &mut client.buffer).await? == 0 {
            return Ok(Some((body.into(), true)));
        }
    }
}
