//! What names what in a repository: for referrers, for garbage collection, and to refuse the deletion of what is needed.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::oci::{Descriptor, Digest, Manifest, media_type};

/// A manifest that an index names.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) digest: Digest,
    pub(super) media_type: String,
    pub(super) size: u64,
}

/// What a manifest says about other content.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// Content that it names, but for `children` and its subject.
    pub(super) content: Vec<Digest>,
    /// Manifests that it names.
    pub(super) children: Vec<Child>,
    /// The manifest that it refers to, with its own row in the list of referrers.
    pub(super) refers: Option<(Digest, Descriptor)>,
}

/// What was read from a manifest, and from those below it that lie in the repository though nobody lists them.
/// `None` where the bytes are not there or are no manifest.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) facts: Option<Facts>,
    pub(super) below: Vec<(Child, Option<Facts>)>,
}

impl Facts {
    /// Reads a manifest of any media type. `None`: it is not JSON, so nothing can be said about it.
    ///
    /// A document's every descriptor counts as named, even in places that the specification does not know: other types of
    /// manifest have them elsewhere, and what is kept for nothing harms less than what is removed by mistake.
    pub(super) fn read(digest: &Digest, media_type: &str, bytes: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(bytes).ok()?;
        let fields = document.as_object()?;
        let mut facts = Self::default();
        for (key, value) in fields {
            if key == "manifests" && matches!(media_type, media_type::INDEX | media_type::DOCKER_LIST) {
                facts.children = value.as_array().into_iter().flatten().filter_map(Child::read).collect();
            } else if key != "subject" {
                collect_digests(value, &mut facts.content);
            }
        }
        facts.content.sort();
        facts.content.dedup();
        facts.children.sort_by(|left, right| left.digest.cmp(&right.digest));
        facts.children.dedup_by(|left, right| left.digest == right.digest);
        facts.refers = Manifest::parse(bytes, Some(media_type)).ok().and_then(|manifest| {
            let row = Descriptor {
                media_type: media_type.to_owned(),
                digest: digest.clone(),
                size: bytes.len() as u64,
                urls: Vec::new(),
                artifact_type: manifest.referrer_type().map(str::to_owned),
                annotations: manifest.annotations,
                platform: None,
            };
            Some((manifest.subject?.digest, row))
        });
        Some(facts)
    }
}

impl Child {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            digest: value.get("digest")?.as_str()?.parse().ok()?,
            media_type: value.get("mediaType")?.as_str()?.to_owned(),
            size: value.get("size")?.as_u64()?,
        })
    }
}

fn collect_digests(value: &Value, found: &mut Vec<Digest>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_digests(item, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(text) if key == "digest" => found.extend(text.parse::<Digest>().ok()),
                    _ => collect_digests(value, found),
                }
            }
        }
        _ => {}
    }
}

#[derive(Debug, Default)]
struct Node {
    content: Vec<Digest>,
    children: Vec<Digest>,
    subject: Option<Digest>,
    readable: bool,
}

/// What every manifest of a repository names.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: HashMap<Digest, Node>,
    content: HashMap<Digest, usize>,
    children: HashMap<Digest, usize>,
    referrers: HashMap<Digest, BTreeMap<Digest, Descriptor>>,
    unreadable: usize,
}

impl Graph {
    /// Adds a manifest, or replaces what is known of it.
    pub(super) fn insert(&mut self, digest: Digest, facts: Option<Facts>) {
        self.remove(&digest);
        let readable = facts.is_some();
        let facts = facts.unwrap_or_default();
        let mut node = Node {
            content: facts.content,
            children: facts.children.into_iter().map(|child| child.digest).collect(),
            subject: None,
            readable,
        };
        for name in &node.content {
            *self.content.entry(name.clone()).or_default() += 1;
        }
        for name in &node.children {
            *self.children.entry(name.clone()).or_default() += 1;
        }
        if let Some((subject, row)) = facts.refers {
            self.referrers
                .entry(subject.clone())
                .or_default()
                .insert(digest.clone(), row);
            node.subject = Some(subject);
        }
        self.unreadable += usize::from(!readable);
        self.nodes.insert(digest, node);
    }

    /// Removes a manifest, and returns the manifests that it named.
    pub(super) fn remove(&mut self, digest: &Digest) -> Vec<Digest> {
        let Some(node) = self.nodes.remove(digest) else {
            return Vec::new();
        };
        for name in &node.content {
            release(&mut self.content, name);
        }
        for name in &node.children {
            release(&mut self.children, name);
        }
        if let Some(subject) = node.subject
            && let Some(rows) = self.referrers.get_mut(&subject)
        {
            rows.remove(digest);
            if rows.is_empty() {
                self.referrers.remove(&subject);
            }
        }
        self.unreadable -= usize::from(!node.readable);
        node.children
    }

    /// Whether a manifest names it as content, such as a layer.
    pub(super) fn is_content(&self, digest: &Digest) -> bool {
        self.content.contains_key(digest)
    }

    /// Whether an index names it as a manifest.
    pub(super) fn is_child(&self, digest: &Digest) -> bool {
        self.children.contains_key(digest)
    }

    /// The rows of the manifests that refer to `subject`, by their digests.
    pub(super) fn referrers(&self, subject: &Digest) -> Option<&BTreeMap<Digest, Descriptor>> {
        self.referrers.get(subject)
    }

    /// How many manifests could not be read, so that what they name is not known.
    pub(super) fn unreadable(&self) -> usize {
        self.unreadable
    }
}

fn release(counts: &mut HashMap<Digest, usize>, digest: &Digest) {
    if let Some(count) = counts.get_mut(digest) {
        *count -= 1;
        if *count == 0 {
            counts.remove(digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::Algorithm;

    #[test]
    fn every_descriptor_is_named_but_the_subject() {
        let digest = |text: &str| Algorithm::Sha256.digest(text.as_bytes());
        let descriptor = |text: &str| serde_json::json!({"mediaType": "m", "digest": digest(text), "size": 1});
        let document = serde_json::json!({
            "mediaType": "application/vnd.oci.artifact.manifest.v1+json",
            "blobs": [descriptor("blob")],
            "subject": descriptor("subject"),
            "nested": {"deeper": [descriptor("deep")]},
            "notes": {"digest": {"sha256": "00"}},
        });
        let bytes = document.to_string();
        let own = digest("own");
        let facts = Facts::read(&own, "application/vnd.oci.artifact.manifest.v1+json", bytes.as_bytes()).unwrap();
        let mut expected = vec![digest("blob"), digest("deep")];
        expected.sort();
        assert_eq!(facts.content, expected);
        assert_eq!(facts.refers.unwrap().0, digest("subject"));
    }

    #[test]
    fn what_two_manifests_name_stays_named_until_both_are_gone() {
        let digest = |text: &str| Algorithm::Sha256.digest(text.as_bytes());
        let facts = Facts {
            content: vec![digest("layer")],
            ..Facts::default()
        };
        let mut graph = Graph::default();
        graph.insert(digest("1"), Some(facts.clone()));
        graph.insert(digest("2"), Some(facts.clone()));
        graph.insert(digest("2"), Some(facts));
        graph.remove(&digest("1"));
        assert!(graph.is_content(&digest("layer")));
        graph.remove(&digest("2"));
        assert!(!graph.is_content(&digest("layer")));
    }

    #[test]
    fn what_cannot_be_read_is_counted_until_it_is_gone() {
        let own = Algorithm::Sha256.digest(b"own");
        let mut graph = Graph::default();
        graph.insert(own.clone(), Facts::read(&own, media_type::IMAGE, b"torn"));
        assert_eq!(graph.unreadable(), 1);
        graph.remove(&own);
        assert_eq!(graph.unreadable(), 0);
    }
}
