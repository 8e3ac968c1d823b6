//! What of a twin matters to its other half.

use std::ops::Range;

/// A file is none of its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
}

/// A public function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Its visibility, parameter types and result, written in one way: equal where callers cannot tell the difference.
    pub(crate) signature: String,
    /// Its signature in the file.
    pub(crate) span: Range<usize>,
}

/// A public item that is no function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) span: Range<usize>,
}

/// What of a twin matters to its other half.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) functions: Vec<Function>,
    pub(crate) items: Vec<Item>,
    /// Where it warns.
    pub(crate) warnings: Vec<Range<usize>>,
    /// What it does beside warning and returning something empty.
    pub(crate) works: Vec<Range<usize>>,
}

impl Outline {
    pub(crate) fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }
}
