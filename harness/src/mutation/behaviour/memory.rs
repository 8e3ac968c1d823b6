//! What a lie has to remember, within one run.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Value, value::Serde};

use crate::mutation::saboteur::Answer;

/// What a lie has to remember, within one run.
#[derive(Debug, Default)]
pub(super) struct Memory {
    noted: BTreeMap<String, Vec<String>>,
    kept: BTreeMap<String, Vec<u8>>,
    repositories: BTreeSet<String>,
    rules: BTreeMap<usize, Rule>,
}

#[derive(Debug, Default)]
struct Rule {
    seen: usize,
    first: Option<Answer>,
}

impl Memory {
    /// Adds to a list; what is there already is not added again.
    pub(super) fn note(&mut self, list: &str, value: String) {
        let list = self.noted.entry(list.to_owned()).or_default();
        if !list.contains(&value) {
            list.push(value);
        }
    }

    /// The lists.
    pub(super) fn noted(&self) -> Value {
        Value::from(Serde(&self.noted))
    }

    /// Appends to what is kept under `key`.
    pub(super) fn keep(&mut self, key: String, bytes: &[u8]) {
        self.kept.entry(key).or_default().extend_from_slice(bytes);
    }

    /// What is kept under `key`.
    pub(super) fn kept(&self, key: &str) -> Option<&[u8]> {
        self.kept.get(key).map(Vec::as_slice)
    }

    /// Everything that is kept, with its digest and its size.
    pub(super) fn kept_all(&self) -> Value {
        let entry = |(key, bytes): (&String, &Vec<u8>)| {
            let facts = [
                ("digest", Value::from(super::template::digest(bytes))),
                ("size", Value::from(bytes.len())),
            ];
            (key.clone(), Value::from_pairs(facts))
        };
        Value::from_pairs(self.kept.iter().map(entry))
    }

    /// A repository that a request was about.
    pub(super) fn saw_repository(&mut self, name: &str) {
        if !name.is_empty() && !self.repositories.contains(name) {
            self.repositories.insert(name.to_owned());
        }
    }

    /// Every repository that a request was about.
    pub(super) fn repositories(&self) -> Vec<String> {
        self.repositories.iter().cloned().collect()
    }

    /// Counts an exchange of a rule: which one it is, from 1.
    pub(super) fn count(&mut self, rule: usize) -> usize {
        let rule = self.rules.entry(rule).or_default();
        rule.seen += 1;
        rule.seen
    }

    /// The first answer of a rule, which is this one if there was none.
    pub(super) fn first(&mut self, rule: usize, answer: &Answer) -> Answer {
        let first = &mut self.rules.entry(rule).or_default().first;
        first.get_or_insert_with(|| answer.clone()).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_appended_and_lists_have_each_entry_once() {
        let mut memory = Memory::default();
        memory.keep("a".to_owned(), b"ab");
        memory.keep("a".to_owned(), b"c");
        assert_eq!(memory.kept("a"), Some(&b"abc"[..]));
        memory.note("gone", "x".to_owned());
        memory.note("gone", "x".to_owned());
        assert_eq!(memory.noted().to_string(), "{'gone': ['x']}");
        assert_eq!((memory.count(0), memory.count(0), memory.count(1)), (1, 2, 1));
    }
}
