//! Tags, repositories and referrers.

use http::StatusCode;
use plimsoll_registry_core::oci::{Algorithm, Digest, media_type};
use serde_json::{Value, json};

use crate::support::{Fixture, image};

/// The path that a `Link` leads to.
fn next(answer: &crate::support::Answer) -> Option<String> {
    let link = answer.header("link")?;
    let target = link.strip_prefix('<').expect("a link").strip_suffix(">; rel=\"next\"");
    Some(target.expect("a link to the next page").to_owned())
}

/// Follows the links, and gives what `items` finds on each page.
async fn pages(fixture: &Fixture, first: &str, items: impl Fn(&Value) -> &Value) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut path = Some(first.to_owned());
    while let Some(here) = path {
        let answer = fixture.get(&here).await;
        assert_eq!(answer.status, StatusCode::OK, "{here}");
        pages.push(items(&answer.json()).as_array().expect("a list").clone());
        path = next(&answer);
        assert!(pages.len() < 100, "endless links");
    }
    pages
}

#[tokio::test]
async fn tags_come_in_order_and_in_pages() {
    let fixture = Fixture::new();
    for tag in ["b", "a", "C", "1.0", "_x"] {
        fixture.image("r", tag, "x").await;
    }
    let answer = fixture.get("/v2/r/tags/list").await;
    assert_eq!(
        answer.json(),
        json!({ "name": "r", "tags": ["1.0", "C", "_x", "a", "b"] })
    );
    assert_eq!(next(&answer), None);
    let pages = pages(&fixture, "/v2/r/tags/list?n=2", |page| &page["tags"]).await;
    assert_eq!(
        pages,
        [
            vec![json!("1.0"), json!("C")],
            vec![json!("_x"), json!("a")],
            vec![json!("b")]
        ]
    );
    for (query, expected) in [
        ("last=a", json!(["b"])),
        ("last=Zzz&n=1", json!(["_x"])),
        ("last=%0d%0a%3E%3B", json!(["1.0", "C", "_x", "a", "b"])),
        ("last=b", json!([])),
        ("last=~", json!([])),
        ("n=0", json!([])),
        ("n=0&last=a", json!([])),
        ("n=99999999999999999999", json!(["1.0", "C", "_x", "a", "b"])),
        ("ns=docker.io", json!(["1.0", "C", "_x", "a", "b"])),
    ] {
        let answer = fixture.get(&format!("/v2/r/tags/list?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        assert_eq!(answer.json()["tags"], expected, "{query}");
    }
    assert_eq!(next(&fixture.get("/v2/r/tags/list?n=0").await), None);
    for query in ["n=-1", "n=abc", "n=", "n=1&n=2", "last=a&last=b", "last=%ff"] {
        for list in ["r/tags/list", "_catalog"] {
            let answer = fixture.get(&format!("/v2/{list}?{query}")).await;
            assert_eq!(answer.refusal(), (400, "UNSUPPORTED".to_owned()), "{list} {query}");
        }
    }
    let answer = fixture.get("/v2/absent/tags/list?n=0").await;
    assert_eq!(answer.refusal(), (404, "NAME_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn repositories_come_in_order_and_in_pages() {
    let fixture = Fixture::new();
    assert_eq!(fixture.get("/v2/_catalog").await.json(), json!({ "repositories": [] }));
    for name in ["b", "a/b", "a", "a-b", "a/b/c"] {
        fixture.image(name, "v1", "x").await;
    }
    let expected = json!(["a", "a-b", "a/b", "a/b/c", "b"]);
    assert_eq!(fixture.get("/v2/_catalog").await.json()["repositories"], expected);
    let pages = pages(&fixture, "/v2/_catalog?n=2", |page| &page["repositories"]).await;
    assert_eq!(json!(pages.concat()), expected);
    assert_eq!(pages.len(), 3);
    assert_eq!(fixture.get("/v2/_catalog?n=0").await.json()["repositories"], json!([]));
}

#[tokio::test]
async fn referrers_are_filtered_and_come_in_pages() {
    let fixture = Fixture::new();
    fixture.blob("r", b"{}").await;
    // The subject comes after its referrers.
    let subject_bytes = image("subject", None).to_string();
    let subject = Algorithm::Sha256.digest(subject_bytes.as_bytes());
    for note in ["one", "two", "three"] {
        let answer = fixture
            .put_manifest("r", note, image(note, Some(&subject)).to_string())
            .await;
        assert_eq!(answer.status, StatusCode::CREATED);
        assert_eq!(answer.header("oci-subject"), Some(subject.to_string().as_str()));
    }
    fixture.put_manifest("r", "subject", subject_bytes).await;

    let path = format!("/v2/r/referrers/{subject}");
    let answer = fixture.get(&path).await;
    assert_eq!(answer.header("content-type"), Some(media_type::INDEX));
    assert_eq!(answer.header("oci-filters-applied"), None);
    let document = answer.json();
    assert_eq!(
        (&document["schemaVersion"], &document["mediaType"]),
        (&json!(2), &json!(media_type::INDEX))
    );
    let rows = document["manifests"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    let notes: Vec<&Value> = rows.iter().map(|row| &row["annotations"]["note"]).collect();
    for note in ["one", "two", "three"] {
        assert!(notes.contains(&&json!(note)), "{notes:?}");
    }

    let answer = fixture
        .get(&format!("{path}?artifactType=application/vnd.example.two"))
        .await;
    assert_eq!(answer.header("oci-filters-applied"), Some("artifactType"));
    let found = answer.json()["manifests"].as_array().unwrap().clone();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["artifactType"], "application/vnd.example.two");

    let pages = pages(&fixture, &format!("{path}?n=1"), |page| &page["manifests"]).await;
    assert_eq!(pages.concat(), *rows);
    assert_eq!(pages.len(), 3);
}

#[tokio::test]
async fn what_nothing_refers_to_has_an_empty_list() {
    let fixture = Fixture::new();
    let digest: Digest = Algorithm::Sha512.digest(b"");
    let answer = fixture.get(&format!("/v2/absent/referrers/{digest}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["manifests"], json!([]));
    assert_eq!(next(&answer), None);
}

#[tokio::test]
async fn a_page_of_referrers_is_no_longer_than_a_manifest() {
    let fixture = Fixture::new();
    fixture.blob("r", b"{}").await;
    let subject = Algorithm::Sha256.digest(b"subject");
    for number in 0..5 {
        let mut manifest = image("big", Some(&subject));
        manifest["annotations"] = json!({ "number": number.to_string(), "padding": "x".repeat(1_500_000) });
        let answer = fixture
            .put_manifest("r", &format!("t{number}"), manifest.to_string())
            .await;
        assert_eq!(answer.status, StatusCode::CREATED);
    }
    let mut path = format!("/v2/r/referrers/{subject}");
    let mut numbers = Vec::new();
    loop {
        let answer = fixture.get(&path).await;
        assert!(answer.body.len() <= 4 << 20, "{}", answer.body.len());
        let document = answer.json();
        let rows = document["manifests"].as_array().unwrap();
        numbers.extend(
            rows.iter()
                .map(|row| row["annotations"]["number"].as_str().unwrap().to_owned()),
        );
        match next(&answer) {
            Some(next) => path = next,
            None => break,
        }
    }
    numbers.sort();
    assert_eq!(numbers, ["0", "1", "2", "3", "4"]);
}
