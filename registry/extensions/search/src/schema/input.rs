//! What a query is given.

use async_graphql::{Enum, InputObject};

use crate::search::{Filter, Page, PageError, TextError, checked_length};

/// The order of a list. Not every list has every order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum SortCriteria {
    /// What fits best comes first.
    #[graphql(name = "RELEVANCE")]
    Relevance,
    /// What was made last comes first.
    #[graphql(name = "UPDATE_TIME")]
    UpdateTime,
    /// By name.
    #[graphql(name = "ALPHABETIC_ASC")]
    AlphabeticAscending,
    /// By name, from the end.
    #[graphql(name = "ALPHABETIC_DSC")]
    AlphabeticDescending,
    /// What is worst comes first. No list has this order yet.
    #[graphql(name = "SEVERITY")]
    Severity,
    /// What has the most stars comes first. No list has this order yet.
    #[graphql(name = "STARS")]
    Stars,
    /// What was pulled most often comes first.
    #[graphql(name = "DOWNLOADS")]
    Downloads,
}

/// Which part of a list is wanted, and in which order.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub(crate) struct PageInput {
    /// At most so many. Zero, which is the default: all.
    limit: Option<i32>,
    /// So many are left out before.
    offset: Option<i32>,
    /// The order.
    sort_by: Option<SortCriteria>,
}

impl PageInput {
    /// The part.
    pub(crate) fn page(requested: Option<Self>) -> Result<Page, PageError> {
        let requested = requested.unwrap_or_default();
        Page::new(requested.limit, requested.offset)
    }

    /// The order, unless the query leaves it to us.
    pub(crate) fn order(requested: Option<Self>, default: SortCriteria) -> SortCriteria {
        requested.and_then(|requested| requested.sort_by).unwrap_or(default)
    }
}

/// What a result has to be like.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "Filter", rename_fields = "PascalCase")]
pub(crate) struct FilterInput {
    /// It runs on one of these operating systems.
    os: Option<Vec<Option<String>>>,
    /// It runs on one of these architectures.
    arch: Option<Vec<Option<String>>>,
    /// It is signed, or it is not.
    has_to_be_signed: Option<bool>,
    /// The caller has bookmarked it, or has not.
    is_bookmarked: Option<bool>,
    /// The caller has starred it, or has not.
    is_starred: Option<bool>,
}

impl FilterInput {
    /// The filter.
    pub(crate) fn filter(requested: Option<Self>) -> Result<Filter, TextError> {
        let requested = requested.unwrap_or_default();
        let texts = |list: Option<Vec<Option<String>>>, what| {
            list.map(|texts| {
                let texts = texts.into_iter().flatten();
                texts.map(|text| checked_length(what, &text).map(|()| text)).collect()
            })
            .transpose()
        };
        Ok(Filter {
            os: texts(requested.os, "an operating system")?,
            arch: texts(requested.arch, "an architecture")?,
            signed: requested.has_to_be_signed,
            bookmarked: requested.is_bookmarked,
            starred: requested.is_starred,
        })
    }
}

/// An image, as a query names it.
#[derive(Clone, Debug, InputObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct ImageInput {
    /// Its repository.
    repo: String,
    /// Its tag.
    tag: String,
    /// Its digest.
    digest: Option<String>,
    /// Of an index, the image that is meant.
    platform: Option<PlatformInput>,
}

/// What an image runs on, as a query names it.
#[derive(Clone, Debug, InputObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct PlatformInput {
    /// The operating system.
    os: Option<String>,
    /// The architecture.
    arch: Option<String>,
}
