//! The vocabulary of the specification.

use plimsoll_registry_core::oci::{
    Algorithm, ContentRange, Digest, Manifest, Reference, RepositoryName, RequestedRange, SignatureTool, Tag,
    media_type,
};

use serde::de::IgnoredAny;

use crate::target::Target;

const IMAGE: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0,"urls":["https://a.example/"]}],"annotations":{"a":"b"}}"#;
const ARTIFACT: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"a/b","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"data":"e30="},"layers":[],"subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":7}}"#;
const INDEX: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":7,"platform":{"architecture":"arm64","os":"linux","variant":"v8"}}],"annotations":{"a":"b"}}"#;
const DOCKER: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;

pub(super) fn targets() -> Vec<Target> {
    vec![
        Target::text("oci/repository-name", ["library/alpine", "a", "a__b/c-d.e/f---g"], name),
        Target::text(
            "oci/digest",
            [
                Algorithm::Sha256.digest(b"").to_string(),
                Algorithm::Sha512.digest(b"").to_string(),
            ],
            digest,
        ),
        Target::text("oci/tag", ["latest", "v1.0.0-rc.1_x", "_"], tag),
        Target::text(
            "oci/reference",
            ["latest".to_owned(), Algorithm::Sha256.digest(b"").to_string()],
            reference,
        ),
        Target::text(
            "oci/range",
            [
                "100 bytes=0-9",
                "100 bytes=-5",
                "100 bytes=5-",
                "0 bytes=0-0",
                "9 bytes=0-1,3-4",
            ],
            range,
        ),
        Target::text("oci/content-range", ["0-9", "10-10"], content_range),
        Target::bytes("oci/image-manifest", [IMAGE, ARTIFACT], |bytes| {
            manifest(bytes, Some(media_type::IMAGE));
        }),
        Target::bytes("oci/index-manifest", [INDEX], |bytes| {
            manifest(bytes, Some(media_type::INDEX));
        }),
        Target::bytes("oci/manifest-of-any-type", [IMAGE, ARTIFACT, INDEX, DOCKER], |bytes| {
            manifest(bytes, None);
        }),
    ]
}

fn name(text: &str) {
    let Ok(name) = text.parse::<RepositoryName>() else {
        return;
    };
    assert_eq!(name.as_str(), text, "a name is what was written");
    assert!(text.len() <= 255);
    for component in name.components() {
        assert!(!matches!(component, "" | "." | ".."), "no way up, and no way round");
        let is_right = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        assert!(component.bytes().all(is_right), "{component}");
    }
}

fn digest(text: &str) {
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text, "there is one way to write a digest");
        assert_eq!(digest.hex().len(), digest.algorithm().hex_length());
        assert!(
            digest
                .hex()
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        );
    }
}

fn tag(text: &str) {
    if let Ok(tag) = text.parse::<Tag>() {
        assert_eq!(tag.as_str(), text);
        assert!((1..=128).contains(&text.len()) && !text.starts_with(['.', '-']) && !text.contains(['/', ':', '\0']));
    }
}

fn reference(text: &str) {
    match text.parse::<Reference>() {
        Ok(Reference::Tag(tag)) => assert_eq!(tag.as_str(), text),
        Ok(Reference::Digest(digest)) => assert_eq!(digest.to_string(), text),
        Err(_) => {}
    }
}

fn range(text: &str) {
    let (size, header) = text.split_once(' ').unwrap_or(("17", text));
    let size = size.parse().unwrap_or(17_u64);
    if let RequestedRange::Part(part) = RequestedRange::parse(header, size) {
        assert!(part.start < part.end && part.end <= size, "{part:?} of {size}");
    }
}

fn content_range(text: &str) {
    if let Ok(range) = text.parse::<ContentRange>() {
        assert!(
            range.length > 0 && range.first.checked_add(range.length).is_some(),
            "{range:?}"
        );
    }
}

fn manifest(bytes: &[u8], media_type: Option<&str>) {
    let Ok(manifest) = Manifest::parse(bytes, media_type) else {
        return;
    };
    let named: Vec<_> = manifest.names().map(|named| &named.digest).collect();
    assert!(
        manifest.required().all(|required| named.contains(&&required.digest)),
        "what is required is named"
    );
    let _ = (manifest.referrer_type(), SignatureTool::of(&manifest));
    assert!(
        Manifest::parse(bytes, media_type).is_ok(),
        "the same bytes are the same manifest"
    );
    // A surrogate on its own is no text, and JSON all the same.
    let text = std::str::from_utf8(bytes).expect("a manifest is UTF-8");
    assert!(
        serde_json::from_str::<IgnoredAny>(text).is_ok(),
        "a manifest is JSON as a whole"
    );
}
