//! The server: how it starts and ends, its command line, its log and its metrics.

use super::super::{
    Action, Command, LogCheck, MetricCheck, OtherBuild, ServerStep, ServerVerb, Signal,
    diagnostic::Code,
    keys,
    tree::{Kind, Node},
    unit,
};
use super::{Decoder, step::StepFields, topology::Sort};

const LEVELS: &[&str] = &["trace", "debug", "info", "warn", "error", "fatal", "panic"];

impl Decoder<'_> {
    pub(super) fn server(&mut self, step: &StepFields<'_>) -> Option<ServerStep> {
        let verb = match step.action.key.as_str() {
            "start" => ServerVerb::Start,
            "stop" => ServerVerb::Stop,
            "kill" => ServerVerb::Kill,
            "pause" => ServerVerb::Pause,
            "resume" => ServerVerb::Resume,
            _ => ServerVerb::Restart,
        };
        let (mut after, mut signal) = (None, None);
        let server = match &step.value().kind {
            Kind::Map(_) if verb == ServerVerb::Kill => {
                let fields = self.fields(step.value(), &keys::KILL)?;
                after = fields.get("after").and_then(|node| self.wait(node));
                signal = fields.get("signal").and_then(|node| self.signal(node));
                self.registry_of(fields.get("server"), step.span())
            }
            _ => self.server_named(step.value(), Sort::Registry),
        };
        let config = step.get("config").and_then(|node| self.config(node));
        let combination = step.get("combination").and_then(|node| self.other_build(node));
        let clock = step.get("clock").and_then(|node| self.clock(node));
        Some(ServerStep {
            verb,
            server: server?,
            config,
            combination,
            clock,
            after: after.unwrap_or_default(),
            signal: signal.unwrap_or_default(),
        })
    }

    /// By how many seconds a clock is wrong: `+2h`, `-90m`, `+0s`.
    fn clock(&mut self, node: &Node) -> Option<i64> {
        let text = self.word(node, "an offset of the clock")?;
        match unit::parse_offset(text) {
            Ok(offset) => Some(offset),
            Err(error) => self.problem(
                Code::Duration,
                &node.span,
                error.to_string(),
                "write `+2h` for a clock that is fast by two hours, `-90m` for one that is slow, `+0s` for one that is right",
            ),
        }
    }

    fn other_build(&mut self, node: &Node) -> Option<OtherBuild> {
        if matches!(&node.kind, Kind::Scalar { text, .. } if text == "other") {
            return Some(OtherBuild::Any);
        }
        self.combination(node).map(OtherBuild::Named)
    }

    fn signal(&mut self, node: &Node) -> Option<Signal> {
        let word = self.one_of(node, "a signal", &["KILL", "TERM", "INT", "QUIT", "ABRT"])?;
        Some(match word {
            "TERM" => Signal::Term,
            "INT" => Signal::Int,
            "QUIT" => Signal::Quit,
            "ABRT" => Signal::Abrt,
            _ => Signal::Kill,
        })
    }

    pub(super) fn command(&mut self, step: &StepFields<'_>) -> Option<Command> {
        let items = self.filled_list(step.value(), "a list of arguments")?;
        let arguments: Vec<_> = items.iter().map(|item| self.template(item, "an argument")).collect();
        let (mut exit, mut stdout, mut stderr) = (Some(0), None, None);
        if let Some(node) = step.get("expect") {
            let fields = self.fields(node, &keys::COMMAND_EXPECT)?;
            if let Some(node) = fields.get("exit") {
                exit = self.number::<u8>(node, "an exit code").map(i32::from);
            }
            stdout = fields.get("stdout").and_then(|node| self.matcher(node));
            stderr = fields.get("stderr").and_then(|node| self.matcher(node));
        }
        let server = self.registry_of(step.get("of"), step.span());
        Some(Command {
            server: server?,
            arguments: arguments.into_iter().collect::<Option<_>>()?,
            exit: exit?,
            stdout,
            stderr,
        })
    }

    pub(super) fn log(&mut self, step: &StepFields<'_>) -> Option<LogCheck> {
        let fields = self.fields(step.value(), &keys::LOG)?;
        let server = self.registry_of(fields.get("of"), step.span());
        let level = fields
            .get("level")
            .and_then(|node| self.word_or_template(node, "a log level", LEVELS));
        let message = fields.get("message").and_then(|node| self.matcher(node));
        let others = fields
            .get("fields")
            .map_or(Some(Vec::new()), |node| self.matchers(node, "a map of fields"));
        let times = step.get("times").and_then(|node| self.times(node));
        Some(LogCheck {
            server: server?,
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
        let fields = self.fields(step.value(), &keys::METRIC)?;
        let name = self
            .required(&fields, "name", "write the metric's name")
            .and_then(|node| self.filled(node, "the name of a metric"));
        let labels = fields
            .get("labels")
            .map_or(Some(Vec::new()), |node| self.texts(node, "a label"));
        let path = match fields.get("path") {
            Some(node) if fields.get("of").is_none() => self.path(node),
            Some(node) => self.conflicting_path(node),
            None => self
                .registry_of(fields.get("of"), step.span())
                .map(|server| self.path_of(&server, "/metrics", step.span())),
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
    pub(super) fn layout(&mut self, step: &StepFields<'_>) -> Option<Action> {
        self.one_of(step.value(), "a state of the layout", &["valid"])?;
        let server = match step.get("of") {
            Some(node) => Some(self.server_named(node, Sort::Registry)?),
            None => None,
        };
        Some(Action::Layout { server })
    }

    /// Whether a node is a list.
    pub(super) fn is_list(node: &Node) -> bool {
        matches!(node.kind, Kind::List(_))
    }
}
