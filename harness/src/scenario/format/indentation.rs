//! Lines: two spaces for each list and map in another, no space at an end, at most one blank line.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tree::{Kind, Node};
use super::is_flow;

/// The file with its lines in order.
pub(super) fn indented(source: &str, root: &Node) -> String {
    let mut places = Places {
        source,
        keys: BTreeMap::new(),
        within: BTreeSet::new(),
    };
    places.add(root);
    let mut writer = Writer {
        places,
        text: String::with_capacity(source.len()),
        levels: Vec::new(),
        comments: Vec::new(),
        blank: false,
        block: None,
    };
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let text = line.strip_suffix('\n').unwrap_or(line);
        writer.line(at, text.strip_suffix('\r').unwrap_or(text));
        at += line.len();
    }
    writer.end()
}

/// What begins where in the file, as bytes of it.
struct Places<'a> {
    source: &'a str,
    /// Keys of maps that are not in braces, and how long each is.
    keys: BTreeMap<usize, usize>,
    /// Lines within what goes over several: a text, or what is in braces or brackets.
    within: BTreeSet<usize>,
}

impl Places<'_> {
    fn add(&mut self, node: &Node) {
        let text = self.source[node.span.clone()].trim_end();
        match &node.kind {
            Kind::Map(entries) if !is_flow(self.source, node) => {
                for entry in entries {
                    self.keys.insert(entry.key_span.start, entry.key_span.len());
                    self.add(&entry.value);
                }
            }
            Kind::List(items) if !is_flow(self.source, node) => items.iter().for_each(|item| self.add(item)),
            _ => {
                let lines = text.match_indices('\n').map(|(at, _)| node.span.start + at + 1);
                self.within.extend(lines);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    List,
    Map,
}

/// A list or map that the line is in: where its lines begin, and where they are to begin.
#[derive(Clone, Copy)]
struct Level {
    sort: Sort,
    was: usize,
    is: usize,
}

/// A comment that waits for the line that it is about.
struct Comment<'a> {
    blank: bool,
    was: usize,
    text: &'a str,
}

/// A block whose lines are being written.
#[derive(Clone, Copy)]
struct Block {
    /// Its lines begin further right than this.
    parent: usize,
    /// Whether the blank lines at its end belong to it.
    keeps: bool,
}

struct Writer<'a> {
    places: Places<'a>,
    text: String,
    levels: Vec<Level>,
    comments: Vec<Comment<'a>>,
    blank: bool,
    block: Option<Block>,
}

impl<'a> Writer<'a> {
    fn line(&mut self, at: usize, line: &'a str) {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let rest = &line[indent..];
        if let Some(block) = self.block {
            if line.is_empty() && block.keeps {
                return self.text.push('\n');
            }
            if line.is_empty() {
                return self.blanks_of_block(at);
            }
            if rest.is_empty() || indent > block.parent {
                return self.shifted(line);
            }
            self.block = None;
        }
        if self.places.within.contains(&at) {
            self.shifted(line.trim_end());
        } else if rest.trim().is_empty() {
            self.blank = true;
        } else if rest.starts_with('#') {
            let blank = std::mem::take(&mut self.blank);
            self.comments.push(Comment {
                blank,
                was: indent,
                text: rest.trim_end(),
            });
        } else {
            self.structure(at, indent, rest.trim_end());
        }
    }

    /// A blank line in a block is the block's if a line of it follows.
    fn blanks_of_block(&mut self, at: usize) {
        let parent = self.block.map_or(0, |block| block.parent);
        let next = self.places.source[at..].lines().find(|line| !line.is_empty());
        let follows = next.is_some_and(|line| line.trim_start_matches(' ').len() + parent < line.len());
        if follows {
            self.text.push('\n');
        } else {
            self.blank = true;
        }
    }

    /// A line as far from the map or list that it belongs to as it was.
    fn shifted(&mut self, line: &str) {
        let (was, is) = self.levels.last().map_or((0, 0), |level| (level.was, level.is));
        let rest = line.trim_start_matches(' ');
        if !line.is_empty() {
            self.spaces((line.len() - rest.len() + is).saturating_sub(was));
        }
        self.text.push_str(rest);
        self.text.push('\n');
    }

    /// A line with the dashes and keys that it begins with.
    fn structure(&mut self, start: usize, indent: usize, mut rest: &str) {
        let before = self.levels.clone();
        let mut column = indent;
        let mut begun = false;
        let mut written = String::new();
        let mut first = None;
        while let Some(behind) = rest
            .strip_prefix('-')
            .filter(|behind| behind.is_empty() || behind.starts_with([' ', '\t']))
        {
            let is = self.enter(Sort::List, column);
            first.get_or_insert(is);
            let behind_spaces = behind.trim_start_matches([' ', '\t']);
            column += rest.len() - behind_spaces.len();
            rest = behind_spaces;
            written.push('-');
            if !rest.is_empty() {
                written.push(' ');
            }
            begun = true;
        }
        let mut value = rest;
        if let Some(length) = self.places.keys.get(&(start + column)).copied() {
            let is = self.enter(Sort::Map, column);
            first.get_or_insert(is);
            begun = true;
            value = rest
                .get(length..)
                .unwrap_or_default()
                .trim_start_matches([' ', '\t', ':']);
        }
        let first = first.unwrap_or_else(|| {
            let (was, is) = self.levels.last().map_or((0, 0), |level| (level.was, level.is));
            (indent + is).saturating_sub(was)
        });
        self.comments(&before, if begun { Some((indent, first)) } else { None });
        self.blank();
        self.spaces(first);
        self.text.push_str(&written);
        self.text.push_str(rest);
        self.text.push('\n');
        // No other value begins with one of these.
        if value.starts_with(['|', '>']) {
            let header = value.split('#').next().unwrap_or_default();
            self.block = Some(Block {
                parent: self.levels.last().map_or(0, |level| level.was),
                keeps: header.contains('+'),
            });
        }
    }

    /// Goes to the list or map whose lines begin at this column, and says where they are to begin.
    fn enter(&mut self, sort: Sort, was: usize) -> usize {
        // The dashes of a list may stand right below its key.
        while self
            .levels
            .pop_if(|level| level.was > was || (level.was == was && level.sort == Sort::List && sort == Sort::Map))
            .is_some()
        {}
        match self.levels.last() {
            Some(level) if level.was == was && level.sort == sort => level.is,
            last => {
                let is = last.map_or(0, |level| level.is + 2);
                self.levels.push(Level { sort, was, is });
                is
            }
        }
    }

    /// Writes the comments above a line that was and is at some column: one that stands further right belongs to what is before.
    fn comments(&mut self, before: &[Level], line: Option<(usize, usize)>) {
        let (was, is) = line.unwrap_or((0, 0));
        let blank = std::mem::take(&mut self.blank);
        for comment in std::mem::take(&mut self.comments) {
            let previous = before.iter().rev().find(|level| level.was <= comment.was);
            let column = match previous {
                Some(level) if comment.was > was => level.is.max(is),
                _ => is,
            };
            self.blank = comment.blank;
            self.blank();
            self.spaces(column);
            self.text.push_str(comment.text);
            self.text.push('\n');
        }
        self.blank = blank;
    }

    fn blank(&mut self) {
        if std::mem::take(&mut self.blank) && !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn spaces(&mut self, count: usize) {
        self.text.extend(std::iter::repeat_n(' ', count));
    }

    fn end(mut self) -> String {
        let before = self.levels.clone();
        self.comments(&before, None);
        self.text
    }
}
