//! What is said of an image.

use plimsoll_registry_core::oci::media_type;
use serde_json::{Value, json};

use super::{
    Fixture,
    fixture::{config, digest},
};

#[tokio::test]
async fn an_image_says_what_its_manifest_and_config_say() {
    let fixture = Fixture::new();
    let mut config = config("linux", "arm", "2024-05-06T07:08:09Z");
    config["variant"] = json!("v7");
    config["author"] = json!("config author");
    config["config"] = json!({ "Labels": { "org.opencontainers.image.vendor": "label vendor" } });
    config["history"] = json!([
        { "created": "2024-01-01T00:00:00Z", "created_by": "COPY", "author": "x", "comment": "y" },
        { "created_by": "ENV", "empty_layer": true },
        { "created_by": "RUN" },
    ]);
    let mut document = fixture.document("team/app", &config, &["one", "two"]).await;
    document["annotations"] = json!({
        "org.opencontainers.image.title": "Title",
        "org.opencontainers.image.licenses": "MIT",
        "org.label-schema.vcs-url": "https://example.com/source",
    });
    let image = fixture.manifest("team/app", "1.0", &document).await;
    let data = fixture
        .query(
            "{ Image(image:\"team/app:1.0\") { RepoName Tag Digest MediaType Size LastUpdated Title Licenses Source Vendor
            Authors Description Documentation Labels IsSigned SignatureInfo { Tool } ArtifactType IsDeletable
            Vulnerabilities { Count } Referrers { Digest }
            Manifests { Digest ConfigDigest LastUpdated Size IsSigned Platform { Os Arch } Layers { Size Digest }
            History { Layer { Digest } HistoryDescription { CreatedBy EmptyLayer Created Author Comment } } } } }",
        )
        .await;
    let size = image["size"].as_u64().unwrap() + document["config"]["size"].as_u64().unwrap() + 6;
    let layer = |number: usize| document["layers"][number]["digest"].clone();
    let step = |by: &str, empty: bool| json!({ "CreatedBy": by, "EmptyLayer": empty, "Created": null, "Author": "", "Comment": "" });
    let first = json!({
        "CreatedBy": "COPY", "EmptyLayer": false, "Created": "2024-01-01T00:00:00Z", "Author": "x", "Comment": "y",
    });
    let expected = json!({
        "RepoName": "team/app",
        "Tag": "1.0",
        "Digest": image["digest"],
        "MediaType": media_type::IMAGE,
        "Size": size.to_string(),
        "LastUpdated": "2024-05-06T07:08:09Z",
        "Title": "Title",
        "Licenses": "MIT",
        "Source": "https://example.com/source",
        "Vendor": "label vendor",
        "Authors": "config author",
        "Description": "",
        "Documentation": "",
        "Labels": "",
        "IsSigned": false,
        "SignatureInfo": [],
        "ArtifactType": "application/vnd.oci.image.config.v1+json",
        "IsDeletable": true,
        "Vulnerabilities": null,
        "Referrers": [],
        "Manifests": [{
            "Digest": image["digest"],
            "ConfigDigest": document["config"]["digest"],
            "LastUpdated": "2024-05-06T07:08:09Z",
            "Size": size.to_string(),
            "IsSigned": false,
            "Platform": { "Os": "linux", "Arch": "arm/v7" },
            "Layers": [{ "Size": "3", "Digest": layer(0) }, { "Size": "3", "Digest": layer(1) }],
            "History": [
                { "Layer": { "Digest": layer(0) }, "HistoryDescription": first },
                { "Layer": { "Digest": null }, "HistoryDescription": step("ENV", true) },
                { "Layer": { "Digest": layer(1) }, "HistoryDescription": step("RUN", false) },
            ],
        }],
    });
    assert_eq!(data["Image"], expected);
}

/// An index of two images, one of them in an index of its own.
async fn nested(fixture: &Fixture) -> [Value; 4] {
    let mut document = fixture
        .document(
            "multi",
            &config("linux", "amd64", "2024-01-01T00:00:00Z"),
            &["shared", "amd"],
        )
        .await;
    document["annotations"] =
        json!({ "org.opencontainers.image.vendor": "child", "org.opencontainers.image.title": "child" });
    let amd = fixture.manifest("multi", "", &document).await;
    let arm = fixture
        .image(
            "multi",
            "",
            &config("linux", "arm64", "2024-02-01T00:00:00Z"),
            &["shared", "arm"],
        )
        .await;
    let index =
        |manifests: Value| json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": manifests });
    let inner = fixture.manifest("multi", "", &index(json!([arm]))).await;
    let mut outer = index(json!([amd, inner]));
    outer["annotations"] = json!({ "org.opencontainers.image.title": "index" });
    [fixture.manifest("multi", "all", &outer).await, inner, amd, arm]
}

#[tokio::test]
async fn an_index_has_the_images_below_it_and_says_what_they_say() {
    let fixture = Fixture::new();
    let [index, inner, amd, arm] = nested(&fixture).await;
    let data = fixture
        .query(
            "{ Image(image:\"multi:all\") { Digest Size LastUpdated Title Vendor
            Manifests { Digest Size Platform { Arch } } }
            RepoListWithNewestImage { Results { Size Platforms { Arch } Vendors NewestImage { Tag } LastUpdated } } }",
        )
        .await;
    let image = &data["Image"];
    let size = |number: usize| {
        image["Manifests"][number]["Size"]
            .as_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    assert_eq!(image["Digest"], index["digest"]);
    assert_eq!(image["Size"], (size(0) + size(1)).to_string());
    assert_eq!(
        image["LastUpdated"], "2024-02-01T00:00:00Z",
        "that of the last of its images"
    );
    assert_eq!((&image["Title"], &image["Vendor"]), (&json!("index"), &json!("child")));
    assert_eq!(image["Manifests"][0]["Digest"], amd["digest"]);
    assert_eq!(image["Manifests"][1]["Digest"], arm["digest"]);
    assert_eq!(image["Manifests"][1]["Platform"]["Arch"], "arm64");

    let repository = &data["RepoListWithNewestImage"]["Results"][0];
    assert_eq!(
        repository["Platforms"],
        json!([{ "Arch": "amd64" }, { "Arch": "arm64" }])
    );
    assert_eq!(repository["Vendors"], json!(["child"]));
    assert_eq!(repository["NewestImage"]["Tag"], "all");
    assert_eq!(repository["LastUpdated"], "2024-02-01T00:00:00Z");
    let indexes = index["size"].as_u64().unwrap() + inner["size"].as_u64().unwrap();
    let once = size(0) + size(1) + indexes - "shared".len() as u64;
    assert_eq!(
        repository["Size"],
        once.to_string(),
        "a layer that both have counts once"
    );
}

#[tokio::test]
async fn referrers_and_signatures_are_told_of_what_they_refer_to() {
    let fixture = Fixture::new();
    let image = fixture.image("signed", "1", &json!({}), &["layer"]).await;
    let plain = fixture.image("signed", "plain", &json!({}), &["other"]).await;
    let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
    let empty = fixture.blob("signed", "application/vnd.oci.empty.v1+json", "{}").await;
    let proof = fixture.blob("signed", bundle, "proof").await;
    let artifact = |artifact_type: &str, layer: &Value| {
        json!({
            "schemaVersion": 2,
            "mediaType": media_type::IMAGE,
            "artifactType": artifact_type,
            "config": empty,
            "layers": [layer],
            "subject": image,
            "annotations": { "key": "value" },
        })
    };
    let list = fixture.blob("signed", "application/spdx+json", "packages").await;
    let packages = fixture
        .manifest("signed", "", &artifact("application/spdx+json", &list))
        .await;
    let signed = "{ Image(image:\"signed:1\") { IsSigned SignatureInfo { Tool IsTrusted Author } } }";
    assert_eq!(
        fixture.query(signed).await["Image"]["IsSigned"],
        false,
        "packages are no signature"
    );
    let signature = fixture.manifest("signed", "", &artifact(bundle, &proof)).await;
    let expected = json!({
        "IsSigned": true,
        "SignatureInfo": [{ "Tool": "cosign", "IsTrusted": false, "Author": "" }],
    });
    assert_eq!(fixture.query(signed).await["Image"], expected);

    let referrers = |types: &str| {
        let digest = digest(&image);
        format!(
            "{{ Referrers(repo:\"signed\", digest:\"{digest}\"{types}) {{ MediaType ArtifactType Digest Size Annotations {{ Key Value }} }} }}"
        )
    };
    let of_type = fixture.query(&referrers(", type:[\"application/spdx+json\"]")).await;
    let expected = json!([{
        "MediaType": media_type::IMAGE,
        "ArtifactType": "application/spdx+json",
        "Digest": packages["digest"],
        "Size": packages["size"],
        "Annotations": [{ "Key": "key", "Value": "value" }],
    }]);
    assert_eq!(of_type["Referrers"], expected);
    assert_eq!(
        fixture.query(&referrers(", type:[]")).await["Referrers"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        fixture.query(&referrers("")).await["Referrers"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        fixture.query(&referrers(", type:[\"a/b\"]")).await["Referrers"],
        json!([])
    );
    let message = fixture
        .failure("{ Referrers(repo:\"signed\", digest:\"x\", type:[]) { Digest } }")
        .await;
    assert_eq!(message, "x is not a digest");

    // What cosign keeps under a tag, and the list that clients of older registries keep.
    let tag = digest(&plain).to_string().replace(':', "-");
    let layer = fixture
        .blob(
            "signed",
            "application/vnd.dev.cosign.simplesigning.v1+json",
            "signature",
        )
        .await;
    let legacy = json!({ "schemaVersion": 2, "mediaType": media_type::IMAGE, "config": empty, "layers": [layer] });
    fixture.manifest("signed", &format!("{tag}.sig"), &legacy).await;
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [signature] });
    fixture.manifest("signed", &tag, &index).await;
    assert_eq!(
        fixture.query("{ Image(image:\"signed:plain\") { IsSigned } }").await["Image"]["IsSigned"],
        true
    );
    assert_eq!(
        fixture.images("ImageList(repo:\"signed\")").await,
        ["signed:1", "signed:plain"],
        "neither is an image"
    );

    fixture
        .delete(&format!("/v2/signed/manifests/{}", digest(&signature)))
        .await;
    assert_eq!(fixture.query(signed).await["Image"]["IsSigned"], false);
}
