//! What a registry asks for when it answers 401 (RFC 9110, section 11.6.1).

use http::{HeaderMap, header::WWW_AUTHENTICATE};

/// A way to say who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// With the password itself (RFC 7617).
    Basic,
    /// With a token that the server at `realm` gives (the token specification of distribution).
    Bearer {
        /// The token server.
        realm: String,
        /// What the token is for.
        service: Option<String>,
        /// What it has to allow.
        scope: Option<String>,
    },
}

/// The challenges that we understand, in order. Bearer without a realm is none: there is nobody to ask.
pub(super) fn read(headers: &HeaderMap) -> Vec<Challenge> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter();
    values
        .flat_map(|value| parse(&String::from_utf8_lossy(value.as_bytes())))
        .collect()
}

/// Several may stand in one value, with the same comma between them as between their parameters: a word is a parameter if
/// `=` follows, and else the next scheme.
fn parse(value: &str) -> Vec<Challenge> {
    let mut schemes: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            break;
        }
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let Some(after) = after.trim_start().strip_prefix('=') else {
            schemes.push((word.to_ascii_lowercase(), Vec::new()));
            rest = after;
            continue;
        };
        let (text, after) = text(after.trim_start());
        if let Some((_, parameters)) = schemes.last_mut() {
            parameters.push((word.to_ascii_lowercase(), text));
        }
        rest = after;
    }
    schemes.into_iter().filter_map(challenge).collect()
}

/// A parameter's value, a token or a quoted string, and what follows it.
fn text(rest: &str) -> (String, &str) {
    let Some(quoted) = rest.strip_prefix('"') else {
        let (text, after) = rest.split_at(rest.find([' ', '\t', ',']).unwrap_or(rest.len()));
        return (text.to_owned(), after);
    };
    let mut text = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, &quoted[at + 1..]),
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            character => text.push(character),
        }
    }
    (text, "")
}

fn challenge((scheme, parameters): (String, Vec<(String, String)>)) -> Option<Challenge> {
    let parameter = |name: &str| {
        let mut found = parameters.iter().filter(|(other, _)| other == name);
        found.next().map(|(_, value)| value.clone())
    };
    match scheme.as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: parameter("realm")?,
            service: parameter("service"),
            scope: parameter("scope"),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        }
    }

    #[test]
    fn challenges_are_read_however_they_are_written() {
        let table = [
            (r#"Basic realm="a, b=c""#, vec![Challenge::Basic]),
            (
                r#"Bearer realm="https://a/token",service="r",scope="repository:x:pull,push""#,
                vec![bearer("https://a/token", Some("r"), Some("repository:x:pull,push"))],
            ),
            (
                r#"bearer Realm = "https://a/\"t" , basic realm=x, Negotiate"#,
                vec![bearer("https://a/\"t", None, None), Challenge::Basic],
            ),
            (r#"Bearer error="invalid_token""#, vec![]),
            ("Negotiate", vec![]),
            (r#"Bearer realm="open"#, vec![bearer("open", None, None)]),
            ("", vec![]),
        ];
        for (value, expected) in table {
            assert_eq!(parse(value), expected, "{value}");
        }
    }
}
