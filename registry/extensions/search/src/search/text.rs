//! What is searched for, as the text says it.

/// The longest text, in bytes.
const LONGEST: usize = 256;

/// What a text searches for. All of it is in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TextSearch {
    /// Repositories whose names fit.
    Repositories(String),
    /// The images of one repository whose tags begin so.
    Images { repository: String, tag: String },
    /// The images of any repository whose tags have this somewhere.
    Tags(String),
    /// The images that have something with such a digest.
    Digest(String),
}

/// Why a text searches for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TextError {
    /// It is longer than anything there is.
    #[error("{what} is {length} bytes long, and may be {LONGEST} at most")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// In bytes.
        length: usize,
    },
    /// It is none of the forms that there are.
    #[error("invalid search query: write a repository's name or a part of it, repo:tag, :tag, or sha256:hex")]
    Invalid,
}

/// Holds a text that a client gave to the longest that is taken.
pub(crate) fn checked_length(what: &'static str, text: &str) -> Result<(), TextError> {
    let length = text.len();
    if length > LONGEST {
        return Err(TextError::TooLong { what, length });
    }
    Ok(())
}

impl TextSearch {
    /// Understands the text of a search.
    pub(crate) fn parse(text: &str) -> Result<Self, TextError> {
        checked_length("the query", text)?;
        let text = text.trim().trim_matches('/').to_lowercase();
        if text.starts_with("sha256:") {
            return Ok(Self::Digest(text));
        }
        if text.contains('@') {
            return Err(TextError::Invalid);
        }
        match text.split_once(':') {
            None => Ok(Self::Repositories(text)),
            Some((_, tag)) if tag.contains(':') => Err(TextError::Invalid),
            Some((repository, tag)) => {
                let (repository, tag) = (repository.trim().to_owned(), tag.trim().to_owned());
                Ok(if repository.is_empty() {
                    Self::Tags(tag)
                } else {
                    Self::Images { repository, tag }
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_form_of_a_text_says_what_is_searched_for() {
        let images = |repository: &str, tag: &str| {
            Ok(TextSearch::Images {
                repository: repository.into(),
                tag: tag.into(),
            })
        };
        for (text, expected) in [
            ("", Ok(TextSearch::Repositories(String::new()))),
            (
                "  /Library/Alpine/ ",
                Ok(TextSearch::Repositories("library/alpine".into())),
            ),
            ("alpine:1.0", images("alpine", "1.0")),
            ("alpine : RC", images("alpine", "rc")),
            ("alpine:", images("alpine", "")),
            (":latest", Ok(TextSearch::Tags("latest".into()))),
            ("sha256:AB", Ok(TextSearch::Digest("sha256:ab".into()))),
            ("alpine@sha256:ab", Err(TextError::Invalid)),
            ("a@b", Err(TextError::Invalid)),
            ("a:b:c", Err(TextError::Invalid)),
        ] {
            assert_eq!(TextSearch::parse(text), expected, "{text}");
        }
        assert!(TextSearch::parse(&"a".repeat(256)).is_ok());
        assert!(TextSearch::parse(&"a".repeat(257)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_understood_or_refused(text: String) {
            let _ = TextSearch::parse(&text);
        }
    }
}
