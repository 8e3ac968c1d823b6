//! The queries.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use plimsoll_registry_core::oci::Digest;

use super::{
    context::{Named, QueryContext},
    cve::{CveDiffResult, CveResultForImage, Disabled},
    image::ImageSummary,
    input::{FilterInput, ImageInput, PageInput, SortCriteria},
    manifest::referrers,
    order::{sort_images, sort_repositories},
    referrer::Referrer,
    repository::RepoSummary,
    result::{GlobalSearchResult, PaginatedImagesResult, PaginatedReposResult, RepoInfo},
};
use crate::{
    content::ManifestFacts,
    index::{Image, RepositorySnapshot},
    search::{Filter, Page, PageError, TextSearch, is_base_of, rank},
};

/// The entry points of the schema.
pub(crate) struct Query;

/// Why a query fails.
#[derive(Debug, thiserror::Error)]
enum QueryError {
    #[error("repository not found")]
    RepositoryUnknown,
    #[error("no reference provided: write repo:tag")]
    NoReference,
    #[error("can't find image: {0}")]
    ImageUnknown(String),
    #[error("{0} is not a digest")]
    NoDigest(String),
    #[error("the index {0} has no such manifest")]
    ManifestUnknown(String),
    #[error("requested page limit parameter can't be negative")]
    NegativeLimit,
    #[error("requested page offset parameter can't be negative")]
    NegativeOffset,
}

/// What can be asked.
#[Object(rename_fields = "PascalCase")]
#[expect(clippy::unused_async, reason = "a resolver has to be async, whether it waits or not")]
impl Query {
    /// The vulnerabilities of an image. Search for vulnerabilities is not there yet: an error.
    #[graphql(name = "CVEListForImage")]
    async fn cve_list_for_image(
        &self,
        #[graphql(desc = "repo:tag")] image: String,
        requested_page: Option<PageInput>,
        #[graphql(name = "searchedCVE")] searched_cve: Option<String>,
        #[graphql(name = "excludedCVE")] excluded_cve: Option<String>,
        severity: Option<String>,
    ) -> Result<CveResultForImage> {
        let _ = (image, requested_page, searched_cve, excluded_cve, severity);
        Err(Disabled.into())
    }

    /// The vulnerabilities that one image has and another does not. Search for vulnerabilities is not there yet: an error.
    #[graphql(name = "CVEDiffListForImages")]
    async fn cve_diff_list_for_images(
        &self,
        minuend: ImageInput,
        subtrahend: ImageInput,
        requested_page: Option<PageInput>,
        #[graphql(name = "searchedCVE")] searched_cve: Option<String>,
        #[graphql(name = "excludedCVE")] excluded_cve: Option<String>,
    ) -> Result<CveDiffResult> {
        let _ = (minuend, subtrahend, requested_page, searched_cve, excluded_cve);
        Err(Disabled.into())
    }

    /// The images that have a vulnerability. Search for vulnerabilities is not there yet: an error.
    #[graphql(name = "ImageListForCVE")]
    async fn image_list_for_cve(
        &self,
        id: String,
        filter: Option<FilterInput>,
        requested_page: Option<PageInput>,
    ) -> Result<PaginatedImagesResult> {
        let _ = (id, filter, requested_page);
        Err(Disabled.into())
    }

    /// The images of a repository that no longer have a vulnerability. Search for vulnerabilities is not there yet: an
    /// error.
    #[graphql(name = "ImageListWithCVEFixed")]
    async fn image_list_with_cve_fixed(
        &self,
        id: String,
        image: String,
        filter: Option<FilterInput>,
        requested_page: Option<PageInput>,
    ) -> Result<PaginatedImagesResult> {
        let _ = (id, image, filter, requested_page);
        Err(Disabled.into())
    }

    /// The images that are, or have, something with this digest, or with a digest that has this in it.
    async fn image_list_for_digest(
        &self,
        context: &Context<'_>,
        id: String,
        requested_page: Option<PageInput>,
    ) -> Result<PaginatedImagesResult> {
        let page = PageInput::page(requested_page)?;
        let context = context.data_unchecked::<QueryContext>();
        let images = select_images(context, |_| true, |image| has_digest(image, &id)).await?;
        list(
            context,
            images,
            page,
            PageInput::order(requested_page, SortCriteria::Relevance),
        )
    }

    /// The repositories, each with the image that was made last.
    async fn repo_list_with_newest_image(
        &self,
        context: &Context<'_>,
        requested_page: Option<PageInput>,
    ) -> Result<PaginatedReposResult> {
        let page = PageInput::page(requested_page)?;
        let context = context.data_unchecked::<QueryContext>();
        let repositories = context
            .select(|repository| Some(RepoSummary::new(repository, 0)))
            .await?;
        let order = PageInput::order(requested_page, SortCriteria::Relevance);
        let repositories = sort_repositories(repositories, order, context.catalogue().statistics())?;
        Ok(PaginatedReposResult::new(context, page.of(repositories))?)
    }

    /// The images of a repository, or all images if its name is empty.
    async fn image_list(
        &self,
        context: &Context<'_>,
        repo: String,
        requested_page: Option<PageInput>,
    ) -> Result<PaginatedImagesResult> {
        let page = PageInput::page(requested_page)?;
        let context = context.data_unchecked::<QueryContext>();
        let wanted = |repository: &RepositorySnapshot| repo.is_empty() || repository.name.as_str() == repo;
        let images = select_images(context, wanted, |_| true).await?;
        list(
            context,
            images,
            page,
            PageInput::order(requested_page, SortCriteria::Relevance),
        )
    }

    /// All that is known of a repository.
    async fn expanded_repo_info(&self, context: &Context<'_>, repo: String) -> Result<RepoInfo> {
        let context = context.data_unchecked::<QueryContext>();
        let repository = match context.repository(&repo).await? {
            Named::Found(repository) => repository,
            Named::Hidden => return Ok(RepoInfo::default()),
            Named::Unknown => return Err(QueryError::RepositoryUnknown.into()),
        };
        let images = repository.images().collect();
        let images = sort_images(images, SortCriteria::UpdateTime, context.catalogue().statistics())?;
        context.charge(images.len())?;
        Ok(RepoInfo {
            images: Some(images.into_iter().map(|image| Some(image.into())).collect()),
            summary: Some(RepoSummary::new(&repository, 0)),
        })
    }

    /// Searches by text: a repository's name or a part of it; `repo:tag`, for tags that begin so; `:tag`, for tags that
    /// have it somewhere, in any repository; or a digest, which begins with `sha256:`.
    async fn global_search(
        &self,
        context: &Context<'_>,
        query: String,
        filter: Option<FilterInput>,
        requested_page: Option<PageInput>,
    ) -> Result<GlobalSearchResult> {
        let search = TextSearch::parse(&query)?;
        let filter = FilterInput::filter(filter)?;
        let page = PageInput::page(requested_page).map_err(|error| match error {
            PageError::Limit => QueryError::NegativeLimit,
            PageError::Offset | PageError::Order => QueryError::NegativeOffset,
        })?;
        let order = PageInput::order(requested_page, SortCriteria::Relevance);
        let context = context.data_unchecked::<QueryContext>();
        let fits = |image: &Image| {
            let platforms = image.facts().map(|facts| image.repository().platforms_of(facts));
            filter.admits(&platforms.unwrap_or_default(), image.is_signed())
        };
        let images = match search {
            TextSearch::Repositories(text) => {
                let repositories = search_repositories(context, &text, &filter).await?;
                let repositories = sort_repositories(repositories, order, context.catalogue().statistics())?;
                return Ok(GlobalSearchResult::of_repositories(context, page.of(repositories))?);
            }
            TextSearch::Images { repository, tag } => {
                let wanted = |found: &RepositorySnapshot| found.name.as_str() == repository;
                select_images(context, wanted, |image| lower(image).starts_with(&tag) && fits(image)).await?
            }
            TextSearch::Tags(tag) => {
                select_images(context, |_| true, |image| lower(image).contains(&tag) && fits(image)).await?
            }
            TextSearch::Digest(digest) => {
                select_images(context, |_| true, |image| has_digest(image, &digest) && fits(image)).await?
            }
        };
        let images = sort_images(images, order, context.catalogue().statistics())?;
        Ok(GlobalSearchResult::of_images(context, page.of(images))?)
    }

    /// The images that were made from this one: their layers begin with all of its own.
    async fn derived_image_list(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "repo:tag")] image: String,
        #[graphql(desc = "of an index, the manifest that is meant; otherwise each is")] digest: Option<String>,
        requested_page: Option<PageInput>,
    ) -> Result<PaginatedImagesResult> {
        relatives(context, &image, digest.as_deref(), requested_page, is_base_of).await
    }

    /// The images that this one was made from: all of their layers are the first of its own.
    async fn base_image_list(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "repo:tag")] image: String,
        #[graphql(desc = "of an index, the manifest that is meant; otherwise each is")] digest: Option<String>,
        requested_page: Option<PageInput>,
    ) -> Result<PaginatedImagesResult> {
        let is_made_from = |own: &ManifestFacts, other: &ManifestFacts| is_base_of(other, own);
        relatives(context, &image, digest.as_deref(), requested_page, is_made_from).await
    }

    /// One image.
    async fn image(&self, context: &Context<'_>, #[graphql(desc = "repo:tag")] image: String) -> Result<ImageSummary> {
        let context = context.data_unchecked::<QueryContext>();
        let found = match named(context, &image).await? {
            Some((repository, tag)) => repository.and_then(|repository| repository.image(tag)),
            None => return Ok(ImageSummary::hidden()),
        };
        Ok(found.ok_or_else(|| QueryError::ImageUnknown(image.clone()))?.into())
    }

    /// The manifests of a repository that refer to a manifest, which need not be there.
    async fn referrers(
        &self,
        context: &Context<'_>,
        repo: String,
        digest: String,
        #[graphql(name = "type", desc = "of these types alone, unless there are none")] types: Option<Vec<String>>,
    ) -> Result<Vec<Option<Referrer>>> {
        let subject: Digest = digest.parse().map_err(|_| QueryError::NoDigest(digest))?;
        let context = context.data_unchecked::<QueryContext>();
        let Named::Found(repository) = context.repository(&repo).await? else {
            return Ok(Vec::new());
        };
        let types = types.unwrap_or_default();
        let wanted = |facts: &ManifestFacts| {
            let own = facts.artifact_type.as_deref().unwrap_or_default();
            types.is_empty() || types.iter().any(|wanted| wanted == own)
        };
        referrers(context, &repository, &subject, wanted)
    }

    /// The repositories that the caller has starred. Nobody can, yet: there are none.
    async fn starred_repos(
        &self,
        context: &Context<'_>,
        requested_page: Option<PageInput>,
    ) -> Result<PaginatedReposResult> {
        none(context, requested_page)
    }

    /// The repositories that the caller has bookmarked. Nobody can, yet: there are none.
    async fn bookmarked_repos(
        &self,
        context: &Context<'_>,
        requested_page: Option<PageInput>,
    ) -> Result<PaginatedReposResult> {
        none(context, requested_page)
    }
}

fn none(context: &Context<'_>, requested_page: Option<PageInput>) -> Result<PaginatedReposResult> {
    let page = PageInput::page(requested_page)?;
    let context = context.data_unchecked::<QueryContext>();
    let order = PageInput::order(requested_page, SortCriteria::Relevance);
    let nothing = sort_repositories(Vec::new(), order, context.catalogue().statistics())?;
    Ok(PaginatedReposResult::new(context, page.of(nothing))?)
}

/// The images that are wanted, of the repositories that are wanted and that the caller may read.
async fn select_images(
    context: &QueryContext,
    repository: impl Fn(&RepositorySnapshot) -> bool,
    image: impl Fn(&Image) -> bool,
) -> Result<Vec<Image>> {
    let select = |found: &Arc<RepositorySnapshot>| {
        repository(found)
            .then(|| found.images().filter(|found| image(found)).collect::<Vec<_>>())
            .filter(|images| !images.is_empty())
    };
    Ok(context.select(select).await?.into_iter().flatten().collect())
}

fn list(context: &QueryContext, images: Vec<Image>, page: Page, order: SortCriteria) -> Result<PaginatedImagesResult> {
    let images = sort_images(images, order, context.catalogue().statistics())?;
    Ok(PaginatedImagesResult::new(context, page.of(images))?)
}

async fn search_repositories(context: &QueryContext, text: &str, filter: &Filter) -> Result<Vec<RepoSummary>> {
    let select = |repository: &Arc<RepositorySnapshot>| {
        let rank = rank(text, repository.name.as_str())?;
        let signed = || repository.images().any(|image| image.is_signed());
        let admitted = filter.admits(&repository.platforms, filter.signed.is_some() && signed());
        admitted.then(|| RepoSummary::new(repository, rank))
    };
    Ok(context.select(select).await?)
}

fn lower(image: &Image) -> String {
    image.tag().as_str().to_ascii_lowercase()
}

/// Whether a digest of the image, of its manifests, configs or layers has `text` in it.
fn has_digest(image: &Image, text: &str) -> bool {
    let has = |digest: &Digest| digest.to_string().contains(text);
    has(image.digest())
        || image.manifests().any(|facts| {
            has(&facts.digest)
                || facts.image().is_some_and(|image| {
                    has(&image.config.digest) || image.layers.iter().any(|layer| has(&layer.digest))
                })
        })
}

/// The repository and the tag that `repo:tag` names. `None`: what they are is not for the caller to know.
async fn named<'a>(
    context: &QueryContext,
    image: &'a str,
) -> Result<Option<(Option<Arc<RepositorySnapshot>>, &'a str)>> {
    let parts = image.split_once(':').filter(|(repository, tag)| {
        let plain = !tag.is_empty() && !tag.contains(':');
        plain && !repository.is_empty() && !repository.contains('@')
    });
    let (repository, tag) = parts.ok_or(QueryError::NoReference)?;
    Ok(match context.repository(repository).await? {
        Named::Found(repository) => Some((Some(repository), tag)),
        Named::Unknown => Some((None, tag)),
        Named::Hidden => None,
    })
}

/// The images of which a manifest is related to one of `image`'s.
async fn relatives(
    context: &Context<'_>,
    image: &str,
    digest: Option<&str>,
    requested_page: Option<PageInput>,
    related: impl Fn(&ManifestFacts, &ManifestFacts) -> bool,
) -> Result<PaginatedImagesResult> {
    let page = PageInput::page(requested_page)?;
    let context = context.data_unchecked::<QueryContext>();
    let Some((repository, tag)) = named(context, image).await? else {
        return Ok(PaginatedImagesResult::default());
    };
    let repository = repository.ok_or(QueryError::RepositoryUnknown)?;
    let own = repository
        .image(tag)
        .ok_or_else(|| QueryError::ImageUnknown(image.to_owned()))?;
    let meant = |facts: &&Arc<ManifestFacts>| digest.is_none_or(|digest| facts.digest.to_string() == digest);
    let manifests: Vec<_> = own.manifests().filter(meant).collect();
    if let (Some(digest), []) = (digest, manifests.as_slice()) {
        return Err(QueryError::ManifestUnknown(digest.to_owned()).into());
    }
    let is_relative = |other: &Image| {
        other
            .manifests()
            .any(|other| manifests.iter().any(|own| related(own, other)))
    };
    let images = select_images(context, |_| true, is_relative).await?;
    list(
        context,
        images,
        page,
        PageInput::order(requested_page, SortCriteria::UpdateTime),
    )
}
