//! Inputs: what somebody could have meant, with some things changed in it.
//!
//! Bytes that are drawn blindly are refused at the first of them. What finds something is nearly right; so an input is a seed in
//! which pieces were taken out, doubled, moved, or replaced by what parsers stumble over.

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::{Index, select},
};

/// The most that an input has, in bytes.
const LONGEST: usize = 1 << 20;

/// What parsers of paths, numbers, texts, JSON, YAML, headers and expressions stumble over.
const WORDS: &[&str] = &[
    "",
    "\0",
    "\r\n",
    "\n",
    "\t",
    " ",
    "/",
    "//",
    "..",
    "../",
    "./",
    "%2e%2e",
    "%2F",
    "%00",
    "%",
    "%zz",
    "\\",
    ":",
    "@",
    "?",
    "#",
    "&",
    "=",
    ";",
    ",",
    "-",
    "_",
    ".",
    "~",
    "*",
    "**",
    "$",
    "$.",
    "[*]",
    "|",
    "<",
    ">",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    "{%",
    "'",
    "\"",
    "\\\"",
    "\\u0000",
    "\\ud800",
    "\u{feff}",
    "\u{0}",
    "é",
    "\u{202e}",
    "𝒜",
    "0",
    "-0",
    "-1",
    "1",
    "127",
    "128",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e999",
    "NaN",
    "null",
    "true",
    "~",
    "sha256:",
    "sha512:",
    "latest",
    "bytes=",
    "Basic ",
    "Bearer ",
    "HTTP/1.1",
    "Host: x\r\n",
    "Content-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "\r\n\r\n",
    "0\r\n\r\n",
    "not ",
    " and ",
    " or ",
    "- ",
    ": ",
    "&a ",
    "*a",
    "!!x ",
    "<<: ",
    "--- ",
    "'''",
    "#",
    "query ",
    "fragment ",
    "...",
    "on ",
    "uploads",
    "blobs",
    "manifests",
    "_catalog",
    "index.json",
];

/// Something that is done to a seed.
#[derive(Clone, Debug)]
enum Edit {
    Insert(Index, Vec<u8>),
    Replace(Index, u8),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Move(Index, usize, Index),
    Splice(Index, Vec<u8>),
}

/// Inputs that come of `seeds`.
pub(crate) fn inputs(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edits = vec(edit(&seeds), 0..8);
    let changed = (select(seeds), edits).prop_map(|(seed, edits)| edits.into_iter().fold(seed, apply));
    prop_oneof![19 => changed, 1 => vec(any::<u8>(), 0..200)]
}

fn edit(seeds: &[Vec<u8>]) -> impl Strategy<Value = Edit> + use<> {
    let words = (
        select(WORDS),
        prop_oneof![30 => Just(1), 3 => Just(40), 1 => Just(3000)],
    );
    let word = words.prop_map(|(word, times)| word.repeat(times).into_bytes());
    let length = prop_oneof![4 => 1..4_usize, 2 => 4..40_usize, 1 => 40..4000_usize];
    let times = prop_oneof![8 => Just(1_usize), 2 => Just(40), 1 => Just(1000)];
    let part = (select(seeds.to_vec()), any::<Index>(), any::<Index>()).prop_map(|(seed, from, to)| {
        let (from, to) = (place(&seed, from), place(&seed, to));
        seed[from.min(to)..from.max(to)].to_vec()
    });
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), word).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        3 => (at(), length.clone()).prop_map(|(at, length)| Edit::Remove(at, length)),
        1 => (at(), length.clone(), times).prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
        1 => (at(), length, at()).prop_map(|(at, length, to)| Edit::Move(at, length, to)),
        1 => (at(), part).prop_map(|(at, part)| Edit::Splice(at, part)),
    ]
}

/// A place between bytes, or at either end.
fn place(bytes: &[u8], at: Index) -> usize {
    at.index(bytes.len() + 1)
}

fn apply(mut bytes: Vec<u8>, edit: Edit) -> Vec<u8> {
    match edit {
        Edit::Insert(at, new) | Edit::Splice(at, new) => {
            let at = place(&bytes, at);
            bytes.splice(at..at, new);
        }
        Edit::Replace(at, byte) => {
            let at = place(&bytes, at);
            if let Some(old) = bytes.get_mut(at) {
                *old = byte;
            }
        }
        Edit::Remove(at, length) => {
            let at = place(&bytes, at);
            let end = (at + length).min(bytes.len());
            bytes.drain(at..end);
        }
        Edit::Repeat(at, length, times) => {
            let at = place(&bytes, at);
            let end = (at + length).min(bytes.len());
            let times = times.min(LONGEST / (end - at).max(1));
            let piece = bytes[at..end].repeat(times);
            bytes.splice(at..at, piece);
        }
        Edit::Move(at, length, to) => {
            let at = place(&bytes, at);
            let end = (at + length).min(bytes.len());
            let piece: Vec<u8> = bytes.drain(at..end).collect();
            let to = place(&bytes, to);
            bytes.splice(to..to, piece);
        }
    }
    bytes.truncate(LONGEST);
    bytes
}
