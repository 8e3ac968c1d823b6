//! Formats events as JSON.

use std::{
    cell::Cell,
    fmt::{self, Write as _},
    sync::atomic::{AtomicU64, Ordering},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{Layer, layer::Context};

use super::writer::LogWriter;

/// Hands events of this program's own, and what others warn of, to the writer.
pub(super) struct JsonLayer {
    level: LevelFilter,
    writer: LogWriter,
}

impl JsonLayer {
    pub(super) fn new(level: LevelFilter, writer: LogWriter) -> Self {
        Self { level, writer }
    }
}

impl<S: Subscriber> Layer<S> for JsonLayer {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= self.level
            && (metadata.target().starts_with("plimsoll") || *metadata.level() <= Level::WARN)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.writer.write(line(event, jiff::Timestamp::now()));
    }
}

/// The line of an event: zot's keys first, then the event's own fields.
fn line(event: &Event<'_>, now: jiff::Timestamp) -> String {
    let metadata = event.metadata();
    let mut fields = Fields::default();
    event.record(&mut fields);
    let level = match *metadata.level() {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    };
    let mut line = String::with_capacity(192 + fields.message.len() + fields.others.len());
    // Writing to a String cannot fail.
    let _ = write!(line, "{{\"level\":\"{level}\",\"message\":{}", Json(&fields.message));
    let _ = write!(line, ",\"time\":\"{now}\"");
    if let (Some(file), Some(number)) = (metadata.file(), metadata.line()) {
        let _ = write!(line, ",\"caller\":{}", Json(&format!("{file}:{number}")));
    }
    let _ = write!(line, ",\"goroutine\":{}", task_number());
    line.push_str(&fields.others);
    line.push_str("}\n");
    line
}

/// The number of the task that speaks, or outside of tasks that of the thread.
fn task_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static NUMBER: Cell<u64> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed)));
    tokio::task::try_id()
        .and_then(|id| id.to_string().parse().ok())
        .unwrap_or_else(|| NUMBER.get())
}

/// A text as a JSON string.
struct Json<'a>(&'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = serde_json::to_string(self.0).map_err(|_| fmt::Error)?;
        formatter.write_str(&quoted)
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    /// `,"name":value` for each.
    others: String,
}

impl Fields {
    fn add(&mut self, field: &Field, value: impl fmt::Display) {
        let _ = write!(self.others, ",{}:{value}", Json(field.name()));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.add(field, Json(value));
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(error) = source {
            let _ = write!(text, ": {error}");
            source = error.source();
        }
        self.add(field, Json(&text));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.add(field, value);
        } else {
            self.add(field, Json(&value.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    fn lines(level: LevelFilter, say: impl FnOnce()) -> Vec<serde_json::Value> {
        let (sender, lines) = mpsc::sync_channel(16);
        let layer = JsonLayer::new(level, LogWriter::new(sender));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), say);
        lines
            .try_iter()
            .map(|line| serde_json::from_slice(line.as_bytes()).unwrap())
            .collect()
    }

    #[test]
    fn a_line_has_zots_keys_and_then_the_fields() {
        let lines = lines(LevelFilter::INFO, || {
            tracing::warn!(count = 3, ok = true, "affected blob" = "a\"b\n", "it {}", "happened");
        });
        let keys: Vec<_> = lines[0].as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "level",
                "message",
                "time",
                "caller",
                "goroutine",
                "count",
                "ok",
                "affected blob"
            ]
        );
        assert_eq!(lines[0]["level"], "warn");
        assert_eq!(lines[0]["message"], "it happened");
        assert_eq!(lines[0]["affected blob"], "a\"b\n");
        assert!(lines[0]["caller"].as_str().unwrap().contains("layer.rs:"));
        assert!(lines[0]["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    }

    #[test]
    fn what_is_less_important_than_the_level_is_left_out_and_so_is_chatter_of_libraries() {
        let lines = lines(LevelFilter::DEBUG, || {
            tracing::trace!("too little");
            tracing::debug!("enough");
            tracing::debug!(target: "hyper", "chatter");
            tracing::warn!(target: "hyper", "a warning");
        });
        let messages: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
        assert_eq!(messages, ["enough", "a warning"]);
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let error = crate::storage::StorageError::Interrupted(std::io::Error::other("the cable"));
        let lines = lines(LevelFilter::INFO, || {
            tracing::error!(error = &error as &dyn std::error::Error, "no");
        });
        assert_eq!(lines[0]["error"], "the body ended early: the cable");
    }
}
