//! Durations as Go writes them: `10s`, `1h30m`, `1.5h`.

use std::time::Duration;

const UNITS: [(&str, u128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The longest duration that Go can hold: 2^63 - 1 nanoseconds, some 292 years.
const LONGEST: u128 = i64::MAX as u128;

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DurationError {
    #[error("is not a duration")]
    Malformed,
    #[error("has a number without a unit")]
    NoUnit,
    #[error("has a unit that is none of ns, us, ms, s, m, h")]
    Unit,
    #[error("is a negative duration")]
    Negative,
    #[error("is longer than 292 years")]
    TooLong,
}

/// Parses by the grammar of Go's `time.ParseDuration`, but for negative durations.
pub(super) fn parse(text: &str) -> Result<Duration, DurationError> {
    match text.strip_prefix('-') {
        Some(rest) => Err(unsigned(rest).map_or_else(|_| DurationError::Malformed, |_| DurationError::Negative)),
        None => unsigned(text.strip_prefix('+').unwrap_or(text)),
    }
}

fn unsigned(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text;
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(DurationError::Malformed);
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (number, after) = split(rest, |character| character.is_ascii_digit() || character == '.');
        let (unit, after) = split(after, |character| !character.is_ascii_digit() && character != '.');
        let nanoseconds = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, scale)| *scale);
        let scale = match nanoseconds {
            _ if number.is_empty() => return Err(DurationError::Malformed),
            None if unit.is_empty() => return Err(DurationError::NoUnit),
            None => return Err(DurationError::Unit),
            Some(scale) => scale,
        };
        total = total.saturating_add(scaled(number, scale)?);
        rest = after;
    }
    if total > LONGEST {
        return Err(DurationError::TooLong);
    }
    u64::try_from(total)
        .map(Duration::from_nanos)
        .map_err(|_| DurationError::TooLong)
}

/// `number` times `scale`, in whole numbers, so that no digit is lost to a floating point.
fn scaled(number: &str, scale: u128) -> Result<u128, DurationError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return Err(DurationError::Malformed);
    }
    let whole: u128 = if whole.is_empty() {
        0
    } else {
        whole.parse().map_err(|_| DurationError::TooLong)?
    };
    let mut sum = whole.saturating_mul(scale);
    let mut part = scale;
    for digit in fraction.bytes() {
        part /= 10;
        sum = sum.saturating_add(u128::from(digit - b'0') * part);
    }
    Ok(sum)
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|character| !belongs(character)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("+5s", 5_000_000_000),
            ("30s", 30_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("300ms", 300_000_000),
            ("10us", 10_000),
            ("10µs", 10_000),
            ("7ns", 7),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_nanos(nanoseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_told_apart() {
        assert_eq!(parse(&"-".repeat(1 << 20)), Err(DurationError::Malformed));
        for (text, error) in [
            ("", DurationError::Malformed),
            ("h", DurationError::Malformed),
            (".s", DurationError::Malformed),
            ("1.2.3s", DurationError::Malformed),
            ("soon", DurationError::Malformed),
            ("10", DurationError::NoUnit),
            ("1h10", DurationError::NoUnit),
            ("1d", DurationError::Unit),
            ("1 h", DurationError::Unit),
            ("-5s", DurationError::Negative),
            ("3000000h", DurationError::TooLong),
            ("99999999999999999999999999999999999999999999h", DurationError::TooLong),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_add_up(hours in 0_u64..10_000, minutes in 0_u64..1_000, seconds in 0_u64..1_000, millis in 0_u64..1_000) {
            let text = format!("{hours}h{minutes}m{seconds}.{millis:03}s");
            let expected = Duration::from_millis(((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis);
            prop_assert_eq!(parse(&text), Ok(expected));
        }

        #[test]
        fn any_text_parses_or_is_refused(text in "[-+0-9.a-zµ ]{0,40}") {
            let _ = parse(&text);
        }
    }
}
