//! The `Link` header (RFC 8288), as far as lists in pages need it.

use reqwest::Url;

use crate::error::SyncError;

/// The target of `rel="next"`, as it stands.
fn target(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let start = rest.find('<')?;
        let (target, after) = rest[start + 1..].split_once('>')?;
        // The parameters reach to the next link, which begins with `<`.
        let parameters = after.split('<').next().unwrap_or_default();
        let is_next = parameters.split([';', ',']).any(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                let value = value.trim().trim_matches('"');
                name.trim().eq_ignore_ascii_case("rel")
                    && value.split_whitespace().any(|word| word.eq_ignore_ascii_case("next"))
            })
        });
        if is_next {
            return Some(target.trim());
        }
        rest = after;
    }
}

/// The next page of the one at `here`. It is at the same registry, or nowhere.
pub(crate) fn next(here: &Url, header: Option<&str>) -> Result<Option<Url>, SyncError> {
    let Some(target) = header.and_then(target) else {
        return Ok(None);
    };
    let next = here
        .join(target)
        .map_err(|_| SyncError::Invalid("the link to the next page is not a URL".into()))?;
    if next.origin() != here.origin() {
        return Err(SyncError::Forbidden(format!(
            "the next page of a list is at another place, {}",
            next.host_str().unwrap_or_default()
        )));
    }
    if next == *here {
        return Err(SyncError::Invalid("a page of a list leads to itself".into()));
    }
    Ok(Some(next))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_page_is_found() {
        let here: Url = "https://r.example/v2/_catalog?n=2".parse().unwrap();
        for (header, expected) in [
            (
                "</v2/_catalog?last=b&n=2>; rel=\"next\"",
                Some("https://r.example/v2/_catalog?last=b&n=2"),
            ),
            ("<?last=b>;rel=next", Some("https://r.example/v2/_catalog?last=b")),
            (
                "</a>; rel=\"prev\", </b>; rel=\"next last\"",
                Some("https://r.example/b"),
            ),
            ("</a>; title=\"rel\"; rel=\"prev\"", None),
            ("no link", None),
        ] {
            let next = next(&here, Some(header)).unwrap();
            assert_eq!(next.as_ref().map(Url::as_str), expected, "{header}");
        }
    }

    #[test]
    fn it_leads_neither_away_nor_in_a_circle() {
        let here: Url = "https://r.example/v2/_catalog".parse().unwrap();
        for header in [
            "<https://evil.example/v2/_catalog?last=b>; rel=\"next\"",
            "<http://r.example/v2/_catalog?last=b>; rel=\"next\"",
            "<//127.0.0.1/x>; rel=\"next\"",
            "<https://r.example:444/x>; rel=\"next\"",
            "</v2/_catalog>; rel=\"next\"",
        ] {
            assert!(next(&here, Some(header)).is_err(), "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_to_its_end(header in ".{0,200}") {
            let here: Url = "https://r.example/v2/_catalog".parse().unwrap();
            if let Ok(Some(next)) = next(&here, Some(&header)) {
                prop_assert_eq!(next.origin(), here.origin());
            }
        }
    }
}
