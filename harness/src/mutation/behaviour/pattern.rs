//! `on`: which exchanges a rule is about, in a few words such as `GET|HEAD blob by-digest ?ns +Range 2xx`.

use serde::Deserialize;

use super::endpoint::{Endpoint, KINDS, Kind};
use crate::{mutation::saboteur::Headers, suggestion};

/// Which exchanges a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    methods: Vec<String>,
    kinds: Vec<Kind>,
    by_digest: Option<bool>,
    query: Vec<(String, bool)>,
    headers: Vec<(String, bool)>,
    statuses: Vec<String>,
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut words = text.split_ascii_whitespace();
        let methods = words
            .next()
            .ok_or("says nothing: write a method or `*`, and what it is about")?;
        if methods != "*" && !methods.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'|') {
            return Err(format!("`{methods}` is not a method, nor several with `|`, nor `*`"));
        }
        let kinds = words
            .next()
            .ok_or("says only a method: write what it is about, or `*`")?;
        let mut pattern = Self {
            methods: split(methods),
            kinds: split(kinds).iter().map(|name| kind(name)).collect::<Result<_, _>>()?,
            by_digest: None,
            query: Vec::new(),
            headers: Vec::new(),
            statuses: Vec::new(),
        };
        for word in words {
            let (positive, rest) = match word.strip_prefix('!') {
                Some(rest) => (false, rest),
                None => (true, word),
            };
            if let Some(key) = rest.strip_prefix('?') {
                pattern.query.push((key.to_owned(), positive));
            } else if let Some(name) = rest.strip_prefix('+') {
                pattern.headers.push((name.to_owned(), positive));
            } else if rest == "by-digest" || rest == "by-tag" {
                pattern.by_digest = Some((rest == "by-digest") == positive);
            } else if positive && is_status(rest) {
                pattern.statuses.push(rest.to_owned());
            } else {
                return Err(format!(
                    "`{word}` is not understood: write `by-tag`, `by-digest`, `?key`, `+Header` (each perhaps with `!` before \
                     it) or a status such as 201 or 4xx"
                ));
            }
        }
        Ok(pattern)
    }
}

fn split(words: &str) -> Vec<String> {
    if words == "*" {
        return Vec::new();
    }
    words.split('|').map(str::to_owned).collect()
}

fn kind(name: &str) -> Result<Kind, String> {
    let found = KINDS.iter().find(|(known, _)| *known == name);
    let names = KINDS.map(|(known, _)| known);
    found
        .map(|(_, kind)| *kind)
        .ok_or_else(|| format!("there is no endpoint `{name}`; {}", suggestion::help(name, &names)))
}

fn is_status(word: &str) -> bool {
    word.len() == 3 && word.starts_with(|first: char| ('1'..='5').contains(&first)) && {
        let rest = &word[1..];
        rest == "xx" || rest.bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl Pattern {
    /// Whether it may be about a request.
    pub fn asks(&self, method: &str, endpoint: &Endpoint, headers: &Headers) -> bool {
        let listed = |list: &[String], word: &str| list.is_empty() || list.iter().any(|one| one == word);
        listed(&self.methods, method)
            && (self.kinds.is_empty() || self.kinds.contains(&endpoint.kind))
            && self.by_digest.is_none_or(|wanted| wanted == endpoint.by_digest())
            && self
                .query
                .iter()
                .all(|(key, there)| endpoint.query(key).is_some() == *there)
            && self
                .headers
                .iter()
                .all(|(name, there)| headers.get(name).is_some() == *there)
    }

    /// Whether it is about an answer with this status, given that it is about the request.
    pub fn answers(&self, status: u16) -> bool {
        let matches = |wanted: &String| match wanted.strip_suffix("xx") {
            Some(class) => class == (status / 100).to_string(),
            None => *wanted == status.to_string(),
        };
        self.statuses.is_empty() || self.statuses.iter().any(matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn each_word_narrows_it() {
        let blob = Endpoint::of("/v2/a/blobs/sha256:ab?ns=x");
        let none = Headers::default();
        let mut range = Headers::default();
        range.set("Range", "bytes=0-1");
        for (text, holds) in [
            ("* *", true),
            ("GET blob", true),
            ("GET|HEAD blob|manifest", true),
            ("HEAD blob", false),
            ("GET manifest", false),
            ("GET blob ?ns", true),
            ("GET blob !?ns", false),
            ("GET blob by-digest", true),
            ("GET blob by-tag", false),
            ("GET blob !by-tag", true),
            ("GET blob +range", false),
        ] {
            assert_eq!(pattern(text).asks("GET", &blob, &none), holds, "{text}");
        }
        assert!(pattern("GET blob +Range").asks("GET", &blob, &range));
        assert!(pattern("GET blob 2xx 404").answers(206));
        assert!(pattern("GET blob 2xx 404").answers(404));
        assert!(!pattern("GET blob 2xx 404").answers(400));
        assert!(pattern("GET blob").answers(500));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "",
            "GET",
            "get blob",
            "GET blub",
            "GET blob 600",
            "GET blob by-name",
            "GET blob !404",
        ] {
            assert!(Pattern::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
