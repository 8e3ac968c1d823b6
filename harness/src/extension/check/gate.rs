//! The gate: there, right, first, alone, and followed by a blank line.

use std::ops::Range;

use super::{context::Context, twins::Twin};
use crate::extension::{Rule, guidelines::Guidelines};

pub(super) fn check(context: &mut Context<'_>, twins: &[Twin]) {
    let prefix = prefix(context.guidelines);
    for twin in twins {
        one(context, twin, &prefix);
    }
}

fn one(context: &mut Context<'_>, twin: &Twin, prefix: &str) {
    let gate = twin.half.gate(context.guidelines, &twin.name);
    let text = &twin.text;
    let gates = lines(text)
        .filter(|line| text[line.clone()].starts_with(prefix))
        .collect::<Vec<_>>();
    let Some(first) = gates.first().cloned() else {
        let top = lines(text).next().unwrap_or(0..0);
        let message = format!("the twin does not begin with `{gate}`");
        let help = format!("write `{gate}` and a blank line at the top");
        let finding = context.at(Rule::GateMissing, &twin.path, top, message, help);
        finding.mended_by([(0..0, format!("{gate}\n\n"))]);
        return;
    };
    let found = text[first.clone()].trim_end();
    if found != gate {
        let message = format!("the gate is `{found}`, not `{gate}`");
        let finding = context.at(
            Rule::GateWrong,
            &twin.path,
            first.clone(),
            message,
            format!("write `{gate}`"),
        );
        finding.mended_by([(first.clone(), gate.clone())]);
    }
    if first.start > 0 {
        let finding = context.at(
            Rule::GateNotFirst,
            &twin.path,
            first.clone(),
            "the gate is not the first line",
            "move it to the top",
        );
        finding.mended_by([(0..0, format!("{gate}\n\n")), (with_blank(text, &first), String::new())]);
    } else if text[first.end..]
        .strip_prefix('\n')
        .is_some_and(|rest| !rest.starts_with('\n'))
    {
        let message = "the line after the gate is not blank";
        let end = first.end;
        let below = lines(&text[end + 1..]).next().unwrap_or(0..0);
        let below = end + 1 + below.start..end + 1 + below.end;
        let finding = context.at(
            Rule::BlankAfterGate,
            &twin.path,
            below,
            message,
            "put a blank line between them",
        );
        finding.mended_by([(end..end, "\n".to_owned())]);
    }
    if let Some(second) = gates.get(1) {
        let message = "a second gate has to hold as well";
        let finding = context.at(Rule::GateTwice, &twin.path, second.clone(), message, "take it out");
        finding.mended_by([(with_blank(text, second), String::new())]);
    }
}

/// What both gates begin with, by which a gate is known whatever it says.
fn prefix(guidelines: &Guidelines) -> String {
    let pairs = guidelines.gate.chars().zip(guidelines.anti_gate.chars());
    let same = pairs.take_while(|(one, other)| one == other && *one != '{');
    same.map(|(one, _)| one).collect()
}

/// The lines of a text, without what ends them.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        start..start + line.trim_end_matches(['\n', '\r']).len()
    })
}

/// A line with its end, and with the blank line below.
fn with_blank(text: &str, line: &Range<usize>) -> Range<usize> {
    let mut end = line.end;
    for _ in 0..2 {
        end += usize::from(text[end..].starts_with('\n'));
    }
    line.start..end
}
