//! The tutorial, executed.

use std::fs;

use libtest_mimic::{Failed, Trial};
use plimsoll_blackbox::{build, checkout::Checkout};

use super::HARNESS;

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("tutorial::it_does_what_it_says", tutorial)]
}

fn tutorial() -> Result<(), Failed> {
    let text = fs::read_to_string(build::project().root.join("docs/tutorial.md"))?;
    let checkout = Checkout::new(HARNESS)?;
    let before = checkout.files()?;
    let (mut commands, mut files) = (0, 0);
    for (info, body) in blocks(&text) {
        if let Some((_, file)) = info.split_once(",file=") {
            let path = checkout.path(file);
            assert!(path.is_file(), "the tutorial changes {file}, which is not there");
            fs::write(path, body)?;
            files += 1;
            continue;
        }
        assert_eq!(info, "console", "the tutorial has a block that nothing executes");
        for part in body.split("$ ").filter(|part| !part.is_empty()) {
            let (command, expected) = part.split_once('\n').ok_or("a command is a line")?;
            let mut words = command.split(' ');
            assert_eq!(words.next(), Some("plimsoll"), "{command}");
            let said = checkout.plimsoll(words)?;
            let (expected, lines): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), said.output.lines().collect());
            assert!(
                fits(&expected, &lines),
                "`{command}` prints\n{}{}",
                said.output,
                said.errors
            );
            commands += 1;
        }
    }
    assert!(commands >= 8 && files >= 3, "{commands} commands and {files} files");
    assert!(before == checkout.files()?, "the tutorial leaves something behind");
    Ok(())
}

/// A fenced block: what stands behind the fence, and what is in it.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// Whether `printed` is what `expected` says. In it `...` stands for any lines, and for anything within a line.
fn fits(expected: &[&str], printed: &[&str]) -> bool {
    match expected {
        [] => printed.is_empty(),
        ["...", rest @ ..] => (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..])),
        [first, rest @ ..] => {
            printed.first().is_some_and(|line| line_fits(first, line.trim_end())) && fits(rest, &printed[1..])
        }
    }
}

fn line_fits(expected: &str, printed: &str) -> bool {
    match expected.split_once("...") {
        None => expected == printed,
        Some((start, rest)) => printed.strip_prefix(start).is_some_and(|printed| {
            let ends = printed.char_indices().map(|(at, _)| at).chain([printed.len()]);
            ends.into_iter().any(|at| line_fits(rest, &printed[at..]))
        }),
    }
}
