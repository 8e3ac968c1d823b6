//! The query of a request. A `+` stays a `+`: it is what media types have, and nothing that is asked for here has spaces.

use percent_encoding::percent_decode_str;

/// The parameters of a request, decoded, in their order.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum QueryError {
    /// A parameter that is not UTF-8.
    #[error("the query is not UTF-8")]
    Encoding,
    /// A parameter that can only stand once.
    #[error("'{0}' is given more than once")]
    Duplicate(&'static str),
    /// A parameter that has to be a number.
    #[error("'{0}' is a decimal number that is not negative")]
    Number(&'static str),
}

impl Query {
    /// Reads the query of a URI.
    pub(super) fn parse(query: Option<&str>) -> Result<Self, QueryError> {
        let decode = |text: &str| {
            percent_decode_str(text)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| QueryError::Encoding)
        };
        query
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(key)?, decode(value)?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Every value of a parameter.
    pub(super) fn all<'a>(&'a self, key: &'static str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that stands at most once.
    pub(super) fn one(&self, key: &'static str) -> Result<Option<&str>, QueryError> {
        let mut values = self.all(key);
        let value = values.next();
        if values.next().is_some() {
            return Err(QueryError::Duplicate(key));
        }
        Ok(value)
    }

    /// A number. One that does not fit is the largest that does, as it stands for "as many as there are".
    pub(super) fn number(&self, key: &'static str) -> Result<Option<usize>, QueryError> {
        let Some(value) = self.one(key)? else {
            return Ok(None);
        };
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(QueryError::Number(key));
        }
        Ok(Some(value.parse().unwrap_or(usize::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_a_plus_stays() {
        let query = Query::parse(Some("artifactType=a%2Fb+json&&flag&tag=x&tag=%79")).unwrap();
        assert_eq!(query.one("artifactType"), Ok(Some("a/b+json")));
        assert_eq!(query.one("flag"), Ok(Some("")));
        assert_eq!(query.all("tag").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(query.one("tag"), Err(QueryError::Duplicate("tag")));
        assert_eq!(query.one("absent"), Ok(None));
        assert_eq!(Query::parse(Some("a=%ff")).unwrap_err(), QueryError::Encoding);
    }

    #[test]
    fn a_number_is_digits() {
        for (text, expected) in [
            ("n=0", Ok(Some(0))),
            ("n=10", Ok(Some(10))),
            ("n=99999999999999999999999", Ok(Some(usize::MAX))),
            ("m=1", Ok(None)),
            ("n=", Err(QueryError::Number("n"))),
            ("n=-1", Err(QueryError::Number("n"))),
            ("n=%2B1", Err(QueryError::Number("n"))),
            ("n=1.0", Err(QueryError::Number("n"))),
            ("n=abc", Err(QueryError::Number("n"))),
            ("n=1&n=1", Err(QueryError::Duplicate("n"))),
        ] {
            assert_eq!(Query::parse(Some(text)).unwrap().number("n"), expected, "{text}");
        }
    }
}
