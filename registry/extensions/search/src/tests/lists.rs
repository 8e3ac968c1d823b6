//! What is found, in which order, and which part of it.

use serde_json::{Value, json};

use super::{
    Fixture,
    fixture::{config, digest},
};

async fn three(fixture: &Fixture) {
    let created = |year: u32| format!("{year}-01-01T00:00:00Z");
    fixture
        .image(
            "library/alpine",
            "3.20",
            &config("linux", "amd64", &created(2022)),
            &["a"],
        )
        .await;
    fixture
        .image(
            "library/alpine",
            "3.21-RC",
            &config("linux", "arm64", &created(2024)),
            &["b"],
        )
        .await;
    fixture
        .image(
            "alpine-tools",
            "3.20",
            &config("windows", "amd64", &created(2023)),
            &["c"],
        )
        .await;
    fixture.image("zeta", "old", &json!({}), &["d"]).await;
}

#[tokio::test]
async fn the_form_of_a_text_says_what_it_searches_for() {
    let fixture = Fixture::new();
    three(&fixture).await;
    let search = |text: &str| format!("GlobalSearch(query:\"{text}\")");
    assert_eq!(
        fixture.repositories(&search("alpine")).await,
        ["alpine-tools", "library/alpine"]
    );
    assert_eq!(
        fixture.repositories(&search(" /Library/Alpine/ ")).await,
        ["library/alpine"]
    );
    assert_eq!(fixture.repositories(&search("")).await.len(), 3);
    assert!(fixture.repositories(&search("nothing")).await.is_empty());
    assert!(fixture.images(&search("alpine")).await.is_empty());
    assert_eq!(
        fixture.images(&search("library/alpine:3.2")).await,
        ["library/alpine:3.20", "library/alpine:3.21-RC"]
    );
    assert_eq!(
        fixture.images(&search("library/alpine:3.21-r")).await,
        ["library/alpine:3.21-RC"]
    );
    assert!(
        fixture.images(&search("alpine:3.2")).await.is_empty(),
        "the repository is exact"
    );
    assert_eq!(
        fixture.images(&search(":.20")).await,
        ["alpine-tools:3.20", "library/alpine:3.20"]
    );
    for text in ["a@b", "a:b:c"] {
        let message = fixture
            .failure(&format!("{{ {} {{ Page {{ TotalCount }} }} }}", search(text)))
            .await;
        assert!(message.contains("invalid search query"), "{message}");
    }
    let long = search(&"x".repeat(257));
    let message = fixture
        .failure(&format!("{{ {long} {{ Page {{ TotalCount }} }} }}"))
        .await;
    assert!(message.contains("256"), "{message}");
    let data = fixture
        .query("{ GlobalSearch(query:\"alpine\") { Repos { Name Rank } Layers { Digest } Page { TotalCount ItemCount } } }")
        .await;
    let expected = json!({
        "Repos": [{ "Name": "alpine-tools", "Rank": 1 }, { "Name": "library/alpine", "Rank": 1 }],
        "Layers": [],
        "Page": { "TotalCount": 2, "ItemCount": 2 },
    });
    assert_eq!(data["GlobalSearch"], expected);
}

#[tokio::test]
async fn a_digest_finds_the_images_that_have_it() {
    let fixture = Fixture::new();
    let one = fixture
        .image(
            "a",
            "1",
            &config("linux", "amd64", "2024-01-01T00:00:00Z"),
            &["shared", "one"],
        )
        .await;
    fixture.image("b", "2", &json!({}), &["shared"]).await;
    let layer = fixture.blob("a", "x", "shared").await;
    for field in ["ImageListForDigest(id", "GlobalSearch(query"] {
        let find = |text: String| format!("{field}:\"{text}\")");
        assert_eq!(fixture.images(&find(digest(&one).to_string())).await, ["a:1"]);
        assert_eq!(fixture.images(&find(digest(&layer).to_string())).await, ["a:1", "b:2"]);
        assert_eq!(
            fixture.images(&find(digest(&layer).to_string()[..20].to_owned())).await,
            ["a:1", "b:2"]
        );
        assert!(
            fixture
                .images(&find(format!("sha256:{}", "0".repeat(64))))
                .await
                .is_empty()
        );
    }
    let by_hex = format!("ImageListForDigest(id:\"{}\")", &digest(&layer).hex()[10..30]);
    assert_eq!(fixture.images(&by_hex).await, ["a:1", "b:2"]);
}

#[tokio::test]
async fn filters_leave_out_what_does_not_fit() {
    let fixture = Fixture::new();
    three(&fixture).await;
    let search = |filter: &str| format!("GlobalSearch(query:\"\", filter:{{{filter}}})");
    assert_eq!(
        fixture.repositories(&search("Os:[\"Linux\"]")).await,
        ["library/alpine"]
    );
    assert_eq!(
        fixture.repositories(&search("Arch:[\"amd64\"]")).await,
        ["alpine-tools", "library/alpine"]
    );
    assert_eq!(
        fixture
            .repositories(&search("Os:[\"linux\",\"windows\"], Arch:[\"arm64\"]"))
            .await,
        ["library/alpine"]
    );
    assert!(fixture.repositories(&search("HasToBeSigned:true")).await.is_empty());
    assert_eq!(
        fixture
            .repositories(&search("HasToBeSigned:false, IsStarred:false"))
            .await
            .len(),
        3
    );
    assert!(fixture.repositories(&search("IsBookmarked:true")).await.is_empty());
    let images = "GlobalSearch(query:\":3.2\", filter:{Arch:[\"arm64\"]})";
    assert_eq!(fixture.images(images).await, ["library/alpine:3.21-RC"]);
    let long = search(&format!("Os:[\"{}\"]", "x".repeat(257)));
    let message = fixture
        .failure(&format!("{{ {long} {{ Page {{ TotalCount }} }} }}"))
        .await;
    assert!(message.contains("an operating system is 257 bytes long"), "{message}");
}

#[tokio::test]
async fn every_order_is_kept_and_those_that_are_not_there_are_refused() {
    let fixture = Fixture::new();
    three(&fixture).await;
    assert_eq!(
        fixture.request("GET", "/v2/zeta/manifests/old", &[], "").await.status,
        200
    );
    let by = |order: &str| format!("requestedPage:{{sortBy:{order}}}");
    let (tools, rc, stable, old) = (
        "alpine-tools:3.20",
        "library/alpine:3.21-RC",
        "library/alpine:3.20",
        "zeta:old",
    );
    for (order, expected) in [
        ("RELEVANCE", [tools, stable, rc, old]),
        ("ALPHABETIC_ASC", [tools, stable, rc, old]),
        ("ALPHABETIC_DSC", [old, rc, stable, tools]),
        ("UPDATE_TIME", [rc, tools, stable, old]),
        ("DOWNLOADS", [old, tools, stable, rc]),
    ] {
        let field = format!("ImageList(repo:\"\", {})", by(order));
        assert_eq!(fixture.images(&field).await, expected, "{order}");
    }
    let (tools, alpine, zeta) = ("alpine-tools", "library/alpine", "zeta");
    for (order, expected) in [
        ("RELEVANCE", [tools, alpine, zeta]),
        ("ALPHABETIC_DSC", [zeta, alpine, tools]),
        ("UPDATE_TIME", [alpine, tools, zeta]),
        ("DOWNLOADS", [zeta, tools, alpine]),
    ] {
        let field = format!("RepoListWithNewestImage({})", by(order));
        assert_eq!(fixture.repositories(&field).await, expected, "{order}");
    }
    for order in ["STARS", "SEVERITY"] {
        for field in [
            "ImageList(repo:\"\", ",
            "RepoListWithNewestImage(",
            "GlobalSearch(query:\"\", ",
            "StarredRepos(",
        ] {
            let message = fixture
                .failure(&format!("{{ {field}{}) {{ Page {{ ItemCount }} }} }}", by(order)))
                .await;
            assert_eq!(
                message, "the pagination sort criteria is not supported",
                "{order} {field}"
            );
        }
    }
}

#[tokio::test]
async fn pages_are_cut_from_the_whole_and_negative_ones_are_refused() {
    let fixture = Fixture::new();
    three(&fixture).await;
    let list = |page: &str| {
        format!(
            "{{ ImageList(repo:\"\", requestedPage:{{{page}}}) {{ Results {{ Tag }} Page {{ TotalCount ItemCount }} }} }}"
        )
    };
    for (page, items) in [
        ("limit:3", 3),
        ("limit:3, offset:3", 1),
        ("offset:9", 0),
        ("limit:0, offset:1", 3),
    ] {
        let data = fixture.query(&list(page)).await;
        assert_eq!(
            data["ImageList"]["Page"],
            json!({ "TotalCount": 4, "ItemCount": items }),
            "{page}"
        );
        assert_eq!(data["ImageList"]["Results"].as_array().unwrap().len(), items, "{page}");
    }
    assert_eq!(
        fixture.failure(&list("limit:-1")).await,
        "pagination limit has negative value"
    );
    assert_eq!(
        fixture.failure(&list("offset:-1")).await,
        "pagination offset has negative value"
    );
    let search =
        |page: &str| format!("{{ GlobalSearch(query:\"\", requestedPage:{{{page}}}) {{ Page {{ TotalCount }} }} }}");
    assert_eq!(
        fixture.failure(&search("limit:-1")).await,
        "requested page limit parameter can't be negative"
    );
    assert_eq!(
        fixture.failure(&search("offset:-1")).await,
        "requested page offset parameter can't be negative"
    );
    let nothing = "{ ImageList(repo:\"none\") { Results { Tag } Page { TotalCount ItemCount } } }";
    let zeros = json!({ "Results": [], "Page": { "TotalCount": 0, "ItemCount": 0 } });
    assert_eq!(fixture.query(nothing).await["ImageList"], zeros);
}

#[tokio::test]
async fn an_image_is_made_from_those_whose_layers_it_begins_with() {
    let fixture = Fixture::new();
    let config = |year: u32| config("linux", "amd64", &format!("{year}-01-01T00:00:00Z"));
    fixture.image("base", "1", &config(2020), &["a"]).await;
    fixture.image("middle", "1", &config(2021), &["a", "b"]).await;
    fixture.image("middle", "same-layers", &config(2022), &["a", "b"]).await;
    fixture.image("top", "1", &config(2023), &["a", "b", "c"]).await;
    fixture.image("other", "1", &config(2024), &["b", "a"]).await;
    fixture.image("empty", "1", &config(2025), &[]).await;
    let derived = |image: &str| format!("DerivedImageList(image:\"{image}\")");
    let base = |image: &str| format!("BaseImageList(image:\"{image}\")");
    assert_eq!(
        fixture.images(&derived("base:1")).await,
        ["top:1", "middle:same-layers", "middle:1"]
    );
    assert_eq!(
        fixture.images(&derived("middle:1")).await,
        ["top:1", "middle:same-layers"]
    );
    assert!(fixture.images(&derived("top:1")).await.is_empty());
    assert!(fixture.images(&derived("empty:1")).await.is_empty());
    assert_eq!(
        fixture.images(&base("top:1")).await,
        ["middle:same-layers", "middle:1", "base:1"]
    );
    assert!(fixture.images(&base("base:1")).await.is_empty());
    assert!(fixture.images(&base("empty:1")).await.is_empty());
    let results = "{ Results { Tag } }";
    assert_eq!(
        fixture.failure(&format!("{{ {} {results} }}", derived("none:1"))).await,
        "repository not found"
    );
    assert_eq!(
        fixture.failure(&format!("{{ {} {results} }}", base("base:2"))).await,
        "can't find image: base:2"
    );
    assert!(
        fixture
            .failure(&format!("{{ {} {results} }}", base("base")))
            .await
            .starts_with("no reference provided")
    );
    let unknown = "{ DerivedImageList(image:\"base:1\", digest:\"sha256:x\") { Results { Tag } } }";
    assert!(fixture.failure(unknown).await.contains("sha256:x"));
}

#[tokio::test]
async fn one_image_and_one_repository_can_be_asked_for() {
    let fixture = Fixture::new();
    three(&fixture).await;
    for (image, message) in [
        ("zeta:none", "can't find image: zeta:none"),
        ("none:1", "can't find image: none:1"),
        ("zeta", "no reference provided: write repo:tag"),
        ("zeta@sha256:00", "no reference provided: write repo:tag"),
    ] {
        let query = format!("{{ Image(image:\"{image}\") {{ Tag }} }}");
        assert_eq!(fixture.failure(&query).await, message);
    }
    let data = fixture
        .query(
            "{ ExpandedRepoInfo(repo:\"library/alpine\") { Images { Tag IsDeletable } Summary { Name StarCount IsStarred
            IsBookmarked NewestImage { Tag } } } }",
        )
        .await;
    let expected = json!({
        "Images": [{ "Tag": "3.21-RC", "IsDeletable": true }, { "Tag": "3.20", "IsDeletable": true }],
        "Summary": {
            "Name": "library/alpine",
            "StarCount": 0,
            "IsStarred": false,
            "IsBookmarked": false,
            "NewestImage": { "Tag": "3.21-RC" },
        },
    });
    assert_eq!(data["ExpandedRepoInfo"], expected);
    let unknown = "{ ExpandedRepoInfo(repo:\"none\") { Summary { Name } } }";
    assert_eq!(fixture.failure(unknown).await, "repository not found");
    for field in ["StarredRepos", "BookmarkedRepos"] {
        let data = fixture
            .query(&format!("{{ {field} {{ Results {{ Name }} Page {{ TotalCount }} }} }}"))
            .await;
        assert_eq!(data[field], json!({ "Results": [], "Page": { "TotalCount": 0 } }));
    }
}

#[tokio::test]
async fn what_needs_a_scan_for_vulnerabilities_says_that_there_is_none() {
    let fixture = Fixture::new();
    three(&fixture).await;
    let image = "{Repo:\"zeta\", Tag:\"old\"}";
    for query in [
        "{ CVEListForImage(image:\"zeta:old\", searchedCVE:\"x\", excludedCVE:\"y\", severity:\"LOW\") { Tag CVEList { Id } } }",
        &format!("{{ CVEDiffListForImages(minuend:{image}, subtrahend:{image}) {{ Minuend {{ Repo }} }} }}"),
        "{ ImageListForCVE(id:\"CVE-1\") { Results { Tag } } }",
        "{ ImageListWithCVEFixed(id:\"CVE-1\", image:\"zeta\") { Results { Tag } } }",
    ] {
        let answer = fixture.post(query, &Value::Null).await;
        assert_eq!(answer.refusal(), (200, "cve search is disabled".to_owned()), "{query}");
        assert_eq!(answer.json()["errors"][0]["path"].as_array().unwrap().len(), 1);
    }
}
