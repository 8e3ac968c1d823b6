//! `metric`: a sample in the text format of Prometheus.

use crate::{
    assertion::{self, Actual, Mismatch},
    runner::{
        context::{Context, new_request},
        stop::Stop,
    },
    scenario::{Matcher, MetricCheck},
};

/// How many samples of the same name are shown.
const SHOWN: usize = 10;

/// A line of an exposition.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

pub(super) async fn run(run: &mut Context, step: &MetricCheck) -> Result<(), Stop> {
    let path = run.scope.text(&step.path)?;
    let name = run.scope.text(&step.name)?;
    let mut labels = Vec::new();
    for (label, value) in &step.labels {
        labels.push((label.clone(), run.scope.text(value)?));
    }
    let request = new_request("GET", run.url(&path)?).header("Accept", "text/plain");
    let asked = run.transcript.len();
    let response = run.send(request, true).await?;
    // What else is measured is not what this step is about.
    run.transcript.truncate(asked);
    run.checks += 1;
    if response.status != 200 {
        return Err(Mismatch::new(format!("{path} has no metrics"), "200", response.status.to_string()).into());
    }
    let samples = parse(&String::from_utf8_lossy(&response.body)).map_err(|line| {
        Mismatch::new(
            format!("{path} is not in the text format of Prometheus"),
            "samples",
            line,
        )
    })?;
    let named: Vec<&Sample> = samples.iter().filter(|sample| sample.name == name).collect();
    let found: Vec<&&Sample> = named
        .iter()
        .filter(|sample| labels.iter().all(|label| sample.labels.contains(label)))
        .collect();
    let actual = match found.as_slice() {
        [] => Actual::Absent,
        [sample] => Actual::Json(number(sample.value)),
        several => {
            let message = format!("{} samples of {name} have these labels; say more labels", several.len());
            return Err(Mismatch::new(message, "one sample", shown(several.iter().map(|sample| **sample))).into());
        }
    };
    if found.is_empty() && !matches!(step.expect, Matcher::Absent) && !named.is_empty() {
        let message = format!("no sample of {name} has these labels");
        return Err(Mismatch::new(message, format!("{labels:?}"), shown(named.into_iter())).into());
    }
    Ok(assertion::check(&step.expect, &actual, &run.scope)
        .map_err(|error| error.map(|mismatch| mismatch.of(&format!("the metric {name}"))))?)
}

fn shown<'a>(samples: impl Iterator<Item = &'a Sample>) -> String {
    let lines: Vec<String> = samples
        .take(SHOWN)
        .map(|sample| format!("{:?} {}", sample.labels, sample.value))
        .collect();
    lines.join("\n")
}

/// A value as JSON: a whole number without a point, and as text what JSON does not have.
#[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53: exact")]
fn number(value: f64) -> serde_json::Value {
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        return (value as i64).into();
    }
    serde_json::Number::from_f64(value).map_or_else(|| value.to_string().into(), Into::into)
}

/// All samples of an exposition, or the first line that is none.
fn parse(text: &str) -> Result<Vec<Sample>, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| sample(line).ok_or_else(|| line.to_owned()))
        .collect()
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(|character: char| character == '{' || character.is_whitespace())?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = Vec::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner.trim_start();
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once('=')?;
            let (value, after) = quoted(after.trim_start())?;
            labels.push((label.trim().to_owned(), value));
            rest = after.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        rest = rest.strip_prefix('}')?;
    }
    // A timestamp and an exemplar may follow.
    let value = match rest.split_ascii_whitespace().next()? {
        "+Inf" | "Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        number => number.parse().ok()?,
    };
    Some(Sample {
        name: name.to_owned(),
        labels,
        value,
    })
}

/// A text in quotes with its escapes undone, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &inner[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_their_labels() {
        let text = "# HELP x y\n# TYPE a counter\na{repo=\"b,}c\", path=\"q\\\"\\\\\\n\",} 3\na_bucket{le=\"+Inf\"} 1e3 1700000000\nup 1.5\n\n";
        let samples = parse(text).unwrap();
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(samples[0].labels, [label("repo", "b,}c"), label("path", "q\"\\\n")]);
        assert_eq!((samples[1].name.as_str(), samples[1].value), ("a_bucket", 1000.0));
        assert_eq!(
            samples[2],
            Sample {
                name: "up".into(),
                labels: vec![],
                value: 1.5
            }
        );
    }

    #[test]
    fn what_is_no_sample_is_told() {
        for line in ["a", "a{b} 1", "a{b=\"c} 1", "a{b=\"c\"}", "a x"] {
            assert_eq!(parse(line), Err(line.to_owned()));
        }
    }

    #[test]
    fn whole_values_are_whole_numbers() {
        assert_eq!(number(3.0), serde_json::json!(3));
        assert_eq!(number(0.5), serde_json::json!(0.5));
        assert_eq!(number(f64::INFINITY), serde_json::json!("inf"));
    }
}
