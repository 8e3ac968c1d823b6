//! The orders of lists.

use std::cmp::Reverse;

use super::{input::SortCriteria, repository::RepoSummary};
use crate::{index::Image, search::PageError, statistics::Statistics};

/// Puts images into an order. By relevance they are in that of their names, which is also that of equals.
pub(super) fn sort_images(
    mut images: Vec<Image>,
    order: SortCriteria,
    statistics: &Statistics,
) -> Result<Vec<Image>, PageError> {
    let by_name = |left: &Image, right: &Image| (left.name(), left.tag()).cmp(&(right.name(), right.tag()));
    images.sort_by(by_name);
    match order {
        SortCriteria::Relevance | SortCriteria::AlphabeticAscending => {}
        SortCriteria::AlphabeticDescending => images.reverse(),
        // What does not say when it was made comes last, as nothing is less than something.
        SortCriteria::UpdateTime => images.sort_by_key(|image| Reverse(image.created())),
        SortCriteria::Downloads => {
            let downloads = statistics.downloads(images.iter().map(|image| (image.name(), image.digest())));
            images = by_count(images, downloads);
        }
        SortCriteria::Severity | SortCriteria::Stars => return Err(PageError::Order),
    }
    Ok(images)
}

/// Puts repositories into an order. Equals are in that of their names.
pub(super) fn sort_repositories(
    mut repositories: Vec<RepoSummary>,
    order: SortCriteria,
    statistics: &Statistics,
) -> Result<Vec<RepoSummary>, PageError> {
    repositories.sort_by(|left, right| left.repository.name.cmp(&right.repository.name));
    match order {
        SortCriteria::Relevance => repositories.sort_by_key(|repository| repository.rank),
        SortCriteria::AlphabeticAscending => {}
        SortCriteria::AlphabeticDescending => repositories.reverse(),
        SortCriteria::UpdateTime => repositories.sort_by_key(|repository| {
            let newest = repository.repository.newest();
            Reverse(newest.and_then(|image| image.created()))
        }),
        SortCriteria::Downloads => {
            let downloads = repositories
                .iter()
                .map(|repository| repository.downloads(statistics))
                .collect();
            repositories = by_count(repositories, downloads);
        }
        SortCriteria::Severity | SortCriteria::Stars => return Err(PageError::Order),
    }
    Ok(repositories)
}

fn by_count<T>(items: Vec<T>, counts: Vec<u64>) -> Vec<T> {
    let mut pairs: Vec<_> = counts.into_iter().zip(items).collect();
    pairs.sort_by_key(|(count, _)| Reverse(*count));
    pairs.into_iter().map(|(_, item)| item).collect()
}
