//! Asks the registry on a connection of its own.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp::OwnedReadHalf},
};

use super::{
    Answer, Ending, Request,
    chunked::Follower,
    wire::{self, Head},
};

/// How much is read at once.
const READ: usize = 64 << 10;

/// Sends `request` to the registry at `authority`, and reads the whole answer. Interim answers are left out.
///
/// # Errors
/// The registry gives no answer, or none that is whole.
pub(crate) async fn ask(authority: &str, request: &Request) -> io::Result<Answer> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let bytes = request.write();
    let send = async move {
        // A registry may refuse and close before it has read all: what it said counts.
        let _ = writer.write_all(&bytes).await;
        if request.cut {
            let _ = writer.shutdown().await;
        }
        writer
    };
    let mut send = Box::pin(send);
    let mut receive = Box::pin(receive(reader, &request.method));
    let mut writer = None;
    loop {
        tokio::select! {
            answer = &mut receive => return answer,
            // Kept: a side that is dropped is closed.
            side = &mut send, if writer.is_none() => writer = Some(side),
        }
    }
}

/// Takes in what has come; 0 is the end.
pub(super) async fn fill(reader: &mut OwnedReadHalf, buffer: &mut BytesMut) -> io::Result<usize> {
    buffer.reserve(READ);
    reader.read_buf(buffer).await
}

async fn receive(mut reader: OwnedReadHalf, method: &str) -> io::Result<Answer> {
    let mut buffer = BytesMut::new();
    let head = loop {
        match wire::answer(&buffer, method) {
            Head::Whole(head) => {
                drop(buffer.split_to(head.length));
                if head.status >= 200 {
                    break head;
                }
            }
            Head::Odd => return Err(io::Error::other("the registry's answer is not plain HTTP")),
            Head::Partial => {
                if fill(&mut reader, &mut buffer).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
    };
    let mut follower = Follower::new(head.framing);
    let mut body = Vec::new();
    loop {
        let taken = follower
            .follow(&buffer, &mut |bytes| body.extend_from_slice(bytes))
            .map_err(|_| io::Error::other("the registry's answer is not chunked as it says"))?;
        drop(buffer.split_to(taken));
        if follower.is_done() {
            break;
        }
        if fill(&mut reader, &mut buffer).await? == 0 {
            if follower.may_end() {
                break;
            }
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let mut answer = Answer {
        status: head.status,
        reason: head.reason,
        headers: head.headers,
        body: body.into(),
        ending: Ending::Whole,
        before: String::new(),
        behind: Bytes::new(),
    };
    // Said of a connection that the client does not see.
    answer.headers.remove("connection");
    if head.framing == wire::Framing::UntilEnd {
        let length = answer.body.len().to_string();
        answer.headers.set("Content-Length", &length);
    }
    Ok(answer)
}
