//! What a mirror is told by its upstream: challenges, redirects, links and documents.

use std::sync::LazyLock;

use axum::{body::Body, response::Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use plimsoll_registry_core::oci::{Algorithm, media_type};
use serde_json::json;
use url::{Host, Url};

use crate::{target::Target, upstream::Mirrored};

pub(super) fn targets() -> Vec<Target> {
    vec![challenge(), redirect(), link(), manifest()]
}

fn answer(status: StatusCode, header: Option<(HeaderName, HeaderValue)>, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().extend(header);
    response
}

fn blob() -> String {
    format!("blobs/{}", Algorithm::Sha256.digest(b"there is no such blob"))
}

/// `WWW-Authenticate`, and the token service that it names.
fn challenge() -> Target {
    static MIRRORED: LazyLock<Mirrored> = LazyLock::new(Mirrored::start);
    let seeds = [
        r#"Bearer realm="UPSTREAMtoken",service="registry.example",scope="repository:a/b:pull,push""#,
        r#"Bearer Realm=UPSTREAMtoken?a=b , service = s, error="invalid_token""#,
        r#"Basic realm="a, \"b\"", Bearer realm="UPSTREAM""#,
        r#"Bearer realm="http://127.0.0.1:FORBIDDEN/token",service="s""#,
        r#"Bearer realm="http://localhost:FORBIDDEN/token""#,
        r#"Negotiate, Basic realm="x""#,
    ];
    Target::text("sync/challenge", seeds, |text| {
        if names_another_host(text) {
            return;
        }
        let Ok(value) = HeaderValue::try_from(MIRRORED.fill(text)) else {
            return;
        };
        MIRRORED.ask("HEAD", &blob(), move |request| {
            if !request.uri().path().starts_with("/v2/") {
                return answer(StatusCode::OK, None, r#"{"token":"t","expires_in":300}"#);
            }
            let shown = request.headers().get(header::AUTHORIZATION);
            if shown.is_some_and(|shown| shown.as_bytes().starts_with(b"Bearer ")) {
                return answer(StatusCode::NOT_FOUND, None, "");
            }
            let header = (header::WWW_AUTHENTICATE, value.clone());
            answer(StatusCode::UNAUTHORIZED, Some(header), "")
        });
    })
}

/// Whether an upstream says so that something is to be asked on another machine: a test asks nobody else's.
fn names_another_host(text: &str) -> bool {
    let known = ["http://127.0.0.1:FORBIDDEN/", "http://localhost:FORBIDDEN/"];
    let rest = known.iter().fold(text.to_ascii_lowercase(), |text, known| {
        text.replace(&known.to_ascii_lowercase(), " ")
    });
    rest.contains("http")
}

/// `Location`: where it leads is the same registry, or nowhere.
fn redirect() -> Target {
    static MIRRORED: LazyLock<Mirrored> = LazyLock::new(Mirrored::start);
    let seeds = [
        "UPSTREAMstorage?signature=x",
        "/v2/a/blobs/x",
        "../x",
        "http://127.0.0.1:FORBIDDEN/x",
        "//localhost:FORBIDDEN/x",
        "http://user@2130706433:FORBIDDEN/x",
        "http://0x7f.1:FORBIDDEN/x",
        "http://[::ffff:127.0.0.1]:FORBIDDEN/x",
        "https://0:FORBIDDEN/",
    ];
    let base = Url::parse("http://127.0.0.1/v2/a/blobs/x").expect("a URL");
    Target::text("sync/redirect", seeds, move |text| {
        let text = MIRRORED.fill(text);
        if !base.join(&text).is_ok_and(|target| is_this_machine(&target)) {
            return;
        }
        let Ok(value) = HeaderValue::try_from(text) else { return };
        MIRRORED.ask("HEAD", &blob(), move |request| {
            if request.uri().path().starts_with("/v2/r") {
                let header = (header::LOCATION, value.clone());
                return answer(StatusCode::TEMPORARY_REDIRECT, Some(header), "");
            }
            answer(StatusCode::NOT_FOUND, None, "")
        });
    })
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        None => true,
        Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => {
            let address = address.to_canonical();
            address.is_loopback() || address.is_unspecified()
        }
    }
}

/// `Link`: the next page is at the same registry, or nowhere, and a list has an end.
fn link() -> Target {
    static MIRRORED: LazyLock<Mirrored> = LazyLock::new(Mirrored::start);
    let subject = Algorithm::Sha256.digest(b"there is no such manifest");
    let seeds = [
        "</v2/a/referrers/x?last=b&n=2>; rel=\"next\"",
        "<?last=b>;rel=next",
        "</a>; rel=\"prev\", </b>; rel=\"next last\"",
        "<UPSTREAMv2/x>; rel=\"next\"",
        "<http://127.0.0.1:FORBIDDEN/x>; rel=\"next\"",
        "<//127.0.0.1:FORBIDDEN/x>; title=\"<>\"; rel=next",
    ];
    let page = json!({
        "schemaVersion": 2, "mediaType": media_type::INDEX,
        "manifests": [{ "mediaType": media_type::IMAGE, "digest": subject, "size": 2 }],
    })
    .to_string();
    Target::text("sync/link", seeds, move |text| {
        let Ok(value) = HeaderValue::try_from(MIRRORED.fill(text)) else {
            return;
        };
        let page = page.clone();
        MIRRORED.ask("GET", &format!("referrers/{subject}"), move |request| {
            if request.uri().path().contains("/manifests/") {
                return answer(StatusCode::NOT_FOUND, None, "");
            }
            let is_first = request.uri().query().is_none() && request.uri().path().starts_with("/v2/r");
            let body = if is_first { page.clone() } else { "{}".to_owned() };
            answer(StatusCode::OK, Some((header::LINK, value.clone())), body)
        });
    })
}

/// A manifest: what is handed out is what its digest says.
fn manifest() -> Target {
    static MIRRORED: LazyLock<Mirrored> = LazyLock::new(Mirrored::start);
    let config = Algorithm::Sha256.digest(b"{}");
    let image = json!({
        "schemaVersion": 2, "mediaType": media_type::IMAGE, "layers": [],
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2 },
    })
    .to_string();
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::INDEX,
        "manifests": [{ "mediaType": media_type::IMAGE, "digest": Algorithm::Sha256.digest(image.as_bytes()), "size": image.len() }],
    });
    Target::bytes("sync/manifest", [image, index.to_string()], |bytes| {
        let document = bytes.to_vec();
        MIRRORED.ask("GET", "manifests/v1", move |request| {
            if request.uri().path().ends_with("/manifests/v1") {
                return answer(StatusCode::OK, None, document.clone());
            }
            answer(StatusCode::NOT_FOUND, None, "")
        });
    })
    .slow()
}
