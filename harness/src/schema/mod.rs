//! The languages of files, as tables of keys: one table says what a decoder admits, what the JSON Schema for editors has,
//! and what the reference says.

mod json;
mod markdown;
mod shape;

pub(crate) use json::json_schema;
pub(crate) use markdown::{Page, reference};
pub(crate) use shape::{Key, Map, Named, Rule, Shape, Written, key, needed};

#[cfg(test)]
mod tests;
