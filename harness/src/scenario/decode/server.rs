//! The server: how it starts and ends, its command line, its log and its metrics.

use super::super::{
    Command, LogCheck, MetricCheck, ServerStep, ServerVerb, Template,
    diagnostic::Code,
    tree::{Kind, Node},
};
use super::{Decoder, step::StepFields};

const LEVELS: &[&str] = &["trace", "debug", "info", "warn", "error", "fatal", "panic"];

impl Decoder<'_> {
    pub(super) fn server(&mut self, step: &StepFields<'_>) -> Option<ServerStep> {
        let verb = match step.action.key.as_str() {
            "start" => ServerVerb::Start,
            "stop" => ServerVerb::Stop,
            "kill" => ServerVerb::Kill,
            _ => ServerVerb::Restart,
        };
        let server = self.one_of(step.value(), "a server", &["registry"]);
        let config = step.get("config").and_then(|node| self.config(node));
        Some(ServerStep {
            verb,
            server: server?.to_owned(),
            config,
        })
    }

    pub(super) fn command(&mut self, step: &StepFields<'_>) -> Option<Command> {
        let items = self.filled_list(step.value(), "a list of arguments")?;
        let arguments: Vec<_> = items.iter().map(|item| self.template(item, "an argument")).collect();
        let (mut exit, mut stdout, mut stderr) = (Some(0), None, None);
        if let Some(node) = step.get("expect") {
            let fields = self.fields(node, "the expectation of a command", &["exit", "stdout", "stderr"])?;
            if let Some(node) = fields.get("exit") {
                exit = self.number::<u8>(node, "an exit code").map(i32::from);
            }
            stdout = fields.get("stdout").and_then(|node| self.matcher(node));
            stderr = fields.get("stderr").and_then(|node| self.matcher(node));
        }
        Some(Command {
            arguments: arguments.into_iter().collect::<Option<_>>()?,
            exit: exit?,
            stdout,
            stderr,
        })
    }

    pub(super) fn log(&mut self, step: &StepFields<'_>) -> Option<LogCheck> {
        let fields = self.fields(step.value(), "`log`", &["level", "message", "fields"])?;
        let level = fields
            .get("level")
            .and_then(|node| self.word_or_template(node, "a log level", LEVELS));
        let message = fields.get("message").and_then(|node| self.matcher(node));
        let others = fields
            .get("fields")
            .map_or(Some(Vec::new()), |node| self.matchers(node, "a map of fields"));
        let times = step.get("times").and_then(|node| self.times(node));
        Some(LogCheck {
            level,
            message,
            fields: others?,
            times,
        })
    }

    /// A number, or `at least 1`, which is what it is unless said.
    fn times(&mut self, node: &Node) -> Option<u64> {
        match node.text() {
            Some("at least 1") => None,
            Some(text) if text.parse::<u64>().is_err() => self.problem(
                Code::Number,
                &node.span,
                format!("`{text}` does not say how often"),
                "write how often exactly, `0` for never; without `times` it is at least once",
            ),
            _ => self.number(node, "a number"),
        }
    }

    pub(super) fn metric(&mut self, step: &StepFields<'_>) -> Option<MetricCheck> {
        let fields = self.fields(step.value(), "`metric`", &["name", "labels", "path"])?;
        let name = self
            .required(&fields, "name", "write the metric's name")
            .and_then(|node| self.filled(node, "the name of a metric"));
        let labels = fields
            .get("labels")
            .map_or(Some(Vec::new()), |node| self.texts(node, "a label"));
        let path = match fields.get("path") {
            Some(node) => self.filled(node, "a path"),
            None => Some(Template {
                text: "/metrics".to_owned(),
                span: step.span().clone(),
            }),
        };
        let expect = self
            .required(
                &step.fields,
                "expect",
                "write the value: `expect: 1`, `expect: { at_least: 1 }` or `expect: absent`",
            )
            .and_then(|node| self.matcher(node));
        Some(MetricCheck {
            name: name?,
            labels: labels?,
            path: path?,
            expect: expect?,
        })
    }

    /// `layout: valid`.
    pub(super) fn layout(&mut self, step: &StepFields<'_>) -> Option<super::super::Action> {
        self.one_of(step.value(), "a state of the layout", &["valid"])?;
        Some(super::super::Action::Layout)
    }

    /// Whether a node is a list.
    pub(super) fn is_list(node: &Node) -> bool {
        matches!(node.kind, Kind::List(_))
    }
}
