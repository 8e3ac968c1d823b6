//! Bytes on a connection of their own, and the answers in what comes back.

use std::{io, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep_until, timeout_at},
};

use super::{Response, TransportError};

/// How long the registry may take to answer and to close.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long the registry may be silent where more requests than answers were seen. What was sent as a body may look
/// like a request, so answers may be missing for good.
const QUIET: Duration = Duration::from_millis(250);
/// How many bytes are read.
const LARGEST: usize = 16 << 20;
/// How many header lines an answer may have.
const HEADERS: usize = 128;

/// What came back on a connection.
#[derive(Clone, Debug, Default)]
pub struct RawAnswer {
    /// The answers, in order; interim ones (1xx) are left out.
    pub responses: Vec<Response>,
    /// Whether something follows the last whole answer that is not one.
    pub trailing: usize,
    /// Whether the registry ended the connection, and did not just fall silent.
    pub closed: bool,
    /// All that came.
    pub received: Bytes,
}

/// The bytes that a text of the language stands for: every line ends with `\r\n`, and a head at its end that lacks its
/// empty line gets it, for YAML's `|` takes it away. A text that does not end with a line end is left open.
pub fn wire_text(text: &str) -> Bytes {
    let mut text = text.replace("\r\n", "\n");
    let last = text.rsplit_once("\n\n").map_or(text.as_str(), |(_, last)| last);
    let open = last.contains(" HTTP/") || last.len() == text.len();
    if text.ends_with('\n') && open {
        text.push('\n');
    }
    text.replace('\n', "\r\n").into()
}

/// Sends `bytes` to `authority` and reads until the registry closes or the deadline passes. After a whole answer, our
/// side is closed, so that a registry that would keep the connection ends it too, when it has answered all that it saw;
/// with `hang_up`, as soon as all is sent.
pub async fn converse(authority: &str, bytes: &[u8], hang_up: bool) -> Result<RawAnswer, TransportError> {
    let deadline = Instant::now() + DEADLINE;
    let closed = |error: io::Error| TransportError::Closed(error.to_string());
    let mut stream = match timeout_at(deadline, TcpStream::connect(authority)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => return Err(TransportError::Refused),
        Ok(Err(error)) => return Err(closed(error)),
        Err(_) => return Err(TransportError::Timeout(DEADLINE)),
    };
    let methods = methods(bytes);
    let (mut reader, mut writer) = stream.split();
    // A registry may refuse and close while we still send: what it said before is read in any case.
    let mut sent = Box::pin(async move {
        let _ = writer.write_all(bytes).await;
        writer
    });
    let mut ours = None;
    let mut received = Vec::new();
    let mut half_close_at = None;
    let mut buffer = vec![0; 16 << 10];
    loop {
        tokio::select! {
            writer = &mut sent, if ours.is_none() => {
                ours = Some(writer);
                if hang_up {
                    half_close_at = Some(Instant::now());
                }
            }
            read = reader.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return Ok(whole(received, &methods, true)),
                Ok(count) => received.extend_from_slice(&buffer[..count]),
            },
            () = sleep_until(half_close_at.unwrap_or(deadline)), if half_close_at.is_some() => {
                if let Some(mut writer) = ours.take() {
                    let _ = writer.shutdown().await;
                }
                break;
            }
            () = sleep_until(deadline) => return Ok(whole(received, &methods, false)),
        }
        if received.len() > LARGEST {
            return Err(TransportError::TooLarge(LARGEST));
        }
        let answers = parse(&received, &methods, false).responses.len();
        if answers > 0 && ours.is_some() {
            // Not before every request has its answer: a registry may drop what it has not answered when we close.
            let quiet = if answers < methods.len() { QUIET } else { Duration::ZERO };
            half_close_at = Some(Instant::now() + quiet);
        }
    }
    loop {
        match timeout_at(deadline, reader.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return Ok(whole(received, &methods, true)),
            Ok(Ok(count)) => received.extend_from_slice(&buffer[..count]),
            Err(_) => return Ok(whole(received, &methods, false)),
        }
        if received.len() > LARGEST {
            return Err(TransportError::TooLarge(LARGEST));
        }
    }
}

fn whole(received: Vec<u8>, methods: &[String], ended: bool) -> RawAnswer {
    let mut answer = parse(&received, methods, ended);
    answer.received = received.into();
    answer
}

/// The methods of the requests in `bytes`, as far as they can be told: an answer to HEAD has no body.
fn methods(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes)
        .split("\r\n")
        .filter(|line| line.contains(" HTTP/1."))
        .filter_map(|line| line.split_ascii_whitespace().next().map(str::to_owned))
        .collect()
}

/// The whole answers in `bytes`. `ended` says that nothing more can come.
fn parse(bytes: &[u8], methods: &[String], ended: bool) -> RawAnswer {
    let mut answer = RawAnswer {
        closed: ended,
        ..RawAnswer::default()
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let head_only = methods
            .get(answer.responses.len())
            .is_some_and(|method| method == "HEAD");
        let Some((response, length)) = parse_one(rest, head_only, ended) else {
            break;
        };
        rest = &rest[length..];
        if response.status >= 200 || response.status == 101 {
            answer.responses.push(response);
        }
    }
    answer.trailing = rest.len();
    answer
}

/// The first answer in `bytes` and its length, if it is whole.
fn parse_one(bytes: &[u8], head_only: bool, ended: bool) -> Option<(Response, usize)> {
    let mut storage = [httparse::EMPTY_HEADER; HEADERS];
    let mut head = httparse::Response::new(&mut storage);
    let httparse::Status::Complete(begin) = head.parse(bytes).ok()? else {
        return None;
    };
    let status = head.code?;
    let headers: HeaderMap = head
        .headers
        .iter()
        .filter_map(|header| {
            Some((
                HeaderName::try_from(header.name).ok()?,
                HeaderValue::from_bytes(header.value).ok()?,
            ))
        })
        .collect();
    let rest = &bytes[begin..];
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let (body, length) = if head_only || status < 200 || status == 204 || status == 304 {
        (Bytes::new(), 0)
    } else if text("transfer-encoding").is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked")) {
        dechunk(rest)?
    } else if let Some(length) = text("content-length").and_then(|length| length.trim().parse::<usize>().ok()) {
        (Bytes::copy_from_slice(rest.get(..length)?), length)
    } else if ended {
        (Bytes::copy_from_slice(rest), rest.len())
    } else {
        return None;
    };
    let response = Response { status, headers, body };
    Some((response, begin + length))
}

/// A chunked body and its length on the wire, if it is whole.
fn dechunk(bytes: &[u8]) -> Option<(Bytes, usize)> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let httparse::Status::Complete((head, size)) = httparse::parse_chunk_size(&bytes[at..]).ok()? else {
            return None;
        };
        at += head;
        let size = usize::try_from(size).ok()?;
        if size == 0 {
            // Trailers end with an empty line.
            loop {
                let line = bytes[at..].windows(2).position(|pair| pair == b"\r\n")?;
                at += line + 2;
                if line == 0 {
                    return Some((body.into(), at));
                }
            }
        }
        body.extend_from_slice(bytes.get(at..at.checked_add(size)?)?);
        at += size;
        if bytes.get(at..at + 2)? != b"\r\n" {
            return None;
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get() -> Vec<String> {
        vec!["GET".to_owned(), "GET".to_owned()]
    }

    #[test]
    fn lines_end_as_http_wants_and_a_head_is_completed() {
        assert_eq!(
            wire_text("GET / HTTP/1.1\nHost: x\n").as_ref(),
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        );
        assert_eq!(
            wire_text("PUT / HTTP/1.1\n\n{}\n").as_ref(),
            b"PUT / HTTP/1.1\r\n\r\n{}\r\n"
        );
        assert_eq!(wire_text("GET / HT").as_ref(), b"GET / HT");
        let two = wire_text("GET / HTTP/1.1\n\nGET / HTTP/1.1\nHost: x\n");
        assert_eq!(two.as_ref(), b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    }

    #[test]
    fn pipelined_answers_are_counted() {
        let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nhi\
            HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n";
        let answer = parse(bytes, &get(), false);
        assert_eq!(
            answer.responses.iter().map(|one| one.status).collect::<Vec<_>>(),
            [400, 200]
        );
        assert_eq!(answer.responses[1].body.as_ref(), b"abc");
        assert_eq!(answer.trailing, 0);
    }

    #[test]
    fn an_answer_that_is_not_whole_is_none() {
        for bytes in [
            &b"HTTP/1.1 200 OK\r\nContent-Le"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            b"no http",
        ] {
            let answer = parse(bytes, &get(), true);
            assert!(answer.responses.is_empty());
            assert_eq!(answer.trailing, bytes.len());
        }
    }

    #[test]
    fn a_body_without_a_length_ends_with_the_connection() {
        let bytes = b"HTTP/1.0 200 OK\r\n\r\nall of it";
        assert!(parse(bytes, &get(), false).responses.is_empty());
        assert_eq!(parse(bytes, &get(), true).responses[0].body.as_ref(), b"all of it");
    }

    #[test]
    fn an_answer_to_head_has_no_body() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        let answer = parse(bytes, &["HEAD".to_owned(), "GET".to_owned()], true);
        assert_eq!(answer.responses.len(), 2);
    }
}
