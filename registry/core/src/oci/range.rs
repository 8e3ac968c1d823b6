//! Byte ranges: the `Range` of a download (RFC 9110, section 14) and the `Content-Range` of an upload's chunk.

use std::{ops::Range, str::FromStr};

/// What a `Range` header asks of content with a known size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestedRange {
    /// All of it: the header says nothing that this registry follows, such as several ranges or another unit.
    Whole,
    /// These bytes, half-open, at least one of them and none past the end.
    Part(Range<u64>),
    /// Bytes that the content does not have.
    Unsatisfiable,
}

impl RequestedRange {
    /// Reads the header's value for content of `size` bytes.
    ///
    /// A range whose end lies before its beginning is refused rather than ignored: RFC 9110 leaves the choice, and a
    /// client that asks for such a range is better told than sent everything.
    pub fn parse(header: &str, size: u64) -> Self {
        let Some((unit, ranges)) = header.split_once('=') else {
            return Self::Whole;
        };
        let range = ranges.trim_matches([' ', '\t']);
        let Some((first, last)) = range.split_once('-') else {
            return Self::Whole;
        };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        match (Position::parse(first), Position::parse(last)) {
            (Position::Absent, Position::At(length)) => Self::suffix(length, size),
            (Position::At(first), Position::Absent) => Self::from(first, u64::MAX, size),
            (Position::At(first), Position::At(last)) => Self::from(first, last, size),
            _ => Self::Whole,
        }
    }

    fn suffix(length: u64, size: u64) -> Self {
        match (length, size) {
            (0, _) => Self::Unsatisfiable,
            (_, 0) => Self::Whole,
            _ => Self::Part(size.saturating_sub(length)..size),
        }
    }

    fn from(first: u64, last: u64, size: u64) -> Self {
        if first > last || first >= size {
            Self::Unsatisfiable
        } else {
            Self::Part(first..last.saturating_add(1).min(size))
        }
    }
}

/// One side of a range.
enum Position {
    Absent,
    At(u64),
    Invalid,
}

impl Position {
    /// Numbers that do not fit are the largest that does: no content is that long.
    fn parse(text: &str) -> Self {
        if text.is_empty() {
            Self::Absent
        } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::At(text.parse().unwrap_or(u64::MAX))
        } else {
            Self::Invalid
        }
    }
}

/// The `Content-Range` of a chunk: `<first>-<last>`, both inclusive (spec.md#pushing-a-blob-in-chunks). It is not that of
/// RFC 9110: it has no unit and no complete length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The position of the first byte.
    pub first: u64,
    /// How many bytes there are, at least one.
    pub length: u64,
}

/// Why a text is not the range of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Content-Range is <first>-<last>, two decimal numbers of bytes, the last not before the first")]
pub struct ContentRangeError;

impl FromStr for ContentRange {
    type Err = ContentRangeError;

    fn from_str(text: &str) -> Result<Self, ContentRangeError> {
        let (first, last) = text.split_once('-').ok_or(ContentRangeError)?;
        let number = |text: &str| match Position::parse(text) {
            Position::At(number) if number < u64::MAX => Ok(number),
            _ => Err(ContentRangeError),
        };
        let (first, last) = (number(first)?, number(last)?);
        let length = last.checked_sub(first).ok_or(ContentRangeError)? + 1;
        Ok(Self { first, length })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_is_read_as_rfc_9110_says() {
        use RequestedRange::{Part, Unsatisfiable, Whole};
        for (header, expected) in [
            ("bytes=0-0", Part(0..1)),
            ("bytes=2-5", Part(2..6)),
            ("bytes=2-", Part(2..10)),
            ("bytes=-3", Part(7..10)),
            ("bytes=-30", Part(0..10)),
            ("bytes=9-9", Part(9..10)),
            ("bytes=5-99999999999999999999999", Part(5..10)),
            ("Bytes= 2-5 ", Part(2..6)),
            ("bytes=10-", Unsatisfiable),
            ("bytes=10-20", Unsatisfiable),
            ("bytes=99999999999999999999999-", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=5-2", Unsatisfiable),
            ("bytes=0-1,4-5", Whole),
            ("bytes=0-1, 4-5", Whole),
            ("bytes=-", Whole),
            ("bytes=", Whole),
            ("bytes", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=1 -2", Whole),
            ("bytes=--1", Whole),
            ("lines=1-2", Whole),
            ("", Whole),
        ] {
            assert_eq!(RequestedRange::parse(header, 10), expected, "{header}");
        }
    }

    #[test]
    fn nothing_has_no_bytes_to_ask_for() {
        assert_eq!(RequestedRange::parse("bytes=0-", 0), RequestedRange::Unsatisfiable);
        assert_eq!(RequestedRange::parse("bytes=-1", 0), RequestedRange::Whole);
    }

    #[test]
    fn the_range_of_a_chunk_has_one_form() {
        assert_eq!("0-0".parse(), Ok(ContentRange { first: 0, length: 1 }));
        assert_eq!("10-19".parse(), Ok(ContentRange { first: 10, length: 10 }));
        for text in [
            "",
            "-",
            "0-",
            "-9",
            "9-0",
            "a-b",
            "0-9/10",
            "bytes 0-9/10",
            "bytes=0-9",
            " 0-9",
            "0 - 9",
            "+0-9",
            "0-9-10",
            "0-18446744073709551615",
            "0-99999999999999999999999",
        ] {
            assert_eq!(text.parse::<ContentRange>(), Err(ContentRangeError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_header_asks_for_what_there_is(header in "(bytes=)?.*", size: u64) {
            if let RequestedRange::Part(range) = RequestedRange::parse(&header, size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }

        #[test]
        fn a_closed_range_is_taken_as_it_is(first in 0u64..1000, length in 1u64..1000, beyond in 0u64..1000) {
            let last = first + length - 1;
            let size = last + 1 + beyond;
            prop_assert_eq!(
                RequestedRange::parse(&format!("bytes={first}-{last}"), size),
                RequestedRange::Part(first..last + 1)
            );
            prop_assert_eq!(format!("{first}-{last}").parse(), Ok(ContentRange { first, length }));
        }

        #[test]
        fn any_text_is_a_range_of_a_chunk_or_refused(text: String) {
            if let Ok(range) = text.parse::<ContentRange>() {
                prop_assert!(range.length > 0 && range.first.checked_add(range.length).is_some());
            }
        }
    }
}
