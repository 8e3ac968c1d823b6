//! The smallest part of a history that is no history of the model.
//!
//! A part is evidence against the whole only if what was left out could not have explained what is in it: leaving out
//! the write whose value a read saw would make anything look impossible. So a write is left out only if no read that
//! stays can have seen it: it began after the read, or something that stays and left or saw another value lies between
//! them for sure.
//!
//! Where a server errs once it errs again, and some of its errors take fewer operations to show than the first.

use super::{Event, Reads, Value, Verdict, judge};

/// How many operations a part of the history has that is searched for something smaller.
const WINDOW: usize = 16;

/// How many such parts are looked at, at most.
const WINDOWS: usize = 256;

/// The least operations of `events` that cannot have happened one after the other. `events` cannot.
pub(in crate::runner) fn minimised(events: &[Event], initial: Value) -> Vec<Event> {
    let beginning = shortest_beginning(events, initial);
    let mut least = reduced(&beginning, vec![true; beginning.len()], initial);
    let mut ordered = events.to_vec();
    ordered.sort_by_key(|event| event.call);
    let ends = (WINDOW..=ordered.len()).step_by(ordered.len().div_ceil(WINDOWS).max(1));
    for end in ends {
        let mut kept = vec![false; ordered.len()];
        kept[end - WINDOW..end].fill(true);
        if is_evidence(&ordered, &kept, initial) {
            let part = reduced(&ordered, kept, initial);
            if part.len() < least.len() {
                least = part;
            }
        }
    }
    least
}

/// The least of what is kept of `whole` that is still evidence, with where its values came from.
fn reduced(whole: &[Event], mut kept: Vec<bool>, initial: Value) -> Vec<Event> {
    let mut size = whole.len().div_ceil(2).max(1);
    loop {
        let mut smaller = false;
        let mut begin = 0;
        while begin < whole.len() {
            let end = (begin + size).min(whole.len());
            if kept[begin..end].contains(&true) {
                let mut tried = kept.clone();
                tried[begin..end].fill(false);
                if is_evidence(whole, &tried, initial) {
                    kept = tried;
                    smaller = true;
                }
            }
            begin = end;
        }
        if size == 1 && !smaller {
            break;
        }
        if size > 1 {
            size = size.div_ceil(2);
        }
    }
    add_sources(whole, &mut kept);
    part(whole, &kept)
}

/// Adds where the values came from that are seen: it proves nothing more, and shows what was lost.
fn add_sources(whole: &[Event], kept: &mut [bool]) {
    for at in 0..whole.len() {
        let Reads::Is(value) = whole[at].reads else { continue };
        let wrote = |other: usize| whole[other].writes == Some(value);
        if !kept[at] || (0..whole.len()).any(|other| kept[other] && wrote(other)) {
            continue;
        }
        let sources = (0..whole.len()).filter(|other| wrote(*other) && !whole[at].precedes(&whole[*other]));
        if let Some(source) = sources.max_by_key(|other| whole[*other].call) {
            kept[source] = true;
        }
    }
}

fn part(whole: &[Event], kept: &[bool]) -> Vec<Event> {
    let kept = whole.iter().zip(kept).filter(|(_, kept)| **kept);
    kept.map(|(event, _)| event.clone()).collect()
}

/// The history up to the first return with which it is impossible. What was under way then may or may not have happened.
fn shortest_beginning(events: &[Event], initial: Value) -> Vec<Event> {
    let until = |time: u64| -> Vec<Event> {
        let begun = events.iter().filter(|event| event.call < time);
        let known = begun.map(|event| Event {
            returned: event.returned.filter(|returned| *returned <= time),
            ..event.clone()
        });
        // What has not returned and changes nothing says nothing.
        known
            .filter(|event| event.returned.is_some() || event.writes.is_some())
            .collect()
    };
    let mut returns: Vec<u64> = events.iter().filter_map(|event| event.returned).collect();
    returns.sort_unstable();
    let first = returns.partition_point(|time| judge(&until(*time), initial) != Verdict::Not);
    returns.get(first).map_or_else(|| events.to_vec(), |time| until(*time))
}

/// Whether what is kept is impossible, and no part of the rest could explain it.
fn is_evidence(whole: &[Event], kept: &[bool], initial: Value) -> bool {
    let remaining = part(whole, kept);
    let left_out = whole.iter().zip(kept).filter(|(_, kept)| !**kept);
    for (gone, _) in left_out {
        let Some(value) = gone.writes else { continue };
        let explains = |reader: &&Event| {
            let sees = !matches!(reader.reads, Reads::Anything | Reads::Never) && reader.reads.admits(value);
            let between = || {
                let mut others = remaining
                    .iter()
                    .filter(|other| other.writes.map_or(!other.reads.admits(value), |wrote| wrote != value));
                others.any(|other| gone.precedes(other) && other.precedes(reader))
            };
            sees && !reader.precedes(gone) && !between()
        };
        if remaining.iter().any(|reader| explains(&reader)) {
            return false;
        }
    }
    judge(&remaining, initial) == Verdict::Not
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::search::tests::{histories, read, write},
        *,
    };

    #[test]
    fn a_lost_update_among_many_operations_is_three() {
        let mut events: Vec<Event> = Vec::new();
        for round in 0..200 {
            let at = round * 10;
            events.push(write(at + 1, at + 4, round % 5));
            events.push(read(at + 6, at + 9, round % 5));
        }
        // The second of these is lost.
        events.push(write(3001, 3002, 1));
        events.push(write(3003, 3004, 2));
        events.push(read(3005, 3006, 1));
        events.push(read(3007, 3008, 1));
        assert_eq!(judge(&events, 0), Verdict::Not);
        let least = minimised(&events, 0);
        assert_eq!(
            least,
            [write(3001, 3002, 1), write(3003, 3004, 2), read(3005, 3006, 1)],
            "{least:#?}"
        );
    }

    #[test]
    fn a_write_that_explains_a_read_is_not_left_out() {
        // Without the first write the read would look impossible whatever the second did.
        let events = [write(1, 2, 7), write(3, 4, 8), read(5, 6, 7)];
        assert_eq!(minimised(&events, 0), events);
        let fine = [write(1, 2, 7), read(5, 6, 7)];
        assert!(!is_evidence(&fine, &[false, true], 0));
    }

    #[test]
    fn what_was_seen_between_tells_that_an_earlier_write_was_gone() {
        // Nothing writes 0 after the first read; what did before it explains nothing, and one is shown as the source.
        let events = [
            write(1, 10, 0),
            write(2, 9, 0),
            write(3, 12, 1),
            read(14, 16, 1),
            write(17, 0, 1),
            read(18, 20, 0),
        ];
        assert_eq!(judge(&events, 0), Verdict::Not);
        let least = minimised(&events, 0);
        assert_eq!(
            least,
            [write(2, 9, 0), write(3, 12, 1), read(14, 16, 1), read(18, 20, 0)],
            "{least:#?}"
        );
    }

    #[test]
    fn a_later_error_that_is_shown_by_less_is_preferred() {
        let mut events = vec![
            write(1, 2, 0),
            read(3, 10, 1),
            write(5, 30, 1),
            write(12, 14, 0),
            read(16, 20, 1),
            read(22, 24, 1),
        ];
        for round in 0..10 {
            events.push(write(40 + 4 * round, 41 + 4 * round, round + 2));
        }
        events.push(read(100, 101, 3));
        assert_eq!(judge(&events, 0), Verdict::Not);
        let least = minimised(&events, 0);
        assert_eq!(least.len(), 3, "{least:#?}");
    }

    proptest! {
        #[test]
        fn what_is_left_is_impossible_and_nothing_of_a_possible_history_is_evidence(events in histories()) {
            if judge(&events, 0) == Verdict::Not {
                let least = minimised(&events, 0);
                prop_assert_eq!(judge(&least, 0), Verdict::Not);
                prop_assert!(!least.is_empty());
            } else {
                for bits in 0..1_u32 << events.len() {
                    let kept: Vec<bool> = (0..events.len()).map(|at| bits >> at & 1 == 1).collect();
                    prop_assert!(!is_evidence(&events, &kept, 0), "{:?}", kept);
                }
            }
        }
    }
}
