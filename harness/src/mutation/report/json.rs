//! The whole proof.

use std::io;

use crate::mutation::proof::Proof;

/// The proof as JSON.
///
/// # Errors
/// It cannot be written as JSON.
pub(super) fn render(proof: &Proof) -> io::Result<String> {
    let mut text = serde_json::to_string_pretty(proof)?;
    text.push('\n');
    Ok(text)
}
