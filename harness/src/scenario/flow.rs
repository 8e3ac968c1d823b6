//! Steps in steps: again and again, and until something holds.

use std::time::Duration;

use super::{Step, Value};

/// Does steps again and again.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// How often, or for what.
    pub over: Value,
    /// `as`.
    pub name: Option<String>,
    /// `do`.
    pub steps: Vec<Step>,
}

/// Waits for something.
#[derive(Clone, Debug)]
pub struct Eventually {
    /// What has to hold.
    pub step: Box<Step>,
    /// `within`.
    pub within: Duration,
    /// `every`.
    pub every: Duration,
    /// `abort_if`.
    pub abort_if: Option<Box<Step>>,
}
