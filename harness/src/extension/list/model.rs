//! A list: entries with their places, and how one is added, taken out or moved.

use std::{ops::Range, path::PathBuf, sync::Arc};

use crate::extension::{Edit, Tree, text::replace_word};

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The extension.
    pub(crate) name: String,
    /// The text that goes with it, in bytes.
    pub(crate) span: Range<usize>,
}

/// A list of extensions.
#[derive(Clone, Debug)]
pub(crate) struct List {
    /// What it is called.
    pub(crate) what: &'static str,
    /// The file.
    pub(crate) path: PathBuf,
    /// The file's text.
    pub(crate) text: Arc<str>,
    /// Its entries, in their order.
    pub(crate) entries: Vec<Entry>,
    /// What stands between two entries where there are not two to look at.
    separator: &'static str,
    /// A number that says how many entries there are, such as the length of an array.
    count: Option<Range<usize>>,
    /// Whether an entry is its name alone, so that another is written like it.
    pub(crate) plain: bool,
}

impl List {
    /// What stands between two entries that are next to each other.
    fn separator(&self) -> &str {
        let pairs = self.entries.windows(2);
        let gaps = pairs.map(|pair| &self.text[pair[0].span.end..pair[1].span.start]);
        gaps.min_by_key(|gap| gap.len()).unwrap_or(self.separator)
    }

    /// The text of an entry.
    pub(crate) fn entry(&self, at: usize) -> &str {
        &self.text[self.entries[at].span.clone()]
    }

    /// Puts `entry` behind the entry `after`.
    pub(crate) fn insert(&self, after: usize, entry: &str) -> Vec<Edit> {
        let at = self.entries[after].span.end;
        let edit = Edit {
            span: at..at,
            text: format!("{}{entry}", self.separator()),
        };
        self.counted(edit, self.entries.len() + 1)
    }

    /// Puts `entry` before all others.
    pub(crate) fn prepend(&self, entry: &str) -> Vec<Edit> {
        let at = self.entries.first().map_or(0, |first| first.span.start);
        let edit = Edit {
            span: at..at,
            text: format!("{entry}{}", self.separator()),
        };
        self.counted(edit, self.entries.len() + 1)
    }

    /// Takes an entry out, with what stood between it and its neighbour.
    pub(crate) fn remove(&self, at: usize) -> Vec<Edit> {
        let span = self.entries[at].span.clone();
        let separator = self.separator();
        // Whatever else may stand between two entries stays.
        let span = if self.text[..span.start].ends_with(separator) && at > 0 {
            span.start - separator.len()..span.end
        } else if self.text[span.end..].starts_with(separator) {
            span.start..span.end + separator.len()
        } else {
            span
        };
        let edit = Edit {
            span,
            text: String::new(),
        };
        self.counted(edit, self.entries.len() - 1)
    }

    /// Puts the entries into the order of `names`.
    pub(crate) fn reorder(&self, names: &[String]) -> Vec<Edit> {
        let place = |name: &str| names.iter().position(|one| one == name).unwrap_or(names.len());
        let mut wanted: Vec<usize> = (0..self.entries.len()).collect();
        wanted.sort_by_key(|&at| place(&self.entries[at].name));
        let moved = self.entries.iter().zip(wanted).filter(|(slot, from)| {
            let from: &Entry = &self.entries[*from];
            from.span != slot.span
        });
        moved
            .map(|(slot, from)| Edit {
                span: slot.span.clone(),
                text: self.entry(from).to_owned(),
            })
            .collect()
    }

    /// The entry `like` with another name in it.
    pub(crate) fn like(&self, like: usize, name: &str) -> String {
        replace_word(self.entry(like), &self.entries[like].name, name)
    }

    /// Where the entry of this name stands.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.name == name)
    }

    fn counted(&self, edit: Edit, count: usize) -> Vec<Edit> {
        let count = self.count.clone().map(|span| Edit {
            span,
            text: count.to_string(),
        });
        count.into_iter().chain([edit]).collect()
    }
}
/// A list that ought to be there, or why it cannot be read.
pub(crate) struct Missing {
    pub(crate) what: &'static str,
    pub(crate) path: PathBuf,
}
/// A file that a list is looked for in.
pub(super) struct Source<'tree> {
    tree: &'tree Tree,
    what: &'static str,
    path: PathBuf,
}

impl<'tree> Source<'tree> {
    pub(super) fn new(tree: &'tree Tree, what: &'static str, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { tree, what, path }
    }

    /// The list that `find` finds in the file's text.
    pub(super) fn list(
        self,
        separator: &'static str,
        plain: bool,
        find: impl FnOnce(&str) -> Option<(Vec<Entry>, Option<Range<usize>>)>,
    ) -> Result<List, Missing> {
        let text = self.tree.text(&self.path);
        let found = text.and_then(|text| find(&text).map(|found| (text, found)));
        let Some((text, (entries, count))) = found else {
            return Err(Missing {
                what: self.what,
                path: self.path,
            });
        };
        Ok(List {
            what: self.what,
            path: self.path,
            text,
            entries,
            separator,
            count,
            plain,
        })
    }
}
