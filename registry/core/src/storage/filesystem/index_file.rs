//! `index.json` and `oci-layout`: read as any tool may have written them. [`super::index_draft`] writes them, in one canonical
//! form.
//!
//! Canonical means that two repositories with equal content have equal bytes: entries in the order of digest, then tag.
//! What another tool put into an entry or beside the entries is kept.

use serde_json::{Map, Value};

use crate::oci::{Digest, DigestError, Tag, media_type};

use super::state::{Extra, Record, State};

pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The content of `oci-layout`.
pub(super) const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// Checks the content of an `oci-layout` file.
pub(super) fn check_layout(bytes: &[u8]) -> Result<(), String> {
    let document: Value = serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))?;
    match document.get("imageLayoutVersion").and_then(Value::as_str) {
        Some("1.0.0") => Ok(()),
        Some(version) => Err(format!("imageLayoutVersion is {version}, not 1.0.0")),
        None => Err("imageLayoutVersion is missing".into()),
    }
}

/// Reads an `index.json`.
pub(super) fn parse(bytes: &[u8]) -> Result<State, String> {
    let mut head: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| format!("not an index: {error}"))?;
    if head.get("schemaVersion").and_then(Value::as_u64) != Some(2) {
        return Err("schemaVersion is not 2".into());
    }
    let entries = match head.insert("manifests".into(), Value::Null) {
        // zot writes null where there are none.
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err("manifests is not a list".into()),
    };
    let mut state = State {
        head,
        ..State::default()
    };
    for (position, entry) in entries.into_iter().enumerate() {
        read_entry(&mut state, entry).map_err(|reason| format!("manifests[{position}]: {reason}"))?;
    }
    Ok(state)
}

fn read_entry(state: &mut State, entry: Value) -> Result<(), String> {
    let Value::Object(mut fields) = entry else {
        return Err("not a descriptor".into());
    };
    let text = fields
        .get("digest")
        .and_then(Value::as_str)
        .ok_or("digest is missing")?;
    let digest: Digest = match text.parse() {
        Ok(digest) => digest,
        Err(DigestError::UnsupportedAlgorithm) => {
            // Content that this registry cannot serve, but that is there for someone else.
            state.opaque.push(Value::Object(fields));
            return Ok(());
        }
        Err(error) => return Err(error.to_string()),
    };
    let size = fields.get("size").and_then(Value::as_u64).ok_or("size is missing")?;
    let media_type = fields
        .get("mediaType")
        .and_then(Value::as_str)
        .ok_or("mediaType is missing")?
        .to_owned();
    for known in ["digest", "size", "mediaType"] {
        fields.shift_remove(known);
    }
    let tag = take_tag(&mut fields);
    let extra: Extra = (!fields.is_empty()).then(|| Box::new(fields));

    let record = state
        .manifests
        .entry(digest.clone())
        .or_insert_with(|| Record::new(media_type, size));
    match (tag, extra) {
        (Some(tag), extra) => {
            record.tags.insert(tag.clone(), extra);
            let before = state.tags.insert(tag.clone(), digest.clone());
            if let Some(before) = before.filter(|before| *before != digest)
                && let Some(other) = state.manifests.get_mut(&before)
            {
                // One tag twice: as for every reader of layouts, the last one counts.
                other.tags.remove(&tag);
            }
        }
        (None, Some(extra)) => record.untagged.push(*extra),
        (None, None) => {}
    }
    Ok(())
}

/// Takes the tag out of an entry's annotations, if what stands there is one. Other tools also put whole image names there,
/// which no client can ask a registry for: these stay as they are.
fn take_tag(fields: &mut Map<String, Value>) -> Option<Tag> {
    let annotations = fields.get_mut("annotations")?.as_object_mut()?;
    let tag: Tag = annotations.get(REF_NAME)?.as_str()?.parse().ok()?;
    annotations.shift_remove(REF_NAME);
    if annotations.is_empty() {
        fields.shift_remove("annotations");
    }
    Some(tag)
}

/// The head of an `index.json` that no other tool has written.
pub(super) fn new_head() -> Map<String, Value> {
    let mut head = Map::new();
    head.insert("schemaVersion".into(), 2.into());
    head.insert("mediaType".into(), media_type::INDEX.into());
    head.insert("manifests".into(), Value::Null);
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oci::Algorithm, storage::filesystem::index_draft::render};

    #[test]
    fn what_another_tool_wrote_is_kept() {
        let first = Algorithm::Sha256.digest(b"1").to_string();
        let second = Algorithm::Sha512.digest(b"2").to_string();
        let text = serde_json::json!({
            "schemaVersion": 2,
            "manifests": [
                {"mediaType": "a", "digest": first, "size": 1, "annotations": {"vendor": "x", REF_NAME: "1.0"},
                 "platform": {"os": "linux", "architecture": "arm64"}},
                {"mediaType": "b", "digest": second, "size": 2,
                 "annotations": {REF_NAME: "docker.io/library/alpine:3"}},
                {"mediaType": "c", "digest": "blake3:00", "size": 3},
            ],
            "annotations": {"who": "umoci"},
        })
        .to_string();
        let state = parse(text.as_bytes()).unwrap();
        assert_eq!(state.tags.len(), 1);
        assert_eq!(String::from_utf8(render(&state)).unwrap(), text);
    }

    #[test]
    fn entries_have_one_order_however_they_came() {
        let digests: Vec<_> = (0_u8..4)
            .map(|byte| Algorithm::Sha256.digest(&[byte]).to_string())
            .collect();
        let entry = |digest: &str, tag: Option<&str>| match tag {
            Some(tag) => {
                serde_json::json!({"mediaType": "m", "digest": digest, "size": 1, "annotations": {REF_NAME: tag}})
            }
            None => serde_json::json!({"mediaType": "m", "digest": digest, "size": 1}),
        };
        let entries = [
            entry(&digests[0], Some("b")),
            entry(&digests[0], Some("a")),
            entry(&digests[1], None),
            entry(&digests[2], Some("z")),
            entry(&digests[3], Some("y")),
        ];
        let document = |entries: Vec<&Value>| serde_json::json!({"schemaVersion": 2, "manifests": entries}).to_string();
        let forwards = parse(document(entries.iter().collect()).as_bytes()).unwrap();
        let backwards = parse(document(entries.iter().rev().collect()).as_bytes()).unwrap();
        assert_eq!(render(&forwards), render(&backwards));
    }

    #[test]
    fn what_is_no_index_is_refused_with_the_place() {
        let digest = Algorithm::Sha256.digest(b"").to_string();
        for (text, reason) in [
            ("{", "not an index"),
            ("[]", "not an index"),
            ("{}", "schemaVersion"),
            (r#"{"schemaVersion":2,"manifests":{}}"#, "not a list"),
            (
                r#"{"schemaVersion":2,"manifests":[1]}"#,
                "manifests[0]: not a descriptor",
            ),
            (
                r#"{"schemaVersion":2,"manifests":[{"digest":"sha256:1"}]}"#,
                "manifests[0]: ",
            ),
            (
                &format!(r#"{{"schemaVersion":2,"manifests":[{{"digest":"{digest}"}}]}}"#),
                "size is missing",
            ),
        ] {
            let error = parse(text.as_bytes()).map(|_| ()).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!(parse(br#"{"schemaVersion":2,"manifests":null}"#).is_ok());
    }

    #[test]
    fn a_layout_of_another_version_is_refused() {
        assert!(check_layout(LAYOUT).is_ok());
        for text in ["", "{}", r#"{"imageLayoutVersion":"2.0.0"}"#] {
            assert!(check_layout(text.as_bytes()).is_err(), "{text}");
        }
    }
}
