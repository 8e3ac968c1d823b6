//! What a value has to be.

use super::{Template, Value};

/// What a value has to be.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// Equal.
    Equals(Value),
    /// `/regex/` or `matches`.
    Matches(regex::Regex),
    /// `present`.
    Present,
    /// `absent`.
    Absent,
    /// `not`.
    Not(Box<Matcher>),
    /// `contains`.
    Contains(Value),
    /// `length`.
    Length(Box<Matcher>),
    /// `at_least`.
    AtLeast(Template),
    /// `at_most`.
    AtMost(Template),
    /// `sorted: true`.
    Sorted,
    /// `unique: true`.
    Unique,
    /// `each`.
    Each(Box<Matcher>),
    /// `one_of`.
    OneOf(Vec<Matcher>),
    /// `content`: bytes equal to this content.
    Content(Template),
    /// `digest_of`: the digest of this content.
    DigestOf(Template),
    /// Several that have to hold together.
    All(Vec<Matcher>),
}
