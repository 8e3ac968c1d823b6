//! Which tags are copied periodically.

use plimsoll_registry_core::{
    config::SyncContent,
    oci::{Algorithm, Digest, Tag},
};
use regex::Regex;

/// `content.tags`.
#[derive(Debug, Default)]
pub(crate) struct TagFilter {
    include: Option<Regex>,
    exclude: Option<Regex>,
    semver: bool,
}

impl TagFilter {
    pub(crate) fn new(content: &SyncContent) -> Result<Self, regex::Error> {
        let compile = |pattern: &Option<String>| pattern.as_deref().map(Regex::new).transpose();
        Ok(Self {
            include: compile(&content.tags_regex)?,
            exclude: compile(&content.tags_exclude_regex)?,
            semver: content.tags_semver,
        })
    }

    /// Whether every tag is wanted.
    pub(crate) fn is_everything(&self) -> bool {
        self.include.is_none() && self.exclude.is_none() && !self.semver
    }

    /// Whether a tag is wanted.
    pub(crate) fn admits(&self, tag: &Tag) -> bool {
        let text = tag.as_str();
        self.include.as_ref().is_none_or(|regex| regex.is_match(text))
            && !self.exclude.as_ref().is_some_and(|regex| regex.is_match(text))
            && (!self.semver || is_version(text))
    }
}

/// A semantic version, also with a `v` before it, and with parts that are left out.
fn is_version(text: &str) -> bool {
    let plain = text.strip_prefix('v').unwrap_or(text);
    let end = plain.find(['-', '+']).unwrap_or(plain.len());
    let (core, rest) = plain.split_at(end);
    let parts = core.split('.').count();
    parts <= 3 && semver::Version::parse(&format!("{core}{}{rest}", ".0".repeat(3 - parts))).is_ok()
}

/// The manifest that a tag of cosign's belongs to: `<algorithm>-<hex>` and a suffix such as `.sig`. Without a suffix it is
/// the list of referrers of a registry that has no API for them.
pub(crate) fn companion_of(tag: &Tag) -> Option<Digest> {
    let (algorithm, rest) = tag.as_str().split_once('-')?;
    let algorithm: Algorithm = algorithm.parse().ok()?;
    let (hex, suffix) = rest.split_at_checked(algorithm.hex_length())?;
    let plain = suffix.is_empty() || suffix.starts_with(['.', '-']);
    plain.then(|| format!("{algorithm}:{hex}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(regex: Option<&str>, exclude: Option<&str>, semver: bool) -> TagFilter {
        TagFilter::new(&SyncContent {
            tags_regex: regex.map(str::to_owned),
            tags_exclude_regex: exclude.map(str::to_owned),
            tags_semver: semver,
            ..SyncContent::default()
        })
        .unwrap()
    }

    fn admitted(filter: &TagFilter) -> Vec<&'static str> {
        let tags = [
            "1.20",
            "v1.2.3",
            "v1.2.3-rc.1",
            "2",
            "latest",
            "1.2.3.4",
            "v2-alpine",
            "01.2.3",
        ];
        tags.into_iter()
            .filter(|tag| filter.admits(&tag.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_tag_passes_every_rule_that_there_is() {
        assert!(filter(None, None, false).is_everything());
        assert_eq!(
            admitted(&filter(Some("^v"), None, false)),
            ["v1.2.3", "v1.2.3-rc.1", "v2-alpine"]
        );
        assert_eq!(
            admitted(&filter(Some("2"), Some("alpine|rc"), false)),
            ["1.20", "v1.2.3", "2", "1.2.3.4", "01.2.3"]
        );
        assert_eq!(
            admitted(&filter(None, None, true)),
            ["1.20", "v1.2.3", "v1.2.3-rc.1", "2", "v2-alpine"]
        );
        assert_eq!(admitted(&filter(Some("^v"), Some("rc"), true)), ["v1.2.3", "v2-alpine"]);
    }

    #[test]
    fn tags_of_cosigns_name_the_manifest_that_they_belong_to() {
        let digest = Algorithm::Sha256.digest(b"");
        for suffix in ["", ".sig", ".att", ".sbom"] {
            let tag: Tag = format!("sha256-{}{suffix}", digest.hex()).parse().unwrap();
            assert_eq!(companion_of(&tag), Some(digest.clone()), "{suffix}");
        }
        for tag in ["sha256-short.sig", "latest", "v1-2"] {
            assert_eq!(companion_of(&tag.parse().unwrap()), None, "{tag}");
        }
    }
}
