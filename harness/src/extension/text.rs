//! Words in texts.

/// `text` with each `word` that stands alone replaced.
pub(crate) fn replace_word(text: &str, word: &str, by: &str) -> String {
    let is_letter = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let mut done = String::with_capacity(text.len());
    let mut at = 0;
    for (found, _) in text.match_indices(word) {
        let end = found + word.len();
        let alone = !is_letter(text[..found].chars().next_back()) && !is_letter(text[end..].chars().next());
        if alone {
            done.push_str(&text[at..found]);
            done.push_str(by);
            at = end;
        }
    }
    done.push_str(&text[at..]);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_within_words_stay() {
        let text = "lint: lint::enable, splint, \"extension_lint_disabled.rs\"";
        let expected = "new: new::enable, splint, \"extension_new_disabled.rs\"";
        assert_eq!(replace_word(text, "lint", "new"), expected);
    }
}
