//! Applies what fixes say, until nothing is left that a machine can mend.

use std::{collections::BTreeSet, path::Path};

use super::{Edit, Finding, Fix, Guidelines, Tree, check, language};

/// More rounds than any tree needs: each round mends at least one finding of each file.
const ROUNDS: usize = 64;

/// Mends what can be mended, in memory. What was mended, in order; what is left, [`check`](check()) finds.
pub fn mend(tree: &mut Tree, guidelines: &Guidelines) -> Vec<Finding> {
    let mut mended = Vec::new();
    for _ in 0..ROUNDS {
        let mut touched = BTreeSet::new();
        let fixable = check(tree, guidelines)
            .into_iter()
            .filter(|finding| finding.fix.is_some());
        // The places in a file are right for the first change of it alone; the next round finds the others' anew.
        let round: Vec<Finding> = fixable.filter(|finding| touched.insert(finding.path.clone())).collect();
        if round.is_empty() {
            break;
        }
        for finding in round {
            match &finding.fix {
                Some(Fix::Edit(edits)) => {
                    let text = apply(finding.source.inner(), edits);
                    write(tree, guidelines, &finding.path, text);
                }
                Some(Fix::Write(path, text)) => write(tree, guidelines, path, text.clone()),
                Some(Fix::Rename(path)) => {
                    tree.write(path.clone(), finding.source.inner().clone());
                    tree.remove(finding.path.clone());
                }
                None => {}
            }
            mended.push(finding);
        }
    }
    mended
}

fn write(tree: &mut Tree, guidelines: &Guidelines, path: &Path, text: String) {
    let formatted = language::format(guidelines.language, tree.root(), path, &text).unwrap_or(text);
    tree.write(path, formatted);
}

/// `text` with the edits made.
pub(crate) fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span.start);
    let mut done = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        done.push_str(&text[at..edit.span.start]);
        done.push_str(&edit.text);
        at = edit.span.end;
    }
    done.push_str(&text[at..]);
    done
}
