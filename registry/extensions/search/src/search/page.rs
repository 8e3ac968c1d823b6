//! Parts of a list.

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// So many are left out at the beginning.
    pub(crate) offset: usize,
    /// So many follow at most. `None`: all of them.
    pub(crate) limit: Option<usize>,
}

/// A part of a list, and how long the whole is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paged<T> {
    pub(crate) items: Vec<T>,
    pub(crate) total: usize,
}

/// Why a page is none. The words are zot's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageError {
    /// Less than nothing is wanted.
    #[error("pagination limit has negative value")]
    Limit,
    /// It begins before the list.
    #[error("pagination offset has negative value")]
    Offset,
    /// The list cannot be put into that order.
    #[error("the pagination sort criteria is not supported")]
    Order,
}

impl Page {
    /// Reads what a client wrote. A limit of zero is none.
    pub(crate) fn new(limit: Option<i32>, offset: Option<i32>) -> Result<Self, PageError> {
        let limit = usize::try_from(limit.unwrap_or_default()).map_err(|_| PageError::Limit)?;
        let offset = usize::try_from(offset.unwrap_or_default()).map_err(|_| PageError::Offset)?;
        Ok(Self {
            offset,
            limit: (limit > 0).then_some(limit),
        })
    }

    /// Cuts the part out of a list.
    pub(crate) fn of<T>(self, items: Vec<T>) -> Paged<T> {
        let total = items.len();
        let limit = self.limit.unwrap_or(usize::MAX);
        let items = items.into_iter().skip(self.offset).take(limit).collect();
        Paged { items, total }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_negative_is_refused_and_zero_is_no_limit() {
        assert_eq!(Page::new(Some(-1), None), Err(PageError::Limit));
        assert_eq!(Page::new(None, Some(-1)), Err(PageError::Offset));
        assert_eq!(Page::new(None, None).unwrap().of(vec![1, 2, 3]).items, [1, 2, 3]);
        assert_eq!(Page::new(Some(0), Some(1)).unwrap().of(vec![1, 2, 3]).items, [2, 3]);
        let beyond = Page::new(Some(1), Some(9)).unwrap().of(vec![1, 2, 3]);
        assert_eq!((beyond.items.len(), beyond.total), (0, 3));
    }

    proptest! {
        #[test]
        fn pages_in_a_row_make_the_whole(items: Vec<u8>, limit in 1_i32..5) {
            let mut whole = Vec::new();
            for number in 0..=items.len() {
                let offset = i32::try_from(number).unwrap() * limit;
                let page = Page::new(Some(limit), Some(offset)).unwrap().of(items.clone());
                prop_assert_eq!(page.total, items.len());
                whole.extend(page.items);
            }
            prop_assert_eq!(whole, items);
        }
    }
}
