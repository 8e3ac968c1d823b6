//! What a query selects and in which order: pure, over names and numbers.

mod filter;
mod layers;
mod page;
mod rank;
mod text;

pub(crate) use filter::Filter;
pub(crate) use layers::is_base_of;
pub(crate) use page::{Page, PageError, Paged};
pub(crate) use rank::rank;
pub(crate) use text::{TextError, TextSearch, checked_length};
