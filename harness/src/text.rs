//! Files that have to be text.

use std::ops::Range;

/// What to do about [`NotUtf8`].
pub(crate) const SAVE_AS_UTF8: &str = "save the file as UTF-8";

/// Bytes that are no UTF-8.
#[derive(Debug)]
pub(crate) struct NotUtf8 {
    /// The text, with a replacement character for whatever is none.
    pub(crate) text: String,
    /// The first replacement character in it.
    pub(crate) span: Range<usize>,
    /// The byte that is the first not to fit.
    pub(crate) byte: u8,
}

impl NotUtf8 {
    /// What is wrong, in a sentence.
    pub(crate) fn message(&self) -> String {
        format!(
            "this is not UTF-8: the byte 0x{:02x} fits in no character here",
            self.byte
        )
    }
}

/// The text that `bytes` are.
pub(crate) fn utf8(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    String::from_utf8(bytes).map_err(|error| {
        let start = error.utf8_error().valid_up_to();
        NotUtf8 {
            byte: error.as_bytes()[start],
            text: String::from_utf8_lossy(error.as_bytes()).into_owned(),
            span: start..start + char::REPLACEMENT_CHARACTER.len_utf8(),
        }
    })
}
