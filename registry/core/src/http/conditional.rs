//! Conditional requests (RFC 9110, section 13). An entity tag is the quoted digest, which is as strong as one can be.

use http::{HeaderMap, header};

use crate::oci::Digest;

/// The entity tag of content.
pub(super) fn entity_tag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// Whether the client has this content already, by `If-None-Match`.
pub(super) fn is_known(headers: &HeaderMap, digest: &Digest) -> bool {
    let tag = entity_tag(digest);
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Whether a `Range` may be followed: there is no `If-Range`, or it names this content. A date never does, as content
/// here has none.
pub(super) fn range_applies(headers: &HeaderMap, digest: &Digest) -> bool {
    headers
        .get(header::IF_RANGE)
        .is_none_or(|value| value.as_bytes() == entity_tag(digest).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::Algorithm;

    #[test]
    fn a_client_that_names_the_digest_has_the_content() {
        let digest = Algorithm::Sha256.digest(b"");
        let other = Algorithm::Sha256.digest(b"other");
        for (value, known) in [
            (format!("\"{digest}\""), true),
            (format!("W/\"{digest}\""), true),
            (format!("\"{other}\", \"{digest}\""), true),
            ("*".to_owned(), true),
            (format!("\"{other}\""), false),
            (digest.to_string(), false),
            (String::new(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, value.parse().unwrap());
            assert_eq!(is_known(&headers, &digest), known, "{value}");
        }
        assert!(!is_known(&HeaderMap::new(), &digest));
    }

    #[test]
    fn a_range_of_other_content_is_not_followed() {
        let digest = Algorithm::Sha256.digest(b"");
        let mut headers = HeaderMap::new();
        assert!(range_applies(&headers, &digest));
        for (value, applies) in [
            (format!("\"{digest}\""), true),
            (format!("W/\"{digest}\""), false),
            ("\"other\"".to_owned(), false),
            ("Wed, 21 Oct 2015 07:28:00 GMT".to_owned(), false),
        ] {
            headers.insert(header::IF_RANGE, value.parse().unwrap());
            assert_eq!(range_applies(&headers, &digest), applies, "{value}");
        }
    }
}
