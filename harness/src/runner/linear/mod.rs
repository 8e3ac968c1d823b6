//! Whether a history could have happened one operation after the other: linearizability, by the search of Wing and Gong
//! with Lowe's memory of what was tried; and the smallest part of a history that could not.

mod history;
mod minimise;
mod search;
mod timeline;

pub(super) use history::{Event, Reads, Value};
pub(super) use minimise::minimised;
pub(super) use search::{Verdict, judge};
pub(super) use timeline::timeline;
