//! Follows a chunked body through the bytes that carry it, however they are cut.

use super::wire::Framing;

/// Where in a body the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Size(u64),
    Extension(u64),
    SizeEnd(u64),
    Data(u64),
    DataCr,
    DataLf,
    Trailer { empty: bool },
    TrailerEnd { empty: bool },
    Done,
}

/// The bytes are no chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotChunked;

/// A body that is followed to its end.
#[derive(Clone, Debug)]
pub(super) struct Follower {
    at: Following,
}

#[derive(Clone, Copy, Debug)]
enum Following {
    Length(u64),
    Chunked(At),
    UntilEnd,
}

impl Follower {
    /// At the beginning of a body that ends like this.
    pub(super) fn new(framing: Framing) -> Self {
        let at = match framing {
            Framing::None => Following::Length(0),
            Framing::Length(length) => Following::Length(length),
            Framing::Chunked => Following::Chunked(At::Size(0)),
            Framing::UntilEnd => Following::UntilEnd,
        };
        Self { at }
    }

    /// Whether the body is over.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.at, Following::Length(0) | Following::Chunked(At::Done))
    }

    /// Whether the end of the connection is an end of the body.
    pub(super) fn may_end(&self) -> bool {
        self.is_done() || matches!(self.at, Following::UntilEnd)
    }

    /// Takes the bytes of `bytes` that belong to the body: says how many, and gives its content to `content`.
    ///
    /// # Errors
    /// They are not framed as the head says.
    pub(super) fn follow(&mut self, bytes: &[u8], content: &mut dyn FnMut(&[u8])) -> Result<usize, NotChunked> {
        match &mut self.at {
            Following::UntilEnd => {
                content(bytes);
                Ok(bytes.len())
            }
            Following::Length(left) => {
                let taken = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= taken as u64;
                content(&bytes[..taken]);
                Ok(taken)
            }
            Following::Chunked(at) => {
                let mut taken = 0;
                while *at != At::Done && taken < bytes.len() {
                    if let At::Data(left) = *at {
                        let length = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - taken);
                        content(&bytes[taken..taken + length]);
                        taken += length;
                        let left = left - length as u64;
                        *at = if left == 0 { At::DataCr } else { At::Data(left) };
                    } else {
                        *at = step(*at, bytes[taken]).ok_or(NotChunked)?;
                        taken += 1;
                    }
                }
                Ok(taken)
            }
        }
    }
}

/// Where the byte after `byte` stands.
fn step(at: At, byte: u8) -> Option<At> {
    Some(match (at, byte) {
        (At::Size(size) | At::Extension(size), b'\r') => At::SizeEnd(size),
        (At::Size(size), b';' | b' ' | b'\t') | (At::Extension(size), _) => At::Extension(size),
        (At::Size(size), digit) => {
            let digit = char::from(digit).to_digit(16)?;
            At::Size(size.checked_mul(16)?.checked_add(u64::from(digit))?)
        }
        (At::SizeEnd(0) | At::TrailerEnd { empty: false }, b'\n') => At::Trailer { empty: true },
        (At::SizeEnd(size), b'\n') => At::Data(size),
        (At::DataCr, b'\r') => At::DataLf,
        (At::DataLf, b'\n') => At::Size(0),
        (At::Trailer { empty }, b'\r') => At::TrailerEnd { empty },
        (At::Trailer { .. }, _) => At::Trailer { empty: false },
        (At::TrailerEnd { empty: true }, b'\n') => At::Done,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = b"3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\nX: y\r\n\r\nGET / next";

    #[test]
    fn what_is_not_chunked_is_seen() {
        for bytes in [&b"x\r\n"[..], b"3\r\nabcd", b"3\nabc", b"fffffffffffffffff\r\n"] {
            let mut follower = Follower::new(Framing::Chunked);
            assert_eq!(follower.follow(bytes, &mut |_| ()), Err(NotChunked), "{bytes:?}");
        }
    }

    #[test]
    fn a_length_is_counted() {
        let mut follower = Follower::new(Framing::Length(5));
        assert_eq!(follower.follow(b"hel", &mut |_| ()), Ok(3));
        assert!(!follower.may_end());
        assert_eq!(follower.follow(b"lo world", &mut |_| ()), Ok(2));
        assert!(follower.is_done());
    }

    proptest! {
        #[test]
        fn the_end_is_found_however_the_bytes_are_cut(cuts in prop::collection::vec(1..8_usize, 1..60)) {
            let mut follower = Follower::new(Framing::Chunked);
            let (mut content, mut at) = (Vec::new(), 0);
            for cut in cuts.iter().cycle() {
                if follower.is_done() {
                    break;
                }
                let end = BODY.len().min(at + cut);
                at += follower.follow(&BODY[at..end], &mut |bytes| content.extend_from_slice(bytes)).unwrap();
            }
            prop_assert_eq!(content, b"abc0123456789");
            prop_assert_eq!(&BODY[at..], b"GET / next");
        }
    }
}
