//! The endpoint: how questions come, and in which form answers go.

use http::StatusCode;
use serde_json::{Value, json};

use super::Fixture;

const PATH: &str = "/v2/_zot/ext/search";
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_query_comes_by_get_or_post_with_variables_and_an_operation() {
    let fixture = Fixture::new();
    fixture.image("a", "1", &json!({}), &["layer"]).await;
    let expected = json!({ "data": { "ImageList": { "Results": [{ "Tag": "1" }] } } });
    let query = "query One($repo: String!) { ImageList(repo:$repo) { Results { Tag } } } query Two { StarredRepos { Page { ItemCount } } }";
    let body = json!({ "query": query, "variables": { "repo": "a" }, "operationName": "One" }).to_string();
    let answer = fixture
        .request(
            "POST",
            PATH,
            &[("content-type", "application/json; charset=utf-8")],
            &body,
        )
        .await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, expected.clone()));
    assert_eq!(answer.headers["content-type"], "application/json");

    let encoded: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("query", query)
        .append_pair("variables", r#"{"repo":"a"}"#)
        .append_pair("operationName", "One")
        .finish();
    let answer = fixture.request("GET", &format!("{PATH}?{encoded}"), &[], "").await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, expected));
    let answer = fixture.request("HEAD", &format!("{PATH}?{encoded}"), &[], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn what_is_no_query_is_told_apart_from_one_that_fails() {
    let fixture = Fixture::new();
    let of = |query: &str| json!({ "query": query }).to_string();
    let repo_is_given = "query($r:String!) { ImageList(repo:$r) { Results { Tag } } }";
    let long = of(&format!(
        "{{ GlobalSearch(query:\"{}\") {{ Page {{ ItemCount }} }} }}",
        "x".repeat(20_000)
    ));
    let deep = of(&"{a".repeat(8_000));
    let aliases = "a: StarredRepos { Page { ItemCount } } ".repeat(21);
    for (body, status, message) in [
        (of("{"), 422, "expected"),
        (of("{ Nothing }"), 422, "Nothing"),
        (of("{ ImageList { Results { Tag } } }"), 422, "repo"),
        (of("{ ImageList(repo:1) { Results { Tag } } }"), 422, "repo"),
        (of(repo_is_given), 422, "r"),
        (of("mutation { a }"), 422, ""),
        (of("query A { __typename } query B { __typename }"), 422, ""),
        (
            json!({ "query": repo_is_given, "variables": { "r": 1 } }).to_string(),
            422,
            "",
        ),
        (
            json!({ "query": repo_is_given, "variables": { "r": null } }).to_string(),
            422,
            "",
        ),
        (of(""), 422, "no query"),
        (long, 422, "16384 at most"),
        (deep, 422, "60 brackets"),
        (of(&format!("{{ {aliases} }}")), 422, "21 aliases"),
        ("{".to_owned(), 400, "not a JSON object"),
        ("[]".to_owned(), 400, "not a JSON object"),
        ("x".repeat(65_537), 413, "65536 bytes"),
        (of("{ Image(image:\"none:1\") { Tag } }"), 200, "can't find image"),
    ] {
        let answer = fixture.request("POST", PATH, &[JSON], &body).await;
        let errors = answer.json();
        let found = errors["errors"][0]["message"].as_str().unwrap_or_default();
        let shown = &body[..body.len().min(80)];
        assert_eq!(answer.status.as_u16(), status, "{shown}: {errors}");
        assert!(!found.is_empty() && found.contains(message), "{shown}: {errors}");
        assert_eq!(errors["data"], Value::Null);
    }
    for (headers, body, status) in [
        (vec![], of("{__typename}"), 415),
        (vec![("content-type", "text/plain")], of("{__typename}"), 415),
        (vec![JSON], of("{__typename}"), 200),
    ] {
        assert_eq!(
            fixture.request("POST", PATH, &headers, &body).await.status.as_u16(),
            status
        );
    }
    for (query, status) in [
        ("", 422),
        ("query=%7B", 422),
        ("query=%7B__typename%7D&variables=%5B%5D", 400),
        ("query=%7B__typename%7D", 200),
    ] {
        let answer = fixture.request("GET", &format!("{PATH}?{query}"), &[], "").await;
        assert_eq!(answer.status.as_u16(), status, "{query}: {answer:?}");
    }
    let long = format!("{PATH}?query={}", "x".repeat(50_000));
    assert_eq!(
        fixture.request("GET", &long, &[], "").await.status,
        StatusCode::URI_TOO_LONG
    );
    let answer = fixture.request("PUT", PATH, &[], "").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    let answer = fixture.request("OPTIONS", PATH, &[], "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.headers["access-control-allow-methods"], "GET,HEAD,POST,OPTIONS");
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn a_part_that_fails_leaves_no_data_as_no_query_may_be_null() {
    let fixture = Fixture::new();
    let answer = fixture
        .post(
            "{ StarredRepos { Page { ItemCount } } Image(image:\"x:y\") { Tag } }",
            &json!({}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let document = answer.json();
    assert_eq!(document["data"], Value::Null);
    assert_eq!(document["errors"][0]["path"], json!(["Image"]));
}

/// What `GraphiQL` and most clients ask, with as many levels of types in each other as any of them.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name } mutationType { name }
    subscriptionType { name } types { ...FullType }
    directives { name description locations args(includeDeprecated: true) { ...InputValue } } } }
    fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description
    args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
    inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
    possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated
    deprecationReason }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[tokio::test]
async fn clients_can_learn_the_schema_and_nothing_is_read_for_it() {
    let fixture = Fixture::new();
    fixture.image("a", "1", &json!({}), &["layer"]).await;
    fixture.store.take();
    let schema = &fixture.query(INTROSPECTION).await["__schema"];
    assert_eq!(fixture.store.take(), super::store::Reads::default());
    let types = schema["types"].as_array().unwrap();
    let query = types
        .iter()
        .find(|found| found["name"] == schema["queryType"]["name"])
        .unwrap();
    let mut fields: Vec<_> = query["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    fields.sort_unstable();
    let expected = [
        "BaseImageList",
        "BookmarkedRepos",
        "CVEDiffListForImages",
        "CVEListForImage",
        "DerivedImageList",
        "ExpandedRepoInfo",
        "GlobalSearch",
        "Image",
        "ImageList",
        "ImageListForCVE",
        "ImageListForDigest",
        "ImageListWithCVEFixed",
        "Referrers",
        "RepoListWithNewestImage",
        "StarredRepos",
    ];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn the_page_is_there_and_names_what_it_loads_by_digest() {
    let fixture = Fixture::new();
    let answer = fixture.request("GET", "/v2/_zot/ext/search/graphiql", &[], "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    let loaded = answer.body.matches("\"https://").count();
    assert_eq!(loaded, 4);
    assert_eq!(answer.body.matches("integrity=\"sha384-").count(), loaded);
}

#[test]
fn the_schema_in_the_documentation_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/extensions/search.graphql");
    let documented = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(documented, crate::schema(), "`make docs` writes it anew");
}
