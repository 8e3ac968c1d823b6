//! Which requests are audited, and what is left out of what logs tell of a request.

use std::borrow::Cow;

use http::{Method, StatusCode};

use crate::auth::API_KEY_PREFIX;

/// Parameters that are nobody's business. None of them belongs into a query, but clients have put them there.
const SECRETS: [&str; 6] = [
    "password",
    "token",
    "access_token",
    "refresh_token",
    "client_secret",
    "authorization",
];

/// Whether a request is told of in the audit log: it changed something, or was turned away. That a client which showed
/// nothing is asked who it is belongs to how clients log in; it is told of only where it wanted to change something.
pub(super) fn is_audited(method: &Method, status: StatusCode, has_credentials: bool) -> bool {
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    match status {
        StatusCode::FORBIDDEN => true,
        StatusCode::UNAUTHORIZED => changes || has_credentials,
        status => changes && status.is_success(),
    }
}

/// Path and query without the values of parameters that are secrets.
pub(super) fn redacted(path: &str) -> Cow<'_, str> {
    let Some((path_only, query)) = path.split_once('?') else {
        return Cow::Borrowed(path);
    };
    let is_secret = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // Whoever takes a key back by the key itself, and not by its id, has not meant to publish it.
        SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) || value.starts_with(API_KEY_PREFIX)
    };
    if !query.split('&').any(is_secret) {
        return Cow::Borrowed(path);
    }
    let pairs: Vec<_> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_secret(pair) => format!("{name}=***"),
            _ => pair.to_owned(),
        })
        .collect();
    Cow::Owned(format!("{path_only}?{}", pairs.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_not_told() {
        for (path, told) in [
            ("/v2/", "/v2/"),
            ("/v2/a/tags/list?n=1", "/v2/a/tags/list?n=1"),
            ("/t?scope=a&password=x&n=1", "/t?scope=a&password=***&n=1"),
            ("/t?PASSWORD=x", "/t?PASSWORD=***"),
            ("/t?token", "/t?token"),
            ("/t?id=zak_1&n=1", "/t?id=***&n=1"),
            ("/t?access_token=a=b&x", "/t?access_token=***&x"),
        ] {
            assert_eq!(redacted(path), told);
        }
    }

    #[test]
    fn changes_and_denials_are_audited() {
        for (method, status, has_credentials, audited) in [
            (Method::GET, 200, true, false),
            (Method::GET, 404, true, false),
            (Method::GET, 401, false, false),
            (Method::GET, 401, true, true),
            (Method::GET, 403, true, true),
            (Method::PUT, 201, false, true),
            (Method::PUT, 400, false, false),
            (Method::DELETE, 202, true, true),
            (Method::POST, 401, false, true),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                is_audited(&method, status, has_credentials),
                audited,
                "{method} {status}"
            );
        }
    }
}
