//! From the tree of a file to the model. Each function reads one concept, notes everything that is wrong with it and goes
//! on; `None` means that a problem was noted. What is read while there are problems is never used, so an optional part
//! that is wrong may be taken for one that is not there.

mod about;
mod accounts;
mod address;
mod amount;
mod behaviour;
mod clients;
mod content;
mod differs;
mod disk;
mod expect;
mod fields;
mod file;
mod flow;
mod matcher;
mod peer;
mod race;
mod request;
mod server;
mod start_order;
mod step;
mod template;
mod topology;
mod value;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use minijinja::Environment;

use super::{
    Span, Vocabulary,
    diagnostic::{Code, Problem, first_line},
};

pub(super) use file::scenario;

/// What is known while a file is read from top to bottom.
struct Decoder<'a> {
    source: Arc<str>,
    vocabulary: &'a Vocabulary<'a>,
    templates: &'a Environment<'static>,
    /// The statements that the file says it checks.
    statements: Vec<String>,
    /// The variables that are defined here, without those of the language.
    variables: BTreeSet<String>,
    /// The servers that the scenario names, and what each is; empty if there is `registry` alone.
    servers: BTreeMap<String, topology::Sort>,
    /// Those among them that have a file system of their own.
    disks: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Decoder<'_> {
    /// Notes a problem, and says so to the caller's caller.
    fn problem<T>(
        &mut self,
        code: Code,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.problems.push(Problem {
            code,
            message: message.into(),
            span: Some(first_line(&self.source, span.clone())),
            help: help.into(),
        });
        None
    }
}
