//! What a person needs to find out why a check did not hold.

use std::fmt::Write as _;

use super::{
    Failure, Variant,
    context::{Context, Last},
    site::Topology,
};
use crate::{assertion::Mismatch, client::Response, combination::Combination, scenario::Span, target::Target};

/// How many lines of the log stand in a failure: the first and the last half of these.
const LOG_LINES: usize = 60;
/// How many lines stand before the one with the caret.
const LINES_BEFORE: usize = 2;
/// How much of an answer's body is shown, in bytes.
const BODY: usize = 1 << 10;
/// The longest caret, in characters.
const CARET: usize = 60;

/// Line and column, from 1, of a byte in a text. Columns count characters.
pub(super) fn position(source: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    let before = &source[..at];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// The lines around a place, with numbers, and a caret under it.
fn excerpt(source: &str, span: &Span) -> String {
    let (line, column) = position(source, span.start);
    let mut text = String::new();
    let first = line.saturating_sub(LINES_BEFORE).max(1);
    let width = (line + 1).to_string().len().max(2);
    for (number, content) in source.lines().enumerate().map(|(index, content)| (index + 1, content)) {
        if number < first || number > line + 1 {
            continue;
        }
        let _ = writeln!(text, "{number:width$} | {content}");
        if number == line {
            let rest = content.chars().count().saturating_sub(column - 1).max(1);
            let length = source
                .get(span.clone())
                .map_or(1, |text| text.lines().next().unwrap_or_default().chars().count());
            let carets = "^".repeat(length.clamp(1, rest.min(CARET)));
            let _ = writeln!(text, "{:width$} | {}{carets}", "", " ".repeat(column - 1));
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// The failure that `mismatch` is, at the step that runs now.
pub(super) fn failure(context: &Context, mismatch: Mismatch) -> Failure {
    let source = &context.job.scenario.source;
    let span = mismatch.span.unwrap_or_else(|| context.current.span.clone());
    let (line, column) = position(source, span.start);
    let (curl, response) = last(context);
    let mut failure = Failure {
        code: mismatch.kind.to_string(),
        line,
        column,
        excerpt: excerpt(source, &span),
        message: mismatch.message,
        expected: mismatch.expected,
        actual: mismatch.actual,
        note: context.current.note.clone(),
        curl,
        response,
        log: log(context),
        looks: context.looks.clone(),
        steps: context.trail.steps(),
        script: None,
        again: again(context),
    };
    context.secrets.hide_in(&mut failure);
    failure
}

/// The last request as a command, and its answer.
fn last(context: &Context) -> (Option<String>, Option<String>) {
    match &context.last {
        None => (None, None),
        Some(Last::Http(exchange)) => {
            let answer = match &exchange.answer {
                Ok(response) => shown(response),
                Err(error) => error.to_string(),
            };
            (Some(exchange.request.to_curl()), Some(answer))
        }
        Some(Last::Raw {
            authority,
            sent,
            response,
        }) => {
            let answer = match response {
                Ok(Some(response)) => shown(response),
                Ok(None) => "no answer".to_owned(),
                Err(error) => error.to_string(),
            };
            (Some(raw_command(authority, sent)), Some(answer))
        }
    }
}

/// A command that sends bytes as they are.
fn raw_command(authority: &str, sent: &[u8]) -> String {
    let part = &sent[..sent.len().min(BODY)];
    let mut escaped = String::new();
    for byte in part {
        match byte {
            b'\r' => escaped.push_str("\\r"),
            b'\n' => escaped.push_str("\\n"),
            b'%' => escaped.push_str("%%"),
            b'\\' | b'\'' => {
                let _ = write!(escaped, "\\{byte:03o}");
            }
            byte if byte.is_ascii_graphic() || *byte == b' ' => escaped.push(char::from(*byte)),
            byte => {
                let _ = write!(escaped, "\\{byte:03o}");
            }
        }
    }
    let cut = if sent.len() > BODY {
        format!(" # the first {BODY} of {} bytes", sent.len())
    } else {
        String::new()
    };
    let (host, number) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    format!("printf '{escaped}' | nc {host} {number}{cut}")
}

/// A failure before there is a context.
pub(super) fn early(source: &str, mismatch: Mismatch, again: String) -> Failure {
    let span = mismatch.span.unwrap_or_default();
    let (line, column) = position(source, span.start);
    Failure {
        code: mismatch.kind.to_string(),
        line,
        column,
        excerpt: excerpt(source, &span),
        message: mismatch.message,
        expected: mismatch.expected,
        actual: mismatch.actual,
        note: None,
        curl: None,
        response: None,
        log: Vec::new(),
        looks: Vec::new(),
        steps: Vec::new(),
        script: None,
        again,
    }
}

fn shown(response: &Response) -> String {
    let mut text = response.head();
    let body = &response.body;
    if body.is_empty() {
        return text;
    }
    let part = &body[..body.len().min(BODY)];
    match std::str::from_utf8(part) {
        Ok(part) => {
            let _ = write!(text, "\n\n{part}");
        }
        Err(_) => {
            let _ = write!(text, "\n\n({} bytes that are not text)", body.len());
        }
    }
    if body.len() > BODY {
        {
            let _ = write!(text, "… ({} bytes)", body.len());
        };
    }
    text
}

/// What the servers printed during the step, the middle left out if it is long. Where there are several, each line
/// says whose it is, and they stand in the order in which they came.
fn log(context: &Context) -> Vec<String> {
    let servers = context.site.own().map(Topology::registries).unwrap_or_default();
    let mut lines = Vec::new();
    for (server, begin) in servers.iter().zip(&context.current.log_begin) {
        let name = (servers.len() > 1).then(|| server.name());
        lines.extend(
            server
                .log()
                .since(*begin)
                .into_iter()
                .map(|line| (line.at, name, line.text)),
        );
    }
    lines.sort_by_key(|(at, _, _)| *at);
    let mut lines: Vec<String> = lines
        .into_iter()
        .map(|(_, name, text)| name.map_or(text.clone(), |name| format!("{name} | {text}")))
        .collect();
    if lines.len() > LOG_LINES {
        let end = lines.len() - LOG_LINES / 2;
        let left_out = end - LOG_LINES / 2;
        lines.splice(LOG_LINES / 2..end, [format!("… {left_out} more lines")]);
    }
    lines
}

fn again(context: &Context) -> String {
    let again = command(
        &context.job.scenario.path.display().to_string(),
        &context.job.combination,
        &context.job.target,
        context.options.seed,
    );
    match &context.job.other {
        Some(other) if *other != context.job.combination => {
            let other = match other.extensions() {
                [] => "none".to_owned(),
                extensions => extensions.join(","),
            };
            format!("{again} --extensions {other} --pairs all")
        }
        _ => again,
    }
}

/// The command that runs a scenario again, with the same content.
pub(super) fn command(path: &str, combination: &Combination, target: &Target, seed: u64) -> String {
    let extensions = match combination.extensions() {
        [] => "none".to_owned(),
        extensions => extensions.join(","),
    };
    match target {
        Target::Process(target) if target.serve.container.is_some() => {
            let image = target.binary.display();
            format!("plimsoll run {path} --image {image} --extensions {extensions} --seed {seed}")
        }
        Target::Process(_) => format!("plimsoll run {path} --extensions {extensions} --seed {seed}"),
        Target::Url(target) => {
            let words = [&target.words].into_iter().filter(|words| !words.is_empty());
            let mut words: Vec<String> = words.cloned().collect();
            words.extend(target.extensions_known.then(|| format!("--extensions {extensions}")));
            words.push(format!("--seed {seed}"));
            format!("plimsoll run {path} {}", words.join(" "))
        }
    }
}

impl Variant {
    /// Its word.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Absent => "absent",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_a_caret_under_the_place() {
        let source = "scenario: x\nsteps:\n  - get: /v2/\n    expect: 404\n  - get: /y\n";
        let at = source.find("404").unwrap();
        assert_eq!(position(source, at), (4, 13));
        let expected = " 2 | steps:\n 3 |   - get: /v2/\n 4 |     expect: 404\n   |             ^^^\n 5 |   - get: /y";
        assert_eq!(excerpt(source, &(at..at + 3)), expected);
    }

    #[test]
    fn a_place_beyond_the_text_is_its_end() {
        assert_eq!(position("ab", 9), (1, 3));
        assert_eq!(excerpt("", &(0..0)), "");
    }

    #[test]
    fn a_run_can_be_repeated_by_its_command() {
        let known = ["scrub".to_owned(), "lint".to_owned()];
        let target = Target::Url(crate::target::UrlTarget::open("http://h").unwrap());
        let command = |combination: &Combination, target: &Target| command("scenarios/x.yaml", combination, target, 7);
        assert_eq!(
            command(&Combination::new(&known, []), &target),
            "plimsoll run scenarios/x.yaml --url http://h --seed 7"
        );
        let target = Target::Process(crate::target::ProcessTarget {
            front: None,
            binary: "x".into(),
            companions: std::collections::BTreeMap::new(),
            serve: std::sync::Arc::new(crate::target::Serve::new(
                vec![],
                None,
                crate::target::Announcement::Key("a".into()),
            )),
        });
        assert_eq!(
            command(&Combination::new(&known, ["lint", "scrub"]), &target),
            "plimsoll run scenarios/x.yaml --extensions scrub,lint --seed 7"
        );
        assert_eq!(
            command(&Combination::new(&known, []), &target),
            "plimsoll run scenarios/x.yaml --extensions none --seed 7"
        );
    }
}
