//! Which repositories are mirrored, and under which names.

use globset::GlobMatcher;
use plimsoll_registry_core::{config::SyncContent, oci::RepositoryName};

use crate::tags::TagFilter;

/// An item of `content`, ready for use.
#[derive(Debug)]
pub(crate) struct Content {
    matcher: GlobMatcher,
    /// The part of the prefix that is not followed by a wildcard in its own component.
    base: String,
    /// `a/**` is `a`, too.
    whole: Option<String>,
    destination: String,
    strip: bool,
    pub(crate) tags: TagFilter,
}

impl Content {
    pub(crate) fn new(content: &SyncContent) -> Result<Self, String> {
        let plain = content
            .prefix
            .split('/')
            .take_while(|component| !component.contains(['*', '?', '[', '{', '\\']));
        let base = plain.collect::<Vec<_>>().join("/");
        Ok(Self {
            matcher: content.matcher().map_err(|error| error.to_string())?,
            whole: content.prefix.strip_suffix("/**").map(str::to_owned),
            base,
            destination: content.destination.trim_matches('/').to_owned(),
            // Without a destination names stay as they are.
            strip: content.strip_prefix && !content.destination.is_empty(),
            tags: TagFilter::new(content).map_err(|error| error.to_string())?,
        })
    }

    /// Whether a repository of the other registry is one of these.
    fn matches(&self, remote: &str) -> bool {
        self.matcher.is_match(remote) || self.whole.as_deref() == Some(remote)
    }

    /// What a repository of the other registry is called here.
    fn local(&self, remote: &RepositoryName) -> Option<RepositoryName> {
        if !self.matches(remote.as_str()) {
            return None;
        }
        let rest = if self.strip {
            below(&self.base, remote.as_str())?
        } else {
            remote.as_str()
        };
        join(&self.destination, rest).parse().ok()
    }

    /// What a repository that is called so here is called there.
    fn remote(&self, local: &RepositoryName) -> Option<RepositoryName> {
        let rest = below(&self.destination, local.as_str())?;
        let remote = if self.strip {
            join(&self.base, rest)
        } else {
            rest.to_owned()
        };
        self.matches(&remote).then(|| remote.parse().ok())?
    }
}

/// The content of one registry: everything, if nothing is said.
#[derive(Debug)]
pub(crate) struct Mapping(Vec<Content>);

impl Mapping {
    pub(crate) fn new(contents: &[SyncContent]) -> Result<Self, String> {
        contents.iter().map(Content::new).collect::<Result<_, _>>().map(Self)
    }

    /// Whether anything is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name here of a repository there, and which of its tags are wanted. The first item that fits counts.
    pub(crate) fn local(&self, remote: &RepositoryName) -> Option<(RepositoryName, &TagFilter)> {
        self.0
            .iter()
            .find(|content| content.matches(remote.as_str()))
            .and_then(|content| Some((content.local(remote)?, &content.tags)))
    }

    /// The name there of a repository here.
    pub(crate) fn remote(&self, local: &RepositoryName) -> Option<RepositoryName> {
        if self.0.is_empty() {
            return Some(local.clone());
        }
        // An item that an earlier one hides is not the one that the periodic copy would use.
        self.0
            .iter()
            .filter_map(|content| content.remote(local))
            .find(|remote| self.local(remote).is_some_and(|(name, _)| name == *local))
    }
}

/// What is below a folder, or nothing if it is the folder itself.
fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() {
        Some("")
    } else {
        rest.strip_prefix('/')
    }
}

fn join(folder: &str, rest: &str) -> String {
    match (folder, rest) {
        ("", rest) => rest.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, rest) => format!("{folder}/{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn content(prefix: &str, destination: &str, strip: bool) -> SyncContent {
        SyncContent {
            prefix: prefix.trim_start_matches('/').to_owned(),
            destination: destination.to_owned(),
            strip_prefix: strip,
            ..SyncContent::default()
        }
    }

    fn mapping(prefix: &str, destination: &str, strip: bool) -> Mapping {
        Mapping::new(&[content(prefix, destination, strip)]).unwrap()
    }

    #[test]
    fn names_are_mapped_both_ways() {
        for (prefix, destination, strip, remote, local) in [
            ("/repo1/repo", "/localrepo", true, "repo1/repo", Some("localrepo")),
            (
                "/repo1/repo",
                "/localrepo",
                false,
                "repo1/repo",
                Some("localrepo/repo1/repo"),
            ),
            ("/repo1/**", "/localrepo", true, "repo1/x", Some("localrepo/x")),
            ("/repo1/**", "/localrepo", true, "repo1", Some("localrepo")),
            ("/repo1/**", "/", true, "repo1/x/y", Some("x/y")),
            ("zot-repo/**", "", true, "zot-repo/x", Some("zot-repo/x")),
            ("zot-repo/**", "", false, "zot-repo/x", Some("zot-repo/x")),
            ("**", "", false, "a/b/c", Some("a/b/c")),
            ("**", "mirror/hub", false, "a/b", Some("mirror/hub/a/b")),
            ("*", "", false, "a", Some("a")),
            ("*", "", false, "a/b", None),
            ("a/{b,c}", "", false, "a/c", Some("a/c")),
            ("a/b*", "x", true, "a/bc", Some("x/bc")),
            ("repo", "", false, "repository", None),
            ("repo/**", "", false, "repository/x", None),
        ] {
            let mapping = mapping(prefix, destination, strip);
            let remote: RepositoryName = remote.parse().unwrap();
            let found = mapping.local(&remote).map(|(name, _)| name.to_string());
            assert_eq!(found.as_deref(), local, "{prefix} {destination} {strip} {remote}");
            if let Some(local) = local {
                assert_eq!(mapping.remote(&local.parse().unwrap()), Some(remote), "{prefix}");
            }
        }
    }

    #[test]
    fn what_is_not_below_the_destination_is_not_mirrored() {
        let mapping = mapping("**", "mirror", false);
        assert_eq!(mapping.remote(&"other/a".parse().unwrap()), None);
        assert_eq!(mapping.remote(&"mirrored/a".parse().unwrap()), None);
    }

    #[test]
    fn the_first_item_that_fits_counts() {
        let mapping = Mapping::new(&[content("a/**", "x", false), content("**", "", false)]).unwrap();
        let local = |name: &str| mapping.local(&name.parse().unwrap()).unwrap().0.to_string();
        let remote = |name: &str| mapping.remote(&name.parse().unwrap()).map(|name| name.to_string());
        assert_eq!((local("a/b").as_str(), local("c").as_str()), ("x/a/b", "c"));
        assert_eq!(remote("x/a/b").as_deref(), Some("a/b"));
        assert_eq!(remote("a/b"), None, "it has another name here");
    }

    #[test]
    fn without_content_everything_has_its_own_name() {
        let mapping = Mapping::new(&[]).unwrap();
        assert_eq!(mapping.remote(&"a/b".parse().unwrap()).unwrap().as_str(), "a/b");
    }

    proptest! {
        #[test]
        fn a_name_comes_back_from_its_way(
            parts in prop::collection::vec("[a-c]{1,2}", 1..4),
            prefix in prop::sample::select(vec!["**", "a/**", "a/*", "*/b", "a/b", "a*/**", "{a,b}/**"]),
            destination in prop::sample::select(vec!["", "/", "x", "/x/y", "a"]),
            strip: bool,
        ) {
            let mapping = mapping(prefix, destination, strip);
            let remote: RepositoryName = parts.join("/").parse().unwrap();
            if let Some((local, _)) = mapping.local(&remote) {
                prop_assert_eq!(mapping.remote(&local), Some(remote));
            }
        }
    }
}
