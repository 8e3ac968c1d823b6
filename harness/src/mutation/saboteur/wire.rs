//! The heads of requests and answers, as far as they have to be read to know where a message ends.

use super::message::Headers;

/// How many header lines a head may have.
const HEADERS: usize = 128;

/// How the body of a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    None,
    /// After this many bytes.
    Length(u64),
    /// With the last chunk.
    Chunked,
    /// With the connection. Only an answer may.
    UntilEnd,
}

/// The head of a request.
#[derive(Clone, Debug)]
pub(crate) struct RequestHead {
    /// The method.
    pub method: String,
    /// Path and query as they were sent.
    pub target: String,
    /// The headers, in order.
    pub headers: Headers,
    /// How its body ends.
    pub framing: Framing,
    /// How many bytes it takes.
    pub length: usize,
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub(super) struct AnswerHead {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The headers, in order.
    pub headers: Headers,
    /// How its body ends.
    pub framing: Framing,
    /// Whether the connection ends with it.
    pub closes: bool,
    /// How many bytes it takes.
    pub length: usize,
}

/// What the first bytes of a message are.
#[derive(Clone, Debug)]
pub(super) enum Head<H> {
    /// The beginning of a head.
    Partial,
    /// A head.
    Whole(H),
    /// Not HTTP/1.1 as everybody reads it: two readers might disagree about where it ends.
    Odd,
}

/// Reads the head of a request.
pub(super) fn request(bytes: &[u8]) -> Head<RequestHead> {
    let mut storage = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Request::new(&mut storage);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bare_line_feed(bytes) => return Head::Odd,
        Ok(httparse::Status::Partial) => return Head::Partial,
        Err(_) => return Head::Odd,
    };
    let (Some(method), Some(target), Some(1)) = (parsed.method, parsed.path, parsed.version) else {
        return Head::Odd;
    };
    let headers = Headers::read(parsed.headers);
    let plain = target.starts_with('/') && headers.get("upgrade").is_none() && !bare_line_feed(&bytes[..length]);
    let framing = match framing(&headers) {
        Said::Plainly(framing) if plain => framing,
        Said::Nothing if plain => Framing::None,
        _ => return Head::Odd,
    };
    Head::Whole(RequestHead {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        framing,
        length,
    })
}

/// Reads the head of an answer to a request with this method.
pub(super) fn answer(bytes: &[u8], method: &str) -> Head<AnswerHead> {
    let mut storage = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Response::new(&mut storage);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Head::Partial,
        Err(_) => return Head::Odd,
    };
    let (Some(status), Some(version)) = (parsed.code, parsed.version) else {
        return Head::Odd;
    };
    let headers = Headers::read(parsed.headers);
    let bodiless = method == "HEAD" || status < 200 || status == 204 || status == 304;
    let framing = match framing(&headers) {
        Said::Oddly => return Head::Odd,
        _ if bodiless => Framing::None,
        Said::Nothing => Framing::UntilEnd,
        Said::Plainly(framing) => framing,
    };
    let closing = headers
        .get("connection")
        .is_some_and(|value| value.to_ascii_lowercase().contains("close"));
    Head::Whole(AnswerHead {
        status,
        reason: parsed.reason.unwrap_or_default().to_owned(),
        headers,
        framing,
        closes: closing || version == 0 || framing == Framing::UntilEnd,
        length,
    })
}

/// What headers say of a body.
enum Said {
    Nothing,
    Plainly(Framing),
    /// Two readers might take it differently.
    Oddly,
}

fn framing(headers: &Headers) -> Said {
    let coding: Vec<String> = headers.all("transfer-encoding").collect();
    let lengths: Vec<String> = headers.all("content-length").collect();
    match (coding.as_slice(), lengths.as_slice()) {
        ([], []) => Said::Nothing,
        ([coding], []) if coding.eq_ignore_ascii_case("chunked") => Said::Plainly(Framing::Chunked),
        ([], [length]) if !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit()) => {
            let length = length.parse().map(Framing::Length);
            length.map_or(Said::Oddly, Said::Plainly)
        }
        _ => Said::Oddly,
    }
}

/// Whether a line ends with `\n` alone.
fn bare_line_feed(bytes: &[u8]) -> bool {
    let mut before = 0;
    for &byte in bytes {
        if byte == b'\n' && before != b'\r' {
            return true;
        }
        before = byte;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Head<RequestHead> {
        request(text.replace('\n', "\r\n").as_bytes())
    }

    #[test]
    fn a_head_says_how_its_body_ends() {
        for (headers, expected) in [
            ("Host: x\n", Framing::None),
            ("Content-Length: 5\n", Framing::Length(5)),
            ("transfer-encoding: Chunked\n", Framing::Chunked),
        ] {
            let Head::Whole(head) = read(&format!("PUT /v2/?a=b HTTP/1.1\n{headers}\n")) else {
                panic!("{headers}");
            };
            assert_eq!(head.framing, expected);
            assert_eq!((head.method.as_str(), head.target.as_str()), ("PUT", "/v2/?a=b"));
        }
        assert!(matches!(read("PUT /v2/ HTTP/1.1\nHost"), Head::Partial));
    }

    #[test]
    fn what_two_readers_might_take_differently_is_odd() {
        for text in [
            "PUT / HTTP/1.1\nContent-Length: 5\nContent-Length: 5\n\n",
            "PUT / HTTP/1.1\nContent-Length: 5\nTransfer-Encoding: chunked\n\n",
            "PUT / HTTP/1.1\nTransfer-Encoding: gzip, chunked\n\n",
            "PUT / HTTP/1.1\nContent-Length: +5\n\n",
            "PUT / HTTP/1.1\nContent-Length : 5\n\n",
            "PUT / HTTP/1.0\n\n",
            "GET http://x/ HTTP/1.1\n\n",
            "GET / HTTP/1.1\nUpgrade: h2c\n\n",
            "nonsense\n\n",
        ] {
            assert!(matches!(read(text), Head::Odd), "{text}");
        }
        assert!(matches!(request(b"GET / HTTP/1.1\nHost: x\r\n\r\n"), Head::Odd));
        assert!(matches!(request(b"GET / HTTP/1.1\n"), Head::Odd));
    }

    #[test]
    fn an_answer_ends_as_its_request_and_status_say() {
        let framing = |text: &str, method: &str| match answer(text.replace('\n', "\r\n").as_bytes(), method) {
            Head::Whole(head) => (head.framing, head.closes),
            other => panic!("{other:?}"),
        };
        let sized = "HTTP/1.1 200 OK\nContent-Length: 3\n\n";
        assert_eq!(framing(sized, "GET"), (Framing::Length(3), false));
        assert_eq!(framing(sized, "HEAD"), (Framing::None, false));
        assert_eq!(framing("HTTP/1.1 204 No Content\n\n", "GET"), (Framing::None, false));
        assert_eq!(framing("HTTP/1.1 200 OK\n\n", "GET"), (Framing::UntilEnd, true));
        assert_eq!(
            framing("HTTP/1.1 202 Accepted\nContent-Length: 0\nConnection: close\n\n", "PUT"),
            (Framing::Length(0), true)
        );
    }
}
