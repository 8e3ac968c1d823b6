//! Requests, one at a time.

use plimsoll_registry_core::oci::{Algorithm, media_type};

use crate::{
    registry::{Registry, Renewed},
    target::Target,
};

static OPEN: Renewed = Renewed::new("", prepare);

/// An image, with its blobs.
fn prepare(registry: &Registry) {
    let image = image(&registry.blob("a/b", b"{}").to_string());
    for tag in ["v1", "v2", "v3"] {
        put(registry, &format!("/v2/a/b/manifests/{tag}"), image.as_bytes());
    }
}

fn put(registry: &Registry, path: &str, body: &[u8]) -> Option<u16> {
    let answer = registry.send("PUT", path, &[("content-type", media_type::IMAGE)], body)?;
    Some(answer.status.as_u16())
}

fn image(config: &str) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":2}},"layers":[],"annotations":{{"a":"b"}}}}"#,
        media_type::IMAGE
    )
}

pub(super) fn targets() -> Vec<Target> {
    let config = Algorithm::Sha256.digest(b"{}").to_string();
    let image = image(&config);
    let digest = Algorithm::Sha256.digest(image.as_bytes()).to_string();
    vec![
        Target::text(
            "http/target",
            [
                "GET /v2/a/b/manifests/v1".to_owned(),
                format!("HEAD /v2/a/b/blobs/{config}"),
                format!("GET /v2/a/b/referrers/{digest}?artifactType=a/b"),
                format!("POST /v2/c/blobs/uploads/?mount={config}&from=a/b"),
                "DELETE /v2/a/b/blobs/uploads/00000000-0000-4000-8000-000000000000".to_owned(),
                "GET /v2/_catalog?n=1".to_owned(),
                "OPTIONS /v2/".to_owned(),
            ],
            |text| {
                let Some((method, target)) = text.split_once(' ') else {
                    return;
                };
                OPEN.with(|registry| registry.send(method, target, &[], b""));
            },
        ),
        Target::text(
            "http/query",
            ["n=2&last=v1", "n=0", "last=v%31", "artifactType=a%2Fb"],
            move |text| {
                OPEN.with(|registry| {
                    for list in [
                        "_catalog".to_owned(),
                        "a/b/tags/list".to_owned(),
                        format!("a/b/referrers/{digest}"),
                    ] {
                        let answer = registry.send("GET", &format!("/v2/{list}?{text}"), &[], b"");
                        let link = answer.as_ref().and_then(|answer| answer.headers.get("link"));
                        if let Some(link) = link.and_then(|link| link.to_str().ok()) {
                            assert_eq!(
                                link.matches('<').count(),
                                1,
                                "nothing of a query makes a second link: {link}"
                            );
                        }
                    }
                });
            },
        ),
        Target::text(
            "http/headers",
            [
                "range: bytes=0-0\nif-none-match: \"x\", W/\"y\"\nif-range: \"x\"",
                "accept: application/json;q=0.5, */*\nx-forwarded-host: evil.example",
                "host: a:1\ncontent-length: 3\nexpect: 100-continue",
            ],
            move |text| {
                let headers: Vec<_> = text.lines().filter_map(|line| line.split_once(':')).collect();
                let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.trim())).collect();
                OPEN.with(|registry| {
                    registry.send("GET", "/v2/a/b/manifests/v1", &headers, b"");
                    registry.send("GET", &format!("/v2/a/b/blobs/{config}"), &headers, b"");
                });
            },
        ),
        Target::text(
            "http/chunks",
            [
                "0-2 abc\n3-5 def\n= abcdef",
                "0-0 a\n0-0 a\n5-6 ab\n= a",
                "- abc\n= abc",
            ],
            chunks,
        ),
        Target::bytes("http/manifest", [image], |bytes| {
            OPEN.with(|registry| {
                let path = format!("/v2/a/b/manifests/{}", Algorithm::Sha256.digest(bytes));
                if put(registry, &path, bytes) == Some(201) {
                    let answer = registry.send("GET", &path, &[], b"").expect("a request");
                    assert_eq!(answer.body, bytes, "what was taken is what is given");
                    // Or the repository would be large soon, and everything slow.
                    registry.send("DELETE", &path, &[], b"");
                }
            });
        }),
    ]
}

/// Chunks of an upload, a line each, and behind `=` what it is finished as: whatever is accepted has the digest that was said.
fn chunks(text: &str) {
    OPEN.with(|registry| {
        let opened = registry
            .send("POST", "/v2/a/b/blobs/uploads/", &[], b"")
            .expect("a request");
        let location = opened.headers["location"].to_str().expect("a text").to_owned();
        for line in text.lines().take(8) {
            let (range, content) = line.split_once(' ').unwrap_or((line, ""));
            if range == "=" {
                let digest = Algorithm::Sha256.digest(content.as_bytes());
                let finish = registry.send("PUT", &format!("{location}?digest={digest}"), &[], b"");
                if finish.is_some_and(|answer| answer.status == 201) {
                    let path = format!("/v2/a/b/blobs/{digest}");
                    let answer = registry.send("GET", &path, &[], b"").expect("a request");
                    assert_eq!(answer.body, content.as_bytes());
                    registry.send("DELETE", &path, &[], b"");
                }
            } else {
                registry.send("PATCH", &location, &[("content-range", range)], content.as_bytes());
            }
        }
        registry.send("DELETE", &location, &[], b"");
    });
}
