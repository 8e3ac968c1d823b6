//! What lies on the disk, as another tool, a crash or a failing disk may have left it.

use std::fs;

use plimsoll_registry_core::oci::Algorithm;
use tempfile::TempDir;

use crate::{registry::Registry, target::Target};

const DIGEST: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

const JOURNAL: &str = ".plimsoll/journal.0";
const CHANGES: &str = r#"{"change":"put","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","media_type":"application/vnd.oci.image.manifest.v1+json","size":2,"tags":["v1","v2"]}
{"change":"untag","tag":"v1"}
{"change":"delete","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}"#;

pub(super) fn targets() -> Vec<Target> {
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{DIGEST}","size":2,"annotations":{{"org.opencontainers.image.ref.name":"v1"}}}},{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:{DIGEST}","size":2}}]}}"#
    );
    vec![
        Target::bytes(
            "storage/index-json",
            [index, r#"{"schemaVersion":2,"manifests":null}"#.to_owned()],
            |bytes| {
                opened("index.json", bytes);
            },
        )
        .slow(),
        Target::bytes("storage/oci-layout", [r#"{"imageLayoutVersion":"1.0.0"}"#], |bytes| {
            opened("oci-layout", bytes);
        })
        .slow(),
        Target::bytes("storage/journal", [journal(CHANGES)], |bytes| opened(JOURNAL, bytes)).slow(),
        Target::text("storage/changes", [CHANGES], |text| opened(JOURNAL, &journal(text))).slow(),
        Target::bytes(
            "storage/manifest",
            [r#"{"schemaVersion":2,"layers":[]}"#, "{}"],
            |bytes| {
                opened(&format!("blobs/sha256/{DIGEST}"), bytes);
            },
        )
        .slow(),
    ]
}

/// A journal with these changes, a line each, every one with its checksum.
fn journal(changes: &str) -> Vec<u8> {
    let line = |change: &str| {
        format!(
            "{} {change}\n",
            &Algorithm::Sha256.digest(change.as_bytes()).hex()[..16]
        )
    };
    changes.lines().map(line).collect::<String>().into_bytes()
}

/// A repository, one of whose files is `content`, is served, or is not; it is never the end of the registry, which goes on to take
/// and to give what has nothing to do with it.
fn opened(file: &str, content: &[u8]) {
    let root = TempDir::new().expect("a temporary folder");
    let repository = root.path().join("a");
    let files: [(&str, &[u8]); 4] = [
        ("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
        ("index.json", br#"{"schemaVersion":2,"manifests":[]}"#),
        (&format!("blobs/sha256/{DIGEST}"), b"{}"),
        (file, content),
    ];
    for (file, content) in files {
        let path = repository.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
    let registry = Registry::on(root, "");
    for path in [
        "/v2/_catalog",
        "/v2/a/tags/list",
        "/v2/a/manifests/v1",
        "/v2/a/referrers/sha256:00",
    ] {
        registry.ask("GET", path);
    }
    registry.ask("GET", &format!("/v2/a/manifests/sha256:{DIGEST}"));
    let blob = registry.blob("b", b"{}");
    let answer = registry
        .send("GET", &format!("/v2/b/blobs/{blob}"), &[], b"")
        .expect("a request");
    assert_eq!(answer.body, b"{}"[..]);
    registry.end();
}
