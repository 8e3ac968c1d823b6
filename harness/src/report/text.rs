//! Numbers, times and lists as people read them.

/// `41,920`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 scenario`, `214 scenarios`.
pub(super) fn plural(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(number))
}

/// The first of `names`, and how many more there are.
pub(super) fn some(names: &[String]) -> String {
    const SHOWN: usize = 6;
    match names.get(..SHOWN) {
        Some(first) if names.len() > SHOWN + 1 => format!("{} and {} more", first.join(", "), names.len() - SHOWN),
        _ => names.join(", "),
    }
}

/// `340 ms`, `1.2 s`, `4 min 02 s`.
pub(super) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        _ => format!("{} min {:02} s", milliseconds / 60_000, milliseconds % 60_000 / 1000),
    }
}

/// `12 µs`, `1.2 ms`, then as a duration.
pub(super) fn microseconds(time: u64) -> String {
    match time {
        0..1_000 => format!("{time} µs"),
        1_000..100_000 => format!("{}.{} ms", time / 1000, time % 1000 / 100),
        _ => duration(time / 1000),
    }
}

/// The text with every run of digits as `#`: ports, sizes and times differ from run to run.
pub(super) fn without_numbers(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if !character.is_ascii_digit() {
            plain.push(character);
        } else if !plain.ends_with('#') {
            plain.push('#');
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1000, 41_920, 1_234_567].map(count),
            ["0", "999", "1,000", "41,920", "1,234,567"]
        );
    }

    #[test]
    fn times_have_the_unit_that_fits() {
        assert_eq!([340, 1234, 242_500].map(duration), ["340 ms", "1.2 s", "4 min 02 s"]);
        assert_eq!([12, 1_260, 340_000].map(microseconds), ["12 µs", "1.2 ms", "340 ms"]);
    }

    #[test]
    fn texts_that_differ_in_numbers_alone_are_alike() {
        assert_eq!(without_numbers("port 40123 was 9"), without_numbers("port 5 was 12"));
    }
}
