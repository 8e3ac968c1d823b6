//! The `WWW-Authenticate` header (RFC 9110, section 11.6.1).

use std::collections::BTreeMap;

/// One way to be let in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// The scheme, in lower case.
    pub(crate) scheme: String,
    /// The parameters, their names in lower case.
    pub(crate) parameters: BTreeMap<String, String>,
}

/// The challenges of a header. What cannot be read ends it: what was read until there counts.
pub(crate) fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (word, after) = token(rest);
        if word.is_empty() {
            return challenges;
        }
        let after_space = after.trim_start_matches([' ', '\t']);
        if let Some(value) = after_space.strip_prefix('=') {
            let (Some(challenge), Some((value, after))) =
                (challenges.last_mut(), value_of(value.trim_start_matches([' ', '\t'])))
            else {
                return challenges;
            };
            challenge.parameters.entry(word.to_ascii_lowercase()).or_insert(value);
            rest = after;
        } else {
            challenges.push(Challenge {
                scheme: word.to_ascii_lowercase(),
                parameters: BTreeMap::new(),
            });
            rest = after;
        }
    }
}

fn token(text: &str) -> (&str, &str) {
    let is_token = |character: char| character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character);
    text.split_at(text.find(|character| !is_token(character)).unwrap_or(text.len()))
}

/// A token, or a text in quotes.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        // Some registries do not quote URLs.
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[place + 1..])),
            '\\' => value.push(characters.next()?.1),
            character => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn challenge(scheme: &str, parameters: &[(&str, &str)]) -> Challenge {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Challenge {
            scheme: scheme.to_owned(),
            parameters: parameters.iter().map(pair).collect(),
        }
    }

    #[test]
    fn headers_of_registries_are_read() {
        for (header, expected) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                vec![challenge(
                    "bearer",
                    &[
                        ("realm", "https://auth.docker.io/token"),
                        ("service", "registry.docker.io"),
                        ("scope", "repository:a/b:pull,push"),
                    ],
                )],
            ),
            (
                r#"Basic realm="a, \"b\"" , Bearer Realm=https://x/y?z=1 , service = s"#,
                vec![
                    challenge("basic", &[("realm", r#"a, "b""#)]),
                    challenge("bearer", &[("realm", "https://x/y?z=1"), ("service", "s")]),
                ],
            ),
            (
                "Negotiate, Basic",
                vec![challenge("negotiate", &[]), challenge("basic", &[])],
            ),
            ("", vec![]),
            (r#"Basic realm="no end"#, vec![challenge("basic", &[])]),
            ("=x", vec![]),
        ] {
            assert_eq!(parse(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_to_its_end(header in ".{0,200}") {
            let _ = parse(&header);
        }

        #[test]
        fn what_is_quoted_comes_back(value in "[ -~]{0,40}", other in "[ -~]{0,40}") {
            let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
            let header = format!("Bearer realm=\"{}\", scope=\"{}\"", quote(&value), quote(&other));
            prop_assert_eq!(parse(&header), vec![challenge("bearer", &[("realm", &value), ("scope", &other)])]);
        }
    }
}
