//! A request and an answer that are held whole, to be changed.

use bytes::Bytes;

/// Headers in their order, with their names as they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// From what was parsed.
    pub(super) fn read(parsed: &[httparse::Header<'_>]) -> Self {
        let pair = |header: &httparse::Header<'_>| (header.name.to_owned(), header.value.to_vec());
        Self(parsed.iter().map(pair).collect())
    }

    /// The first value with this name.
    pub fn get(&self, name: &str) -> Option<String> {
        self.all(name).next()
    }

    /// Every value with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        self.iter()
            .filter(move |(one, _)| one.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, String)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value).into_owned()))
    }

    /// Replaces every header with this name by one.
    pub fn set(&mut self, name: &str, value: &str) {
        let at = self.0.iter().position(|(one, _)| one.eq_ignore_ascii_case(name));
        self.remove(name);
        let at = at.unwrap_or(self.0.len()).min(self.0.len());
        self.0.insert(at, (name.to_owned(), value.as_bytes().to_vec()));
    }

    /// Adds a header, whether or not there is one with this name.
    pub fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.as_bytes().to_vec()));
    }

    /// Removes every header with this name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(one, _)| !one.eq_ignore_ascii_case(name));
    }

    /// Writes every name as `change` says.
    pub fn rename(&mut self, change: impl Fn(&str) -> String) {
        for (name, _) in &mut self.0 {
            *name = change(name);
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
    }
}

/// What requests and answers have in common.
pub(crate) trait Message {
    /// The headers.
    fn headers(&mut self) -> &mut Headers;
    /// The body, without its framing.
    fn body(&mut self) -> &mut Bytes;

    /// Replaces the body; the length that is declared follows.
    fn set_body(&mut self, body: Bytes) {
        let length = body.len().to_string();
        *self.body() = body;
        if self.headers().get("content-length").is_some() {
            self.headers().set("Content-Length", &length);
        }
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers.
    pub headers: Headers,
    /// The body, without its framing.
    pub body: Bytes,
    /// Whether the client ended its side before the body was whole.
    pub cut: bool,
    /// What else was there on the connection already, behind the request.
    pub behind: Bytes,
}

impl Message for Request {
    fn headers(&mut self) -> &mut Headers {
        &mut self.headers
    }

    fn body(&mut self) -> &mut Bytes {
        &mut self.body
    }
}

impl Request {
    /// The request as it is sent, on a connection that serves it alone.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut head = self.clone();
        head.headers.set("Connection", "close");
        head.headers.remove("Expect");
        let mut bytes = format!("{} {} HTTP/1.1\r\n", head.method, head.target).into_bytes();
        head.headers.write(&mut bytes);
        write_body(&mut bytes, &head.headers, &self.body);
        bytes
    }
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As it should; the connection stays open.
    #[default]
    Whole,
    /// As it should; then the connection is closed.
    Close,
    /// The connection is closed so many bytes before the end.
    Cut(usize),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The headers.
    pub headers: Headers,
    /// The body, without its framing.
    pub body: Bytes,
    /// How it ends.
    pub ending: Ending,
    /// Whole interim answers that are sent before it.
    pub before: String,
    /// What is sent behind it.
    pub behind: Bytes,
}

impl Message for Answer {
    fn headers(&mut self) -> &mut Headers {
        &mut self.headers
    }

    fn body(&mut self) -> &mut Bytes {
        &mut self.body
    }
}

impl Answer {
    /// An answer with nothing but a status.
    pub(crate) fn new(status: u16) -> Self {
        let mut headers = Headers::default();
        headers.set("Content-Length", "0");
        let mut answer = Self {
            status: 0,
            reason: String::new(),
            headers,
            body: Bytes::new(),
            ending: Ending::Whole,
            before: String::new(),
            behind: Bytes::new(),
        };
        answer.set_status(status);
        answer
    }

    /// Replaces the status, and the reason phrase that goes with it.
    pub(crate) fn set_status(&mut self, status: u16) {
        self.status = status;
        let known = http::StatusCode::from_u16(status).ok();
        let reason = known.and_then(|status| status.canonical_reason());
        reason.unwrap_or_default().clone_into(&mut self.reason);
    }

    /// The answer as it is sent.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = self.before.clone().into_bytes();
        bytes.extend_from_slice(format!("HTTP/1.1 {} {}\r\n", self.status, self.reason).as_bytes());
        self.headers.write(&mut bytes);
        write_body(&mut bytes, &self.headers, &self.body);
        if let Ending::Cut(missing) = self.ending {
            bytes.truncate(bytes.len().saturating_sub(missing));
        }
        bytes.extend_from_slice(&self.behind);
        bytes
    }
}

fn write_body(bytes: &mut Vec<u8>, headers: &Headers, body: &[u8]) {
    if headers.get("transfer-encoding").is_none() {
        bytes.extend_from_slice(body);
        return;
    }
    if !body.is_empty() {
        bytes.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_follows_the_body() {
        let mut answer = Answer::new(200);
        answer.set_body(Bytes::from_static(b"hello"));
        assert_eq!(
            String::from_utf8(answer.write()).unwrap(),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        );
        answer.ending = Ending::Cut(2);
        assert!(answer.write().ends_with(b"hel"));
    }

    #[test]
    fn a_header_is_replaced_where_it_stands() {
        let mut headers = Headers::default();
        headers.add("A", "1");
        headers.add("B", "2");
        headers.add("a", "3");
        headers.set("a", "4");
        let pairs: Vec<_> = headers.iter().collect();
        assert_eq!(pairs, [("a", "4".to_owned()), ("B", "2".to_owned())]);
        headers.remove("B");
        assert_eq!(headers.get("b"), None);
    }

    #[test]
    fn a_chunked_body_is_sent_as_one() {
        let mut answer = Answer::new(200);
        answer.headers.remove("content-length");
        answer.headers.set("Transfer-Encoding", "chunked");
        answer.set_body(Bytes::from_static(b"hello"));
        assert!(answer.write().ends_with(b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
    }
}
