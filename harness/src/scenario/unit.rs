//! Sizes and durations as scenarios write them: `3 KiB`, `500ms`.

use std::time::Duration;

/// Why a text is no size or duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not a size.
    #[error("`{0}` is no size: a whole number of bytes, or one with KiB, MiB or GiB")]
    Size(String),
    /// Not a duration.
    #[error("`{0}` is no duration: a whole number with ms, s or m")]
    Duration(String),
    /// Not an offset.
    #[error("`{0}` is no offset: `+` or `-`, and a whole number with s, m or h")]
    Offset(String),
}

/// The bytes of a size: `100`, `3 KiB`, `2 MiB`, `1 GiB`.
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    let error = || UnitError::Size(text.to_owned());
    let (number, unit) = split(text).ok_or_else(error)?;
    let factor = match unit {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(error()),
    };
    number.checked_mul(factor).ok_or_else(error)
}

/// A duration: `500ms`, `10s`, `2m`.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let error = || UnitError::Duration(text.to_owned());
    let (number, unit) = split(text).ok_or_else(error)?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(error),
        _ => Err(error()),
    }
}

/// The seconds of an offset: `+2h`, `-90m`, `+0s`.
pub fn parse_offset(text: &str) -> Result<i64, UnitError> {
    let error = || UnitError::Offset(text.to_owned());
    let (sign, length) = match text.split_at_checked(1).ok_or_else(error)? {
        ("+", length) => (1, length),
        ("-", length) => (-1, length),
        _ => return Err(error()),
    };
    let (number, unit) = split(length).ok_or_else(error)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(error()),
    };
    let number = i64::try_from(number).map_err(|_| error())?;
    number.checked_mul(sign * seconds).ok_or_else(error)
}

/// The number and the unit behind it, with at most one space between.
fn split(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let number = text[..end].parse().ok()?;
    let unit = &text[end..];
    Some((number, unit.strip_prefix(' ').unwrap_or(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_have_a_sign_and_a_unit() {
        assert_eq!(parse_offset("+2h"), Ok(7200));
        assert_eq!(parse_offset("-90m"), Ok(-5400));
        assert_eq!(parse_offset("+0s"), Ok(0));
        for wrong in ["", "2h", "+", "+2", "+h", "±2h", "+2d", "+9223372036854775807h"] {
            assert_eq!(parse_offset(wrong), Err(UnitError::Offset(wrong.to_owned())));
        }
    }

    #[test]
    fn sizes_are_bytes_or_powers_of_1024() {
        assert_eq!(parse_size("100"), Ok(100));
        assert_eq!(parse_size("3 KiB"), Ok(3072));
        assert_eq!(parse_size("2MiB"), Ok(2 << 20));
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("2 m"), Ok(Duration::from_mins(2)));
        assert!(parse_duration("10").is_err());
    }

    #[test]
    fn what_is_negative_decimal_or_too_large_is_refused() {
        for text in [
            "",
            "-1",
            "1.5 KiB",
            "3 KB",
            "3  KiB",
            "99999999999999999999",
            "99999999999 GiB",
        ] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
