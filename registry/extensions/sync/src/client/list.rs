//! Lists in pages: repositories, tags, referrers. Each has an end, whatever the other registry says.

use std::collections::{BTreeSet, HashSet};

use http::{HeaderValue, Method, header};
use plimsoll_registry_core::oci::{Descriptor, RepositoryName, Tag, media_type};
use reqwest::Url;
use serde::Deserialize;

use super::{
    link,
    remote::{Remote, pull},
};
use crate::error::SyncError;

/// The longest page, in bytes.
const LONGEST_PAGE: usize = 16 << 20;
/// The most items of a list.
const MOST_ITEMS: usize = 1_000_000;
/// The most pages of a list.
const MOST_PAGES: usize = 100_000;
/// How many items a page is asked to have.
const PAGE: &str = "1000";
/// What reading the list of repositories takes.
const CATALOG: &str = "registry:catalog:*";

#[derive(Deserialize)]
struct CatalogPage {
    #[serde(default)]
    repositories: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct TagsPage {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct ReferrersPage {
    #[serde(default)]
    manifests: Option<Vec<Descriptor>>,
}

impl Remote {
    /// Every repository whose name could be one here.
    pub(crate) async fn repositories(&self, via: &HeaderValue) -> Result<BTreeSet<RepositoryName>, SyncError> {
        let mut found = BTreeSet::new();
        self.pages(self.first_page("_catalog"), CATALOG, via, None, |page: CatalogPage| {
            let names = page.repositories.unwrap_or_default();
            collect(&mut found, names)
        })
        .await?;
        Ok(found)
    }

    /// Every tag of a repository.
    pub(crate) async fn tags(
        &self,
        repository: &RepositoryName,
        via: &HeaderValue,
    ) -> Result<BTreeSet<Tag>, SyncError> {
        let mut found = BTreeSet::new();
        let first = self.first_page(&format!("{repository}/tags/list"));
        self.pages(first, &pull(repository), via, None, |page: TagsPage| {
            let tags = page.tags.unwrap_or_default();
            collect(&mut found, tags)
        })
        .await?;
        Ok(found)
    }

    pub(super) async fn referrers_list(
        &self,
        first: Url,
        scope: &str,
        via: &HeaderValue,
    ) -> Result<Vec<Descriptor>, SyncError> {
        let mut found: Vec<Descriptor> = Vec::new();
        let mut digests = HashSet::new();
        let accept = Some(media_type::INDEX);
        self.pages(first, scope, via, accept, |page: ReferrersPage| {
            let rows = page.manifests.unwrap_or_default();
            let before = found.len();
            found.extend(rows.into_iter().filter(|row| digests.insert(row.digest.clone())));
            (found.len(), found.len() > before)
        })
        .await?;
        Ok(found)
    }

    fn first_page(&self, path: &str) -> Url {
        let mut url = self.at(path);
        url.query_pairs_mut().append_pair("n", PAGE);
        url
    }

    /// Reads all pages. `take` says how many items there are by now, and whether the page had any that were new.
    async fn pages<P: for<'de> Deserialize<'de>>(
        &self,
        first: Url,
        scope: &str,
        via: &HeaderValue,
        accept: Option<&'static str>,
        mut take: impl FnMut(P) -> (usize, bool),
    ) -> Result<(), SyncError> {
        let mut here = first;
        for _ in 0..MOST_PAGES {
            let response = self.ask(Method::GET, here.clone(), scope, via, accept).await?;
            let link = response.headers().get(header::LINK).cloned();
            let body = self.transport.document(response, LONGEST_PAGE).await?;
            let page = serde_json::from_slice(&body)
                .map_err(|error| SyncError::Invalid(format!("a page of a list is not one: {error}")))?;
            let (count, new) = take(page);
            if count > MOST_ITEMS {
                return Err(SyncError::Invalid(format!("a list has more than {MOST_ITEMS} items")));
            }
            let next = link::next(&here, link.as_ref().and_then(|value| value.to_str().ok()))?;
            match next {
                None => return Ok(()),
                Some(_) if !new => return Err(SyncError::Invalid("a list goes on without anything new".into())),
                Some(next) => here = next,
            }
        }
        Err(SyncError::Invalid(format!("a list has more than {MOST_PAGES} pages")))
    }
}

/// Adds what can be parsed, such as names, and leaves out what cannot, such as `..`.
fn collect<T: std::str::FromStr + Ord>(found: &mut BTreeSet<T>, texts: Vec<String>) -> (usize, bool) {
    let mut new = false;
    for text in texts {
        if let Ok(item) = text.parse() {
            new |= found.insert(item);
        } else {
            tracing::debug!(
                component = "sync",
                name = text,
                "passed over a name that cannot be one here"
            );
        }
    }
    (found.len(), new)
}
