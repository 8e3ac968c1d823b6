//! What a registry may answer to the harness.

use http::{HeaderMap, HeaderValue};
use plimsoll::client::{Response, Url};

use crate::target::Target;

pub(super) fn targets() -> Vec<Target> {
    vec![
        Target::text(
            "client/link",
            [
                "</v2/_catalog?last=b&n=2>; rel=\"next\"",
                "</a>; rel=\"prev\", </b>; rel=\"next last\"",
                "<a>;rel=next",
            ],
            |text| {
                let Ok(value) = HeaderValue::from_str(text) else { return };
                let headers: HeaderMap = [(http::header::LINK, value)].into_iter().collect();
                let response = Response {
                    status: 200,
                    headers,
                    body: axum::body::Bytes::new(),
                };
                if let Some(target) = response.link("next") {
                    assert!(text.contains(&target), "a target is a part of its header");
                }
            },
        ),
        Target::text(
            "client/url",
            [
                "http://127.0.0.1:5000",
                "https://user@r.example/v2/?a=b#c",
                "http://[::1]:80/x/../y",
            ],
            |text| {
                let _ = Url::of_server(text);
                if let Ok(url) = Url::parse(text) {
                    let again = Url::parse(&url.to_string()).expect("what was written can be read");
                    assert_eq!(again.origin(), url.origin());
                }
            },
        ),
        Target::text(
            "client/location",
            [
                "/v2/a/blobs/uploads/x?_state=y",
                "//evil.example/x",
                "https://r.example:444/x",
                "?digest=x",
                "../x",
            ],
            |text| {
                let base = Url::parse("https://r.example/v2/a/blobs/uploads/").expect("a URL");
                if let Ok(joined) = base.join(text) {
                    let absolute = text.contains("//");
                    assert!(absolute || joined.origin() == base.origin(), "{text} leads to {joined}");
                }
            },
        ),
    ]
}
