//! That a file is put in order, says the same then, keeps its comments, and stays as it is from then on.

use std::{fs, path::Path};

use proptest::prelude::*;

use super::*;
use crate::scenario::files_below;

fn formatted(source: &str) -> String {
    format(Path::new("any.yaml"), source).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

/// The comments that have a line of their own, whatever their order.
fn comments(source: &str) -> Vec<&str> {
    let lines = source.lines().map(str::trim);
    let mut comments: Vec<_> = lines.filter(|line| line.starts_with('#')).collect();
    comments.sort_unstable();
    comments
}

#[test]
fn a_file_is_put_in_order() {
    let source = "\n\n# About all of it.\nscenario:   sloppy   \n# About the steps.\nsteps:\n- push: {image: plain,to: '{{ repo }}:1' }\n\
                  \x20 # Not yet there.\n\n\n  # And again.\n  expect:\n      status:  [ 201,202 ]\n-   raw: |\n      GET / HTTP/1.1\n\
                  \x20       two further\n\n      last\n\n\nrequires: lint\n# The end.\n\n";
    insta::assert_snapshot!(formatted(source), @r"
    # About all of it.
    scenario: sloppy
    requires: lint
    # The end.

    # About the steps.
    steps:
      - push: { image: plain, to: '{{ repo }}:1' }
        # Not yet there.

        # And again.
        expect:
          status: [201, 202]
      - raw: |
          GET / HTTP/1.1
            two further

          last
    ");
}

#[test]
fn what_goes_over_several_lines_keeps_them() {
    let source = "scenario: x\nsteps:\n-  get: >-\n     /v2/\n     a\n   note: one\n     two\n   headers: {\n     A: b, # why\n     \
                  C: \"d\n\n       e\"\n   }\n";
    insta::assert_snapshot!(formatted(source), @r#"
    scenario: x
    steps:
      - get: >-
          /v2/
          a
        note: one
          two
        headers: {
          A: b, # why
          C: "d

            e"
        }
    "#);
}

#[test]
fn blank_lines_at_the_end_of_a_block_that_keeps_them_stay() {
    let source = "steps:\n  - raw: |+\n      a\n\n\n  - raw: |\n      b\n\n\n    expect: 200\n";
    let expected = "steps:\n  - raw: |+\n      a\n\n\n  - raw: |\n      b\n\n    expect: 200\n";
    assert_eq!(formatted(source), expected);
}

#[test]
fn what_is_no_yaml_is_refused_with_what_is_wrong() {
    let error = format(Path::new("any.yaml"), "a: [b\n").unwrap_err();
    assert_eq!(error.problems[0].code, crate::scenario::Code::Syntax);
}

#[test]
fn every_file_of_the_repository_says_the_same_afterwards() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut seen = 0;
    for folder in ["scenarios", "fixtures"] {
        for path in files_below(&root.join(folder)).unwrap() {
            let Ok(source) = fs::read_to_string(&path) else {
                continue;
            };
            let Some(before) = read(&source) else { continue };
            let once = formatted(&source);
            let after = read(&once).unwrap();
            assert!(same_file(&before, &after), "{}", path.display());
            assert_eq!(comments(&source), comments(&once), "{}", path.display());
            assert_eq!(formatted(&once), once, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 400, "{seen} files");
}

/// A value as somebody may have written it, to be put behind `key:` or a dash.
#[derive(Clone, Debug)]
enum Sloppy {
    Text(&'static str),
    Flow(&'static str),
    Block(&'static str, Vec<&'static str>),
    List(Vec<Sloppy>, usize),
    Map(Vec<Sloppy>, usize),
}

fn sloppy() -> impl Strategy<Value = Sloppy> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "x",
            "'a  # b'",
            "\"{{ c }}: - d\"",
            "1.20",
            "é ☃ - x",
            "",
            "'two\n\n          lines'",
            "plain\n          - more"
        ])
        .prop_map(Sloppy::Text),
        prop::sample::select(vec![
            "{a: 1,b: [ x,y ]}",
            "[]",
            "{  }",
            "[ {c: d }, 'e' ]",
            "{ f: ~,\n          g: h }",
            "[a: b]",
            "{ i }"
        ])
        .prop_map(Sloppy::Flow),
        (
            prop::sample::select(vec!["|", "|+", ">-", "|2", "> # why"]),
            prop::collection::vec(
                prop::sample::select(vec!["a", "", "  b", "# no comment", "- c", "k: v  "]),
                1..4
            ),
        )
            .prop_map(|(header, lines)| Sloppy::Block(header, lines)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let items = prop::collection::vec(inner, 1..4);
        prop_oneof![
            (items.clone(), 0..5_usize).prop_map(|(items, indent)| Sloppy::List(items, indent)),
            (items, 1..5_usize).prop_map(|(items, indent)| Sloppy::Map(items, indent)),
        ]
    })
}

impl Sloppy {
    /// Writes it behind something that stands at `column`.
    fn write(&self, column: usize, noise: &mut dyn FnMut() -> &'static str, out: &mut String) {
        match self {
            Self::Text(text) | Self::Flow(text) => {
                out.push_str("  ");
                out.push_str(&text.replace('\n', &format!("\n{}", " ".repeat(column))));
                out.push('\n');
            }
            Self::Block(header, lines) => {
                *out += &[" ", header, "\n", &" ".repeat(column + 2), "first\n"].concat();
                for line in lines {
                    let indent = if line.is_empty() { 0 } else { column + 2 };
                    *out += &[&" ".repeat(indent), *line, "\n"].concat();
                }
            }
            Self::List(items, indent) => {
                out.push('\n');
                for item in items {
                    let column = column + indent;
                    out.push_str(noise());
                    out.push_str(&" ".repeat(column));
                    out.push('-');
                    item.write(column, noise, out);
                }
            }
            Self::Map(items, indent) => {
                out.push('\n');
                for (place, item) in items.iter().enumerate() {
                    let column = column + indent;
                    out.push_str(noise());
                    *out += &[&" ".repeat(column), "k", &place.to_string(), ":"].concat();
                    item.write(column, noise, out);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn a_file_says_the_same_afterwards_and_stays_as_it_is(
        values in prop::collection::vec((prop::sample::select(vec!["steps", "each", "scenario", "off"]), sloppy()), 1..4),
        noises in prop::collection::vec(prop::sample::select(vec!["", "", "", "\n", "\n\n\n", "# c\n", "      # d\n", "\n  # e\n"]), 1..20),
    ) {
        let mut noises = noises.into_iter().cycle();
        let mut noise = || noises.next().unwrap_or_default();
        let mut source = String::new();
        for (place, (key, value)) in values.iter().enumerate() {
            source.push_str(noise());
            source += &[*key, &"x".repeat(place), ":"].concat();
            value.write(0, &mut noise, &mut source);
        }
        let before = read(&source);
        prop_assume!(before.is_some());
        let once = formatted(&source);
        let after = read(&once);
        prop_assert!(after.is_some(), "{source}\n=>\n{once}");
        prop_assert!(same_file(&before.unwrap(), &after.unwrap()), "{source}\n=>\n{once}");
        prop_assert_eq!(comments(&source), comments(&once), "{}\n=>\n{}", source, once);
        prop_assert_eq!(&formatted(&once), &once, "{}", source);
    }
}
