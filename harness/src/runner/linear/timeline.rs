//! A history as it is drawn: a line for each operation, time from left to right.

use std::fmt::Write as _;

use super::Event;

/// How many columns lie between two moments.
const STEP: usize = 4;

/// A line for each operation, in the order of their calls. A bar that is open at its end never returned.
pub(in crate::runner) fn timeline(events: &[Event]) -> String {
    let mut events: Vec<&Event> = events.iter().collect();
    events.sort_by_key(|event| event.call);
    let mut moments: Vec<u64> = events.iter().map(|event| event.call).collect();
    moments.extend(events.iter().filter_map(|event| event.returned));
    moments.sort_unstable();
    let column = |moment: u64| moments.partition_point(|other| *other < moment) * STEP;
    let end = moments.len() * STEP;
    let who = |event: &Event| {
        event
            .client
            .map_or("before".to_owned(), |client| format!("client {client}"))
    };
    let widest = events.iter().map(|event| who(event).len()).max().unwrap_or_default();
    let mut text = String::new();
    for event in events {
        let begin = column(event.call);
        let (stop, tip) = match event.returned {
            Some(returned) => (column(returned), '┤'),
            None => (end, '…'),
        };
        let bar = format!(
            "{}├{}{tip}",
            " ".repeat(begin),
            "─".repeat((stop - begin).saturating_sub(1))
        );
        let padding = " ".repeat((end + 2).saturating_sub(bar.chars().count()));
        let _ = writeln!(text, "{:widest$}  {bar}{padding}{}", who(event), event.label);
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::{super::Reads, *};

    #[test]
    fn bars_show_what_was_side_by_side() {
        let event = |client, label: &str, call, returned| Event {
            client: Some(client),
            label: label.to_owned(),
            call,
            returned,
            reads: Reads::Anything,
            writes: None,
        };
        let events = [
            event(0, "put a", 10, Some(30)),
            event(11, "put b", 20, None),
            event(2, "saw a", 40, Some(50)),
        ];
        let drawn = "\
client 0   ├───────┤             put a
client 11      ├───────────────… put b
client 2               ├───┤     saw a";
        assert_eq!(timeline(&events), drawn, "\n{}", timeline(&events));
    }
}
