//! What a result has to be like beside what was searched for.

use crate::content::Platform;

/// What a result has to be like. Each thing that is not given admits everything; of a list, one has to fit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) os: Option<Vec<String>>,
    pub(crate) arch: Option<Vec<String>>,
    pub(crate) signed: Option<bool>,
    pub(crate) bookmarked: Option<bool>,
    pub(crate) starred: Option<bool>,
}

impl Filter {
    /// Whether something that runs on `platforms` and is signed, or not, fits. Nobody has bookmarks or stars here.
    pub(crate) fn admits(&self, platforms: &[Platform], signed: bool) -> bool {
        let listed = |wanted: &Option<Vec<String>>, have: fn(&Platform) -> &str| {
            wanted.as_ref().is_none_or(|wanted| {
                let mut pairs = wanted
                    .iter()
                    .flat_map(|wanted| platforms.iter().map(move |platform| (wanted, have(platform))));
                pairs.any(|(wanted, have)| wanted.eq_ignore_ascii_case(have))
            })
        };
        listed(&self.os, |platform| &platform.os)
            && listed(&self.arch, |platform| &platform.arch)
            && self.signed.is_none_or(|wanted| wanted == signed)
            && self.bookmarked != Some(true)
            && self.starred != Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_list_has_to_fit() {
        let platform = |os: &str, arch: &str| Platform {
            os: os.into(),
            arch: arch.into(),
        };
        let platforms = [platform("linux", "amd64"), platform("windows", "arm64")];
        let list = |words: &[&str]| Some(words.iter().map(ToString::to_string).collect());
        let admits = |filter: Filter| filter.admits(&platforms, false);
        assert!(admits(Filter::default()));
        assert!(admits(Filter {
            os: list(&["darwin", "Linux"]),
            arch: list(&["ARM64"]),
            ..Filter::default()
        }));
        assert!(!admits(Filter {
            os: list(&["darwin"]),
            ..Filter::default()
        }));
        assert!(!admits(Filter {
            os: list(&[]),
            ..Filter::default()
        }));
        assert!(!admits(Filter {
            signed: Some(true),
            ..Filter::default()
        }));
        assert!(admits(Filter {
            signed: Some(false),
            bookmarked: Some(false),
            starred: Some(false),
            ..Filter::default()
        }));
        assert!(!admits(Filter {
            starred: Some(true),
            ..Filter::default()
        }));
    }
}
