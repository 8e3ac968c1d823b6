//! Lists that come in pages: what a client asks for with `n` and `last`, and the `Link` to what follows (RFC 5988,
//! spec.md#listing-tags).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::query::{Query, QueryError};

/// What stands unescaped in a link: the characters that RFC 3986 calls unreserved, and the colon of digests.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

/// The page that a client asks for.
#[derive(Debug)]
pub(super) struct Paging {
    /// `n`, as it was given.
    wanted: Option<usize>,
    /// The longest page, and that of a client that does not say.
    most: usize,
    /// `last`.
    pub(super) after: Option<String>,
}

impl Paging {
    /// Reads `n` and `last`. No page has more than `most` entries.
    pub(super) fn parse(query: &Query, most: usize) -> Result<Self, QueryError> {
        Ok(Self {
            most,
            wanted: query.number("n")?,
            after: query.one("last")?.filter(|last| !last.is_empty()).map(str::to_owned),
        })
    }

    /// How many items the page has at most.
    pub(super) fn limit(&self) -> usize {
        self.wanted.unwrap_or(self.most).min(self.most)
    }

    /// The link to the page after `last`, which keeps the page's length and `filters`. It is relative, so that it holds
    /// whatever name the client knows the registry by.
    pub(super) fn link(&self, path: &str, last: &str, filters: &[(&str, &str)]) -> String {
        let encode = |text| utf8_percent_encode(text, ESCAPED);
        let mut query = vec![format!("last={}", encode(last))];
        if self.wanted.is_some() {
            query.push(format!("n={}", self.limit()));
        }
        query.extend(filters.iter().map(|(key, value)| format!("{key}={}", encode(value))));
        let query = query.join("&");
        format!("<{path}?{query}>; rel=\"next\"")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1000;

    fn paging(query: &str) -> Paging {
        Paging::parse(&Query::parse(Some(query)).unwrap(), LIMIT).unwrap()
    }

    #[test]
    fn a_page_has_an_upper_limit() {
        for (query, limit) in [("", LIMIT), ("n=0", 0), ("n=5", 5), ("n=18446744073709551616", LIMIT)] {
            assert_eq!(paging(query).limit(), limit, "{query}");
        }
    }

    #[test]
    fn a_link_leads_to_the_next_page_of_the_same_list() {
        assert_eq!(
            paging("n=2").link("/v2/a/tags/list", "v1", &[("artifactType", "a/b+c")]),
            "</v2/a/tags/list?last=v1&n=2&artifactType=a%2Fb%2Bc>; rel=\"next\""
        );
        assert_eq!(
            paging("").link("/v2/_catalog", "a/b", &[]),
            "</v2/_catalog?last=a%2Fb>; rel=\"next\""
        );
    }

    proptest! {
        #[test]
        fn nothing_breaks_out_of_a_link(last: String) {
            let link = paging("").link("/p", &last, &[]);
            let target = link.strip_prefix("</p?").unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            prop_assert!(!target.contains(['<', '>', '"', ';', '\r', '\n', ' ']));
            let expected = Some(last).filter(|last| !last.is_empty());
            prop_assert_eq!(paging(target).after, expected);
        }
    }
}
