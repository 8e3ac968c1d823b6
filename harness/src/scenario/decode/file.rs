//! The file itself: its sentence, what it requires, its rows and its scripts.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use minijinja::Environment;

use crate::combination::Expression;

use super::super::{
    Action, Expect, Row, Scenario, Script, Span, Step, Value, Vocabulary,
    diagnostic::{Code, Problem},
    keys, suggestion,
    tree::Node,
};
use super::{Decoder, fields::Fields};

/// Reads a file's tree. What is wrong is added to `problems`; the scenario is to be used only if there are none.
pub(in super::super) fn scenario(
    (name, path): (String, PathBuf),
    source: &Arc<str>,
    root: &Node,
    vocabulary: &Vocabulary<'_>,
    templates: &Environment<'static>,
    problems: &mut Vec<Problem>,
) -> Option<Scenario> {
    let mut decoder = Decoder {
        source: source.clone(),
        vocabulary,
        templates,
        statements: Vec::new(),
        variables: BTreeSet::new(),
        servers: BTreeMap::new(),
        disks: BTreeSet::new(),
        problems: Vec::new(),
    };
    let scenario = decoder.scenario(name, path, root);
    problems.append(&mut decoder.problems);
    scenario
}

impl Decoder<'_> {
    fn scenario(&mut self, name: String, path: PathBuf, root: &Node) -> Option<Scenario> {
        let fields = self.fields(root, &keys::FILE)?;
        let title = self
            .required(
                &fields,
                "scenario",
                "begin the file with `scenario:` and one sentence that is true of a right registry",
            )
            .and_then(|node| self.title(node));
        let statements = fields
            .get("spec")
            .map_or(Some(Vec::new()), |node| self.statements(node));
        self.statements = statements.clone().unwrap_or_default();
        let requires = fields
            .get("requires")
            .map_or(Some(Expression::Always), |node| self.requires(node));
        let rows = fields
            .get("each")
            .map_or(Some(vec![Row::new()]), |node| self.rows(node));
        let mut row_names: BTreeSet<String> = rows
            .iter()
            .flatten()
            .take(1)
            .flat_map(|row| row.keys().cloned())
            .collect();

        let accounts = fields.get("accounts").and_then(|node| {
            let accounts = self.accounts(node)?;
            self.not_in_rows(node, &accounts, rows.as_deref().unwrap_or_default());
            row_names.extend(accounts.named().map(|(name, _)| name.to_owned()));
            Some(accounts)
        });

        self.variables.clone_from(&row_names);
        let declared = fields
            .get("servers")
            .map_or(Some(Vec::new()), |node| self.servers(node));
        let on = self.on(&fields, &row_names);
        let off = self.other(&fields, "off", &row_names);
        let absent = self.other(&fields, "absent", &row_names);
        let differs = fields.get("differs").map(|node| self.differs(node));
        let scripts = [on.as_ref(), off.as_ref(), absent.as_ref()].into_iter().flatten();
        let servers = declared.and_then(|declared| self.in_order(declared, scripts));
        Some(Scenario {
            name,
            path,
            source: self.source.clone(),
            title: title?,
            statements: statements?,
            requires: requires?,
            rows: rows?,
            servers: servers?,
            on,
            off,
            absent,
            accounts,
            differs: differs.flatten(),
        })
    }

    fn title(&mut self, node: &Node) -> Option<String> {
        let title = self.word(node, "a sentence")?;
        if title.trim().contains('\n') {
            return self.problem(
                Code::WrongKind,
                &node.span,
                "the sentence has several lines",
                "say it in one line; what else there is to say goes into a comment",
            );
        }
        Some(title.trim().to_owned())
    }

    fn statements(&mut self, node: &Node) -> Option<Vec<String>> {
        let items = self.filled_list(node, "a list of statements")?;
        let mut statements = Vec::new();
        for item in items {
            let Some(id) = self.word(item, "a statement's id") else {
                continue;
            };
            if self.vocabulary.statements.is_some_and(|known| !known.contains(&id)) {
                let known = self.vocabulary.statements.unwrap_or_default();
                let near = suggestion::nearest(id, known.iter().copied());
                let help = suggestion::did_you_mean(near, "the ids are in harness/src/conformance/statements.tsv");
                self.problem::<()>(
                    Code::UnknownStatement,
                    &item.span,
                    format!("the specification has no statement `{id}`"),
                    help,
                );
            } else if statements.iter().any(|other| other == id) {
                self.problem::<()>(
                    Code::Conflict,
                    &item.span,
                    format!("`{id}` stands twice in `spec`"),
                    "remove one of them",
                );
            } else {
                statements.push(id.to_owned());
            }
        }
        Some(statements)
    }

    fn requires(&mut self, node: &Node) -> Option<Expression> {
        let text = self.word(node, "an expression over extensions")?;
        let expression: Expression = match text.parse() {
            Ok(expression) => expression,
            Err(error) => {
                let start = self.text_start(node, text) + error.at;
                return self.problem(
                    Code::Requires,
                    &(start..start + 1),
                    error.message,
                    "write names of extensions with `and`, `or`, `not` and parentheses: `scrub and not (sync or search)`",
                );
            }
        };
        let mut known = true;
        for name in expression.extensions() {
            known &= self.extension(name, &node.span);
        }
        if !expression.can_hold() {
            return self.problem(
                Code::CannotHold,
                &node.span,
                "no build is like this: the scenario would never run",
                "remove the contradiction",
            );
        }
        known.then_some(expression)
    }

    /// Where the text of a scalar begins: behind the quote, if there is one.
    fn text_start(&self, node: &Node, text: &str) -> usize {
        node.span.start + self.source[node.span.clone()].find(text).unwrap_or(0)
    }

    fn rows(&mut self, node: &Node) -> Option<Vec<Row>> {
        let items = self.filled_list(node, "a list of rows")?;
        let mut rows: Vec<Row> = Vec::new();
        for item in items {
            let Some(row) = self.row(item) else { continue };
            if let Some(first) = rows.first() {
                let differ = |one: &Row, other: &Row| {
                    let keys: Vec<&str> = one
                        .keys()
                        .filter(|key| !other.contains_key(*key))
                        .map(String::as_str)
                        .collect();
                    suggestion::list(&keys, "and")
                };
                if !first.keys().eq(row.keys()) {
                    let (more, less) = (differ(&row, first), differ(first, &row));
                    self.problem::<()>(
                        Code::UnevenRows,
                        &item.span,
                        format!("this row has other keys than the first: {more} more, {less} less"),
                        "give every row the same keys; a value may be `null`",
                    );
                }
                if rows.contains(&row) {
                    self.problem::<()>(
                        Code::Conflict,
                        &item.span,
                        "this row stands there twice",
                        "remove it, or change what was meant to differ",
                    );
                }
            }
            rows.push(row);
        }
        Some(rows)
    }

    fn row(&mut self, node: &Node) -> Option<Row> {
        let entries = self.map(node, "a row of variables")?;
        if entries.is_empty() {
            return self.problem(
                Code::Empty,
                &node.span,
                "the row has no variable",
                "write one at least: `- { way: chunked }`",
            );
        }
        let variables: Vec<_> = entries
            .iter()
            .map(|entry| {
                let name = self.name(&entry.key, &entry.key_span);
                let value = self.value(&entry.value)?;
                if value.has_template() {
                    return self.problem(
                        Code::Template,
                        &entry.value.span,
                        "a row is not rendered, and there is a template in it",
                        "write the value out, or make the text of it in a step: `- set: { name: \"{{ … }}\" }`",
                    );
                }
                Some((name?, to_json(value)))
            })
            .collect();
        variables.into_iter().collect()
    }

    /// The script of the file itself.
    fn on(&mut self, fields: &Fields<'_>, rows: &BTreeSet<String>) -> Option<Script> {
        if let Some(steps) = fields.entry("steps") {
            return self.script(fields, &steps.key_span, rows);
        }
        for entry in fields.present(&["config", "teardown", "off"]) {
            self.problem::<()>(
                Code::MissingKey,
                &entry.key_span,
                format!("`{}` is there, and no `steps`", entry.key),
                "write `steps`, a list of what is done",
            );
        }
        if fields.get("absent").is_none() && fields.present(&["config", "teardown", "off"]).is_empty() {
            self.required(fields, "steps", "write `steps`, a list of what is done: `- get: /v2/`");
        }
        None
    }

    /// `off` or `absent`.
    fn other(&mut self, fields: &Fields<'_>, key: &str, rows: &BTreeSet<String>) -> Option<Script> {
        let entry = fields.entry(key)?;
        if fields.get("requires").is_none() {
            self.problem::<()>(
                Code::WithoutRequires,
                &entry.key_span,
                format!("`{key}` is there, and no `requires`: there is no build that it is about"),
                "write `requires` with the extension",
            );
        }
        let keys = if key == "off" { &keys::OFF } else { &keys::ABSENT };
        let script = self.fields(&entry.value, keys)?;
        self.required(&script, "steps", "write `steps`, a list of what is done")?;
        self.script(&script, &entry.key_span, rows)
    }

    fn script(&mut self, fields: &Fields<'_>, span: &Span, rows: &BTreeSet<String>) -> Option<Script> {
        self.variables.clone_from(rows);
        let config = fields.get("config").and_then(|node| self.configs(node));
        let steps = fields.get("steps").and_then(|node| self.steps(node))?;
        let teardown = fields
            .get("teardown")
            .and_then(|node| self.steps(node))
            .unwrap_or_default();
        if self.problems.is_empty() && !steps.iter().any(asserts) {
            return self.problem(
                Code::NoAssertion,
                span,
                "none of these steps asserts anything: the scenario could not fail",
                "write `expect` on a request, or a step that looks: `pull`, `check`, `file`, `log`, `metric`, `layout`",
            );
        }
        Some(Script {
            config: config.unwrap_or_default(),
            steps,
            teardown,
        })
    }

    /// What is merged into the server's configuration.
    pub(super) fn config(&mut self, node: &Node) -> Option<Value> {
        self.map(node, "a part of the server's configuration")?;
        self.value(node)
    }

    /// A list of steps.
    pub(super) fn steps(&mut self, node: &Node) -> Option<Vec<Step>> {
        let items = self.filled_list(node, "a list of steps")?;
        let steps: Vec<Option<Step>> = items.iter().map(|item| self.step(item)).collect();
        let steps = steps.into_iter().collect::<Option<Vec<_>>>()?;
        self.someone_kills(&steps);
        Some(steps)
    }
}

/// Whether a step asserts more than that it could be done.
fn asserts(step: &Step) -> bool {
    // An expectation that is not written has the place of the step's key.
    let written = |expect: &Expect| expect.span != step.span;
    match &step.action {
        Action::Request(request) => written(&request.expect),
        Action::Pages(pages) => written(&pages.request.expect),
        Action::Token(token) => written(&token.request.expect),
        Action::Raw(raw) => written(&raw.expect) || raw.responses_at_most.is_some(),
        Action::Upload(upload) => written(&upload.expect),
        Action::Push(push) => written(&push.expect),
        Action::Repeat(repeat) => repeat.steps.iter().any(asserts),
        Action::Delete(delete) => written(&delete.expect),
        Action::Clients(clients) => clients.steps.iter().any(asserts),
        Action::Stream(_)
        | Action::Pull(_)
        | Action::Command(_)
        | Action::File(_)
        | Action::Layout { .. }
        | Action::Log(_)
        | Action::Metric(_)
        | Action::Requests(_)
        | Action::Memory(_)
        | Action::Check { .. }
        | Action::Acknowledged
        | Action::Race(_)
        | Action::Eventually(_) => true,
        Action::Generate(_)
        | Action::Server(_)
        | Action::Behave(_)
        | Action::Corrupt { .. }
        | Action::Remove { .. }
        | Action::Write { .. }
        | Action::Disk(_)
        | Action::Sometimes(_)
        | Action::Set(_) => false,
    }
}

/// A variable's value. A number that JSON would write otherwise stays the text that it is.
fn to_json(value: Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => flag.into(),
        Value::Number { number, text } if number.to_string() == text => number.into(),
        Value::Number { text, .. } => text.into(),
        Value::Text(template) => template.text.into(),
        Value::List(items) => items.into_iter().map(to_json).collect(),
        Value::Map(entries) => entries.into_iter().map(|(key, value)| (key, to_json(value))).collect(),
    }
}
