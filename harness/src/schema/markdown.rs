//! A language as a page: every key, with what it takes and an example.

use std::fmt::Write;

use super::shape::{Map, Shape};

/// A page of reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// Where it comes from, and with which command.
    pub(crate) generated: &'static str,
    /// Its heading.
    pub(crate) title: &'static str,
    /// What stands before the first map.
    pub(crate) introduction: &'static str,
    /// What the examples are written in: `yaml` or `toml`.
    pub(crate) language: &'static str,
}

/// The page of `root` and everything that can stand in it.
pub(crate) fn reference(page: Page, root: &'static Map) -> String {
    let Page {
        generated,
        title,
        introduction,
        language,
    } = page;
    let mut text = format!("<!-- {generated} -->\n\n# {title}\n\n{introduction}\n");
    for map in Shape::Map(root).maps() {
        section(&mut text, map, language);
    }
    named(&mut text, root);
    text
}

fn section(text: &mut String, map: &'static Map, language: &str) {
    let _ = write!(
        text,
        "\n## {}\n\n{}\n\n| key | takes | |\n|---|---|---|\n",
        map.name, map.text
    );
    for key in map.keys {
        let _ = writeln!(
            text,
            "| `{}`{} | {} | {} |",
            key.name,
            if key.needed { ", needed" } else { "" },
            cell(&takes(&key.shape)),
            cell(key.text)
        );
    }
    for example in map.examples {
        let _ = write!(text, "\n```{language}\n{}\n```\n", example.trim());
    }
}

/// What stands in several places, and is no map.
fn named(text: &mut String, root: &'static Map) {
    let mut found: Vec<(&'static str, &'static str, String)> = Vec::new();
    let mut waiting = vec![Shape::Map(root)];
    let mut maps: Vec<&'static str> = Vec::new();
    while let Some(shape) = waiting.pop() {
        match shape {
            Shape::Map(map) if maps.contains(&map.name) => continue,
            Shape::Map(map) => maps.push(map.name),
            Shape::Named(named) if found.iter().any(|(name, ..)| *name == named.name) => continue,
            Shape::Named(named) => found.push((named.name, named.text, takes(&named.shape))),
            _ => {}
        }
        waiting.extend(shape.parts().into_iter().copied());
    }
    found.sort_unstable();
    for (name, what, takes) in found {
        let _ = write!(text, "\n## {name}\n\n{what}\n\nIt takes {takes}.\n");
    }
}

/// What a value may be, in words, with links to what is described elsewhere on the page.
fn takes(shape: &Shape) -> String {
    let list = |shapes: &[Shape]| {
        let words: Vec<String> = shapes.iter().map(takes).collect();
        match words.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
            words => words.concat(),
        }
    };
    let link = |name: &str| format!("[{name}](#{})", name.to_lowercase().replace(' ', "-"));
    match *shape {
        Shape::Text | Shape::String => "a text".to_owned(),
        Shape::Written(written) if written.template => format!("{} or a template", written.what),
        Shape::Written(written) => written.what.to_owned(),
        Shape::Words(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            words.join(", ")
        }
        Shape::Whole(least, u64::MAX) => format!("a number from {least}"),
        Shape::Whole(least, most) => format!("a number from {least} to {most}"),
        Shape::Positive(most) => format!("a number above 0, up to {most}"),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::True => "`true`".to_owned(),
        Shape::Date => "a day, such as 2027-03-01".to_owned(),
        Shape::Null => "`null`".to_owned(),
        Shape::Any => "any value".to_owned(),
        Shape::NoMap => "a text, a number or a list".to_owned(),
        Shape::AnyMap => "a map".to_owned(),
        Shape::MapWithout(map) => format!("any map that is no {}", link(map.name)),
        Shape::Map(map) => link(map.name),
        Shape::MapOf(inner) => format!("a map, each value {}", takes(inner)),
        Shape::List(inner) | Shape::Items(inner) => format!("a list, each item {}", takes(inner)),
        Shape::Choice(inner) => format!("a list of two at least, each {}", takes(inner)),
        Shape::OneOf(shapes) => list(shapes),
        Shape::Named(named) => link(named.name),
    }
}

/// As a cell of a table has it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
