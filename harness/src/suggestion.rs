//! What an author may have meant: the nearest of the words that may stand somewhere.

/// The word of `known` that is nearest to `given`, if one is near.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let length = given.chars().count();
    known
        .into_iter()
        // To compare words costs their lengths multiplied, and what is much longer or shorter is not near.
        .filter(|word| length.abs_diff(word.chars().count()) <= farthest(word))
        .map(|word| (strsim::damerau_levenshtein(&given, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= farthest(word))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// How many characters may be wrong of `word` for it to be meant.
const fn farthest(word: &str) -> usize {
    1 + word.len() / 4
}

/// A help: the nearest word, and all that may stand there.
pub(crate) fn help(given: &str, known: &[&str]) -> String {
    let all = list(known, "or");
    did_you_mean(
        nearest(given, known.iter().copied()),
        &format!("what may stand here: {all}"),
    )
}

/// A help that begins with the nearest word, if there is one.
pub(crate) fn did_you_mean(near: Option<&str>, help: &str) -> String {
    let Some(word) = near else { return help.to_owned() };
    let mut characters = help.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string())
        .unwrap_or_default();
    format!("did you mean `{word}`? {first}{}", characters.as_str())
}

/// "`a`, `b` or `c`".
pub(crate) fn list(words: &[&str], last_joined_by: &str) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} {last_joined_by} `{last}`", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_word() {
        assert_eq!(nearest("stauts", ["status", "headers"]), Some("status"));
        assert_eq!(nearest("Header", ["status", "headers"]), Some("headers"));
    }

    #[test]
    fn a_word_that_is_far_from_all_finds_none() {
        assert_eq!(nearest("colour", ["status", "headers"]), None);
        // If this were compared, it would take minutes.
        let known = ["status"; 1000];
        assert_eq!(nearest(&"status".repeat(50_000), known), None);
    }

    #[test]
    fn a_list_ends_with_its_word() {
        assert_eq!(list(&["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
