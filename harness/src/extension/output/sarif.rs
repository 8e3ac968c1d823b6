//! SARIF 2.1.0: what code scanning takes.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::extension::{Finding, Rule};

pub(super) fn write(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<Value> = Rule::ALL.iter().copied().map(rule).collect();
    let results: Vec<Value> = findings.iter().map(result).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "plimsoll check", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    writeln!(out, "{log:#}")
}

fn rule(rule: Rule) -> Value {
    json!({
        "id": rule.code(),
        "name": format!("{rule:?}"),
        "shortDescription": { "text": rule.title() },
        "fullDescription": { "text": rule.why() },
    })
}

fn result(finding: &Finding) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": finding.path.display().to_string() } });
    if let Some((line, column)) = finding.position() {
        let length = finding
            .span
            .as_ref()
            .map_or(0, |span| finding.source.inner()[span.clone()].chars().count());
        place["region"] = json!({ "startLine": line, "startColumn": column, "endColumn": column + length });
    }
    json!({
        "ruleId": finding.rule.code(),
        "ruleIndex": Rule::ALL.iter().position(|rule| *rule == finding.rule),
        "level": "error",
        "message": { "text": format!("{}; {}", finding.message, finding.help) },
        "locations": [{ "physicalLocation": place }],
    })
}
