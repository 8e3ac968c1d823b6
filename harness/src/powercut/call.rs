//! One line of strace's output, taken apart.
//!
//! strace is asked to write every byte of a text as `\x2f` (`-xx`), so that no text holds a comma, a quote or a bracket,
//! and to say of each descriptor what it is (`-yy`).

use std::collections::HashMap;

/// A system call that has returned, with its arguments as strace wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Its name.
    pub(super) name: String,
    /// Its arguments.
    pub(super) arguments: Vec<String>,
    /// What it returned; negative where it failed.
    pub(super) result: i64,
}

/// Something that strace wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A call began, and another thread's came in between.
    Begun(Call),
    /// A call returned.
    Returned(Call),
}

/// Puts together calls that strace wrote in two pieces.
#[derive(Debug, Default)]
pub(super) struct Reader {
    unfinished: HashMap<String, String>,
}

impl Reader {
    /// What `line` says, if it is about a call.
    pub(super) fn read(&mut self, line: &str) -> Option<Line> {
        let (thread, said) = line.split_once(' ')?;
        let said = said.trim_start();
        if let Some(begun) = said.strip_suffix(" <unfinished ...>") {
            self.unfinished.insert(thread.to_owned(), begun.to_owned());
            let (name, arguments) = begun.split_once('(')?;
            return Some(Line::Begun(Call {
                name: name.to_owned(),
                arguments: split(arguments),
                result: 0,
            }));
        }
        if let Some(resumed) = said.strip_prefix("<... ") {
            let (_, rest) = resumed.split_once(" resumed>")?;
            let begun = self.unfinished.remove(thread)?;
            return returned(&format!("{begun}{rest}")).map(Line::Returned);
        }
        returned(said).map(Line::Returned)
    }
}

/// `name(arguments) = result`.
fn returned(said: &str) -> Option<Call> {
    let (name, rest) = said.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let digits = result.split([' ', '<']).next()?;
    Some(Call {
        name: name.to_owned(),
        arguments: split(arguments.trim_end().strip_suffix(')')?),
        // `?` is a call that never returned, as at the end of the process.
        result: digits.parse().ok()?,
    })
}

/// Arguments at the commas that are in no bracket.
fn split(arguments: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for letter in arguments.chars() {
        match letter {
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

/// The number of a descriptor, as in `13<\x2f…>`.
pub(super) fn descriptor(argument: &str) -> Option<i64> {
    argument.split('<').next()?.parse().ok()
}

/// The path that strace knows a descriptor by, as in `13<\x2f…>` or `AT_FDCWD<\x2f…>`.
pub(super) fn described(argument: &str) -> Option<String> {
    let (_, rest) = argument.split_once('<')?;
    let path = rest.strip_suffix('>').or_else(|| rest.strip_suffix(">(deleted)"))?;
    path.starts_with("\\x").then(|| text(path)).flatten()
}

/// A text of strace's, `"\x61…"` or bare. `None` where it was cut short.
pub(super) fn bytes(argument: &str) -> Option<Vec<u8>> {
    let inner = argument.strip_prefix('"').unwrap_or(argument);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut pairs = inner.split("\\x");
    if pairs.next() != Some("") {
        return inner.is_empty().then(Vec::new);
    }
    pairs.map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

/// The same as UTF-8.
pub(super) fn text(argument: &str) -> Option<String> {
    String::from_utf8(bytes(argument)?).ok()
}

/// The bytes of `[{iov_base="…", iov_len=3}, …]`, one after the other.
pub(super) fn vectors(argument: &str) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for part in argument.split("iov_base=").skip(1) {
        all.extend(bytes(part.split(',').next()?)?);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: &[&str], result: i64) -> Call {
        Call {
            name: name.to_owned(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            result,
        }
    }

    #[test]
    fn a_whole_call_is_taken_apart() {
        let line = r#"7 openat(AT_FDCWD<\x2f>, "\x61\x2c", O_RDWR|O_CREAT, 0666) = 13<\x2f\x61>"#;
        let expected = call(
            "openat",
            &[r"AT_FDCWD<\x2f>", r#""\x61\x2c""#, "O_RDWR|O_CREAT", "0666"],
            13,
        );
        assert_eq!(Reader::default().read(line), Some(Line::Returned(expected)));
    }

    #[test]
    fn a_call_in_two_pieces_is_put_together_and_both_are_told() {
        let mut reader = Reader::default();
        let begun = reader.read(r#"7 mkdir("\x61", 0777 <unfinished ...>"#);
        assert_eq!(begun, Some(Line::Begun(call("mkdir", &[r#""\x61""#, "0777"], 0))));
        assert_eq!(reader.read("8 fsync(3<\\x2f>) = 0").map(|_| ()), Some(()));
        let resumed = reader.read("7 <... mkdir resumed>) = -1 EEXIST (File exists)");
        assert_eq!(resumed, Some(Line::Returned(call("mkdir", &[r#""\x61""#, "0777"], -1))));
    }

    #[test]
    fn descriptors_paths_and_bytes_are_read() {
        assert_eq!(descriptor(r"13<\x2f\x61>"), Some(13));
        assert_eq!(described(r"13<\x2f\x61>").as_deref(), Some("/a"));
        assert_eq!(described(r"13<\x2f\x61>(deleted)").as_deref(), Some("/a"));
        assert_eq!(described("12<TCP:[127.0.0.1:1->127.0.0.2:3]>"), None);
        assert_eq!(bytes(r#""\x00\xff""#), Some(vec![0, 255]));
        assert_eq!(bytes(r#""""#), Some(Vec::new()));
        assert_eq!(bytes(r#""\x00"..."#), None);
        assert_eq!(
            vectors(r#"[{iov_base="\x61\x62", iov_len=2}, {iov_base="\x63", iov_len=1}]"#),
            Some(b"abc".to_vec())
        );
    }

    #[test]
    fn what_is_no_call_is_passed_over() {
        assert_eq!(Reader::default().read("7 +++ exited with 0 +++"), None);
        assert_eq!(Reader::default().read("7 exit_group(0) = ?"), None);
    }
}
