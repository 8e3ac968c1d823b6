//! The validation as a page, and as text.

use std::io::{self, Write};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, context, value::Serde};

use super::{Outcome, Tally, Validation, chart::Chart};
use crate::statistics::three_digits;

const PAGE: &str = include_str!("page.html");

/// One self-contained page.
///
/// # Errors
/// The template does not fit, which is a bug.
pub fn html(validation: &Validation) -> io::Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("place", |value: f64| format!("{value:.2}"));
    let tallies = || validation.parts.iter().flat_map(|part| &part.tallies);
    let sum = |of: fn(&Tally) -> usize| tallies().map(of).sum::<usize>();
    let context = context! {
        validation => minijinja::Value::from(Serde(validation)),
        chart => minijinja::Value::from(Serde(Chart::of(&validation.costs))),
        rounds => validation.costs.iter().map(|cost| cost.rounds).max(),
        ran => sum(|tally| tally.ran),
        red => sum(|tally| tally.red),
        verdict => validation.verdict(),
        good => validation.is_good(),
    };
    environment
        .render_named_str("page.html", PAGE, context)
        .map_err(io::Error::other)
}

/// The same for a terminal.
///
/// # Errors
/// It cannot be written.
pub fn write_text(validation: &Validation, out: &mut dyn Write) -> io::Result<()> {
    let builds: Vec<&str> = validation.builds.iter().map(|build| build.name.as_str()).collect();
    writeln!(out, "{}\n\n  on {}\n", validation.verdict(), builds.join(", "))?;
    for part in &validation.parts {
        let sign = match part.outcome {
            Outcome::Good => "■",
            Outcome::Bad => "✗",
            Outcome::Unknown => "–",
        };
        writeln!(out, "  {sign} {}\n      {}", part.title, part.summary)?;
        for detail in &part.details {
            writeln!(out, "      {detail}")?;
        }
    }
    if validation.costs.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n  what it costs                        without       with   ratio  half of the rounds between"
    )?;
    for cost in &validation.costs {
        writeln!(
            out,
            "    {:<32} {:>10} {:>10}  {:>6.2}  {:.2} and {:.2}, {} rounds",
            format!("{}, {}", cost.what, cost.unit),
            three_digits(cost.without),
            three_digits(cost.with),
            cost.ratio,
            cost.range.0,
            cost.range.1,
            cost.rounds
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::validate::{Cost, Held, Part, Sample};

    fn validation(outcome: Outcome) -> Validation {
        let samples = [
            Sample {
                without: 2.0,
                with: 3.0,
            },
            Sample {
                without: 4.0,
                with: 5.0,
            },
        ];
        Validation {
            name: "hello".to_owned(),
            about: "plimsoll validate hello".to_owned(),
            extensions: ["lint", "hello"].map(str::to_owned).into(),
            builds: vec![
                Held {
                    name: "minimal".to_owned(),
                    has: vec![false, false],
                },
                Held {
                    name: "lint+hello".to_owned(),
                    has: vec![true, true],
                },
            ],
            parts: vec![
                Part {
                    title: "the guidelines",
                    outcome,
                    summary: "1 finding".to_owned(),
                    details: vec!["PLE0101 a <b>: no gate".to_owned()],
                    tallies: Vec::new(),
                },
                Part {
                    title: "everyone else's, with it present",
                    outcome,
                    summary: "3 of 5 runs pass".to_owned(),
                    details: Vec::new(),
                    tallies: vec![Tally::default(), Tally { ran: 5, red: 2 }],
                },
                Part {
                    title: "its scenarios",
                    outcome: Outcome::Unknown,
                    summary: "there is none".to_owned(),
                    details: Vec::new(),
                    tallies: Vec::new(),
                },
            ],
            costs: Cost::of("start-up", "ms", &samples).into_iter().collect(),
        }
    }

    #[test]
    fn what_is_bad_is_in_the_verdict_and_what_is_unknown_is_not() {
        assert_eq!(
            validation(Outcome::Bad).verdict(),
            "hello is not seaworthy: the guidelines, everyone else's, with it present"
        );
        assert_eq!(validation(Outcome::Good).verdict(), "hello is seaworthy");
    }

    #[test]
    fn the_text_has_everything() {
        let mut text = Vec::new();
        write_text(&validation(Outcome::Bad), &mut text).unwrap();
        insta::assert_snapshot!(String::from_utf8(text).unwrap());
    }

    #[test]
    fn the_page_has_everything_and_takes_no_markup_from_details() {
        let page = html(&validation(Outcome::Bad)).unwrap();
        for text in [
            "hello is not seaworthy",
            "1 finding",
            "a &lt;b&gt;: no gate",
            "start-up",
            "3.00 ms",
            "×1.38",
            "37.5 % more",
            "<b>3</b> of 5 runs pass",
            "title=\"lint+hello: 3 of 5 pass\">3/5<",
            "title=\"minimal has no hello\"",
        ] {
            assert!(page.contains(text), "{text} is not in\n{page}");
        }
    }
}
