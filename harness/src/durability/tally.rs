//! How much was tried to make a registry lose something, and how often it did.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// One way of trying.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Which: `kills`, `power cuts`.
    pub(crate) proof: String,
    /// What is counted: `states of the disk`.
    pub(crate) unit: String,
    /// How many of them there were.
    pub(crate) tried: u64,
    /// How many things were looked at after them, where that was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) looks: Option<u64>,
    /// After how many of them something was wrong.
    #[serde(default)]
    pub(crate) losses: u64,
    /// How long it took, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<f64>,
    /// What decided about it, where chance did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<u64>,
}

/// Everything that was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Tally {
    pub(crate) proofs: Vec<Entry>,
    /// In all of them.
    pub(crate) losses: u64,
}

impl Tally {
    pub(crate) fn of(proofs: Vec<Entry>) -> Self {
        Self {
            losses: proofs.iter().map(|one| one.losses).sum(),
            proofs,
        }
    }

    /// A table, and the sum in its last line.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "\n  {:<22}{:>10}  {:<22}{:>10}{:>8}{:>9}{:>9}",
            "", "tried", "of what", "looks", "losses", "seconds", "seed"
        )?;
        let or_dash = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
        for one in &self.proofs {
            writeln!(
                out,
                "  {:<22}{:>10}  {:<22}{:>10}{:>8}{:>9}{:>9}",
                one.proof,
                one.tried,
                one.unit,
                or_dash(one.looks.map(|looks| looks.to_string())),
                one.losses,
                or_dash(one.seconds.map(|seconds| format!("{seconds:.1}"))),
                or_dash(one.seed.map(|seed| seed.to_string())),
            )?;
        }
        writeln!(out, "\n  losses: {}", self.losses)
    }
}

/// What `text` says was tried: a JSON object in each line, as tests write them.
///
/// # Errors
/// In words, with the line: it is no such object.
pub(crate) fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally() -> Tally {
        let text = r#"{"proof": "corruption", "unit": "damages", "tried": 6388}

{"proof": "kills", "unit": "kills", "tried": 2000, "looks": 91324, "losses": 2, "seconds": 71.25, "seed": 7}"#;
        Tally::of(parse(text).unwrap())
    }

    #[test]
    fn the_table_ends_with_the_sum_of_all_losses() {
        let mut out = Vec::new();
        tally().write(&mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn what_is_no_proof_is_named_by_its_line() {
        let error = parse("{\"proof\": \"a\", \"unit\": \"b\", \"tried\": 1}\n{\"proof\": 1}").unwrap_err();
        assert!(error.starts_with("line 2: "), "{error}");
        let unknown = parse("{\"proof\": \"a\", \"unit\": \"b\", \"tried\": 1, \"lost\": 3}").unwrap_err();
        assert!(unknown.contains("lost"), "{unknown}");
    }
}
