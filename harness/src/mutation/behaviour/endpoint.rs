//! What a request is about, as its path says.

use reqwest::Url;

/// An endpoint of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `/v2/`
    Ping,
    /// `<name>/blobs/<digest>`
    Blob,
    /// `<name>/manifests/<reference>`
    Manifest,
    /// `<name>/blobs/uploads/`: where uploads are started
    Uploads,
    /// `<name>/blobs/uploads/<session>`
    Upload,
    /// `<name>/tags/list`
    Tags,
    /// `<name>/referrers/<digest>`
    Referrers,
    /// `_oci/ext/discover`
    Discover,
    /// Anything else.
    Other,
}

/// Every kind, by the name that declarations give it.
pub(super) const KINDS: [(&str, Kind); 9] = [
    ("ping", Kind::Ping),
    ("blob", Kind::Blob),
    ("manifest", Kind::Manifest),
    ("uploads", Kind::Uploads),
    ("upload", Kind::Upload),
    ("tags", Kind::Tags),
    ("referrers", Kind::Referrers),
    ("discover", Kind::Discover),
    ("other", Kind::Other),
];

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The endpoint.
    pub kind: Kind,
    /// The path, without the query.
    pub path: String,
    /// The repository, or nothing.
    pub repository: String,
    /// The digest, the tag or the session; or nothing.
    pub reference: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
}

impl Endpoint {
    /// Reads the target of a request.
    pub fn of(target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (kind, repository, reference) = split(path);
        Self {
            kind,
            path: path.to_owned(),
            repository,
            reference,
            query: pairs(query),
        }
    }

    /// Whether the reference is a digest.
    pub fn by_digest(&self) -> bool {
        self.reference.contains(':')
    }

    /// The first value of a key of the query.
    pub fn query(&self, key: &str) -> Option<&str> {
        let found = self.query.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }
}

fn split(path: &str) -> (Kind, String, String) {
    let Some(rest) = path.strip_prefix("/v2/") else {
        return (Kind::Other, String::new(), String::new());
    };
    let parts: Vec<&str> = rest.split('/').collect();
    let (kind, name, reference) = match parts.as_slice() {
        [""] => (Kind::Ping, &[][..], ""),
        [name @ .., "_oci", "ext", "discover"] => (Kind::Discover, name, ""),
        [name @ .., "tags", "list"] => (Kind::Tags, name, ""),
        [name @ .., "blobs", "uploads", ""] | [name @ .., "blobs", "uploads"] => (Kind::Uploads, name, ""),
        [name @ .., "blobs", "uploads", session] => (Kind::Upload, name, *session),
        [name @ .., "blobs", digest] => (Kind::Blob, name, *digest),
        [name @ .., "manifests", reference] => (Kind::Manifest, name, *reference),
        [name @ .., "referrers", digest] => (Kind::Referrers, name, *digest),
        _ => (Kind::Other, &[][..], ""),
    };
    (kind, name.join("/"), reference.to_owned())
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let Ok(mut url) = Url::parse("http://registry/") else {
        return Vec::new();
    };
    url.set_query(Some(query).filter(|query| !query.is_empty()));
    url.query_pairs().into_owned().collect()
}

/// Replaces the value of `key` in the query of `target`, or adds it; `None` removes it.
pub(super) fn set_query(target: &mut String, key: &str, value: Option<&str>) {
    let Ok(mut url) = Url::parse("http://registry/") else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let kept: Vec<(String, String)> = pairs(query).into_iter().filter(|(name, _)| name != key).collect();
    {
        let mut all = url.query_pairs_mut();
        all.extend_pairs(kept);
        if let Some(value) = value {
            all.append_pair(key, value);
        }
    }
    *target = match url.query().filter(|query| !query.is_empty()) {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_a_request_is_about() {
        for (target, kind, repository, reference) in [
            ("/v2/", Kind::Ping, "", ""),
            ("/v2/a/b/blobs/sha256:ab", Kind::Blob, "a/b", "sha256:ab"),
            ("/v2/a/blobs/uploads/?mount=x", Kind::Uploads, "a", ""),
            ("/v2/a/blobs/uploads/1-2?state=x", Kind::Upload, "a", "1-2"),
            ("/v2/tags/list/tags/list", Kind::Tags, "tags/list", ""),
            ("/v2/a/manifests/1.0", Kind::Manifest, "a", "1.0"),
            ("/v2/a/referrers/sha256:ab", Kind::Referrers, "a", "sha256:ab"),
            ("/v2/_oci/ext/discover", Kind::Discover, "", ""),
            ("/v2/a/_oci/ext/discover", Kind::Discover, "a", ""),
            ("/metrics", Kind::Other, "", ""),
        ] {
            let endpoint = Endpoint::of(target);
            assert_eq!(
                (endpoint.kind, endpoint.repository.as_str(), endpoint.reference.as_str()),
                (kind, repository, reference),
                "{target}"
            );
        }
    }

    #[test]
    fn a_query_is_read_and_written() {
        let mut target = "/v2/a/tags/list?n=5&last=a%2Bb".to_owned();
        assert_eq!(Endpoint::of(&target).query("last"), Some("a+b"));
        set_query(&mut target, "n", None);
        assert_eq!(target, "/v2/a/tags/list?last=a%2Bb");
        set_query(&mut target, "last", Some("x y"));
        assert_eq!(target, "/v2/a/tags/list?last=x+y");
        set_query(&mut target, "last", None);
        assert_eq!(target, "/v2/a/tags/list");
    }
}
