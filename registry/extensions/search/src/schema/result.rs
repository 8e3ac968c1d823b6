//! Pages of results.

use async_graphql::SimpleObject;

use super::{
    context::{QueryContext, TooLarge},
    image::ImageSummary,
    layer::LayerSummary,
    repository::RepoSummary,
};
use crate::search::Paged;

/// How much a page has, and how much there is.
#[derive(Clone, Copy, Debug, Default, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct PageInfo {
    /// How many results there are on all pages.
    total_count: i32,
    /// How many results there are on this page.
    item_count: i32,
}

/// Images, or a part of them.
#[derive(Default, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct PaginatedImagesResult {
    /// Which part.
    page: Option<PageInfo>,
    /// The images.
    results: Vec<ImageSummary>,
}

/// Repositories, or a part of them.
#[derive(Default, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct PaginatedReposResult {
    /// Which part.
    page: Option<PageInfo>,
    /// The repositories.
    results: Vec<RepoSummary>,
}

/// What a search of everything found: repositories or images, as its text says.
#[derive(SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct GlobalSearchResult {
    /// Which part of it.
    page: Option<PageInfo>,
    /// The images.
    images: Option<Vec<Option<ImageSummary>>>,
    /// The repositories.
    repos: Option<Vec<Option<RepoSummary>>>,
    /// Layers, of which none are ever found.
    layers: Option<Vec<Option<LayerSummary>>>,
}

/// What is known of a repository.
#[derive(Default, SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct RepoInfo {
    /// Its images, the one that was made last first.
    pub(super) images: Option<Vec<Option<ImageSummary>>>,
    /// The repository itself.
    pub(super) summary: Option<RepoSummary>,
}

impl PageInfo {
    fn of<T>(paged: &Paged<T>) -> Self {
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            total_count: count(paged.total),
            item_count: count(paged.items.len()),
        }
    }
}

impl PaginatedImagesResult {
    pub(super) fn new<T: Into<ImageSummary>>(context: &QueryContext, paged: Paged<T>) -> Result<Self, TooLarge> {
        context.charge(paged.items.len())?;
        Ok(Self {
            page: Some(PageInfo::of(&paged)),
            results: paged.items.into_iter().map(Into::into).collect(),
        })
    }
}

impl PaginatedReposResult {
    pub(super) fn new(context: &QueryContext, paged: Paged<RepoSummary>) -> Result<Self, TooLarge> {
        context.charge(paged.items.len())?;
        Ok(Self {
            page: Some(PageInfo::of(&paged)),
            results: paged.items,
        })
    }
}

impl GlobalSearchResult {
    pub(super) fn of_images<T: Into<ImageSummary>>(context: &QueryContext, paged: Paged<T>) -> Result<Self, TooLarge> {
        context.charge(paged.items.len())?;
        let page = Some(PageInfo::of(&paged));
        let images = paged.items.into_iter().map(|image| Some(image.into())).collect();
        Ok(Self {
            page,
            images: Some(images),
            repos: Some(Vec::new()),
            layers: Some(Vec::new()),
        })
    }

    pub(super) fn of_repositories(context: &QueryContext, paged: Paged<RepoSummary>) -> Result<Self, TooLarge> {
        context.charge(paged.items.len())?;
        Ok(Self {
            page: Some(PageInfo::of(&paged)),
            images: Some(Vec::new()),
            repos: Some(paged.items.into_iter().map(Some).collect()),
            layers: Some(Vec::new()),
        })
    }
}
