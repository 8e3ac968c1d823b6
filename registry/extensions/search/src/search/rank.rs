//! How well a repository's name fits what was searched for.

/// Where a match in the last part of a name counts from.
const NEAR: u32 = 1;
/// Where a match in the first part counts from, and what a common beginning counts.
const MIDDLE: u32 = 10;
/// Where a match somewhere counts from.
const FAR: u32 = 100;

/// The rank of `name` for the cleaned text of a search: 0 is the name itself, and the higher the worse. `None`: it does
/// not fit.
///
/// A text without slashes is looked for in the last part of the name, then in the first. One with slashes fits best where
/// the parts before its last one are those that the name begins with, and its last one is in the name's last. Then comes a
/// name that begins with the text, and then one that has it somewhere.
pub(crate) fn rank(text: &str, name: &str) -> Option<u32> {
    if text == name {
        return Some(0);
    }
    if text.split('/').count() > name.split('/').count() {
        return None;
    }
    let first = name.split('/').next().unwrap_or(name);
    let last = name.rsplit('/').next().unwrap_or(name);
    let near = match text.rsplit_once('/') {
        None => last.find(text).map(|position| weigh(position, NEAR)).or_else(|| {
            let position = first.find(text)?;
            Some(weigh(position, MIDDLE))
        }),
        Some((above, text)) => is_above(above, name)
            .then(|| last.find(text))
            .flatten()
            .map(|position| weigh(position, NEAR)),
    };
    near.or_else(|| name.starts_with(text).then_some(MIDDLE))
        .or_else(|| name.find(text).map(|position| weigh(position, FAR)))
}

fn weigh(position: usize, weight: u32) -> u32 {
    u32::try_from(position + 1).unwrap_or(u32::MAX).saturating_mul(weight)
}

/// Whether the parts of `above` are the first of `name`'s, and not all of them.
fn is_above(above: &str, name: &str) -> bool {
    name.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_better_the_fit_the_lower_the_rank() {
        for (text, name, expected) in [
            ("alpine", "alpine", Some(0)),
            ("library/alpine", "library/alpine", Some(0)),
            ("alpine", "library/alpine", Some(1)),
            ("pine", "library/alpine", Some(3)),
            ("library", "library/alpine", Some(10)),
            ("brary", "library/alpine", Some(30)),
            ("middle", "library/middle/alpine", Some(900)),
            ("foo/bar/rep", "foo/bar/baz/repo", Some(1)),
            ("foo/bar/po", "foo/bar/baz/repo", Some(3)),
            ("foo/bar/b", "foo/bar/baz/repo", Some(10)),
            ("oo/bar", "foo/bar/baz", Some(200)),
            ("foo/ba", "foobar/baz", None),
            ("foo/baz/repo", "foo/bar/repo", None),
            ("a/b/c", "a/b", None),
            ("b", "a", None),
            ("", "anything", Some(1)),
        ] {
            assert_eq!(rank(text, name), expected, "{text} in {name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_in_the_name_fits_and_what_is_not_in_it_in_pieces_does_not(
            name in "[ab]{1,3}(/[ab]{1,3}){0,3}",
            text in "[ab]{1,3}(/[ab]{1,3}){0,3}",
        ) {
            let found = rank(&text, &name);
            prop_assert_eq!(found == Some(0), text == name);
            if name.contains(&text) {
                prop_assert!(found.is_some());
            }
            if !text.split('/').all(|part| name.contains(part)) {
                prop_assert_eq!(found, None);
            }
        }

        #[test]
        fn any_texts_can_be_ranked(text: String, name: String) {
            rank(&text, &name);
        }
    }
}
