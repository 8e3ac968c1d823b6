//! The search for an order.

use std::collections::HashSet;

use super::{Event, Value};

/// The most situations that are looked at.
const MOST: usize = 300_000;

/// What came of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::runner) enum Verdict {
    /// There is an order that explains everything.
    Linearizable,
    /// There is none.
    Not,
    /// There are too many to look at.
    Unknown,
}

/// Calls and returns in the order of time, as a list from which operations are lifted and put back.
struct List {
    /// The operation of each entry, and whether it is its call.
    entries: Vec<(usize, bool)>,
    next: Vec<usize>,
    previous: Vec<usize>,
    /// Where each operation returns.
    returns: Vec<Option<usize>>,
}

/// The entry before the first. Where there is no next, the next is this.
const HEAD: usize = 0;

impl List {
    fn new(events: &[Event]) -> Self {
        let mut times: Vec<(u64, usize, bool)> = Vec::new();
        for (operation, event) in events.iter().enumerate() {
            times.push((event.call, operation, true));
            times.extend(event.returned.map(|returned| (returned, operation, false)));
        }
        times.sort_unstable();
        let mut list = Self {
            entries: vec![(usize::MAX, false)],
            next: Vec::new(),
            previous: Vec::new(),
            returns: vec![None; events.len()],
        };
        for (_, operation, call) in times {
            if !call {
                list.returns[operation] = Some(list.entries.len());
            }
            list.entries.push((operation, call));
        }
        let length = list.entries.len();
        list.next = (0..length).map(|at| (at + 1) % length).collect();
        list.previous = (0..length).map(|at| (at + length - 1) % length).collect();
        list
    }

    fn unlink(&mut self, at: usize) {
        let (previous, next) = (self.previous[at], self.next[at]);
        self.next[previous] = next;
        self.previous[next] = previous;
    }

    fn link(&mut self, at: usize) {
        let (previous, next) = (self.previous[at], self.next[at]);
        self.next[previous] = at;
        self.previous[next] = at;
    }

    /// Takes an operation out, by its call.
    fn lift(&mut self, call: usize) {
        self.unlink(call);
        if let Some(returns) = self.returns[self.entries[call].0] {
            self.unlink(returns);
        }
    }

    /// Puts the operation back that was lifted last.
    fn unlift(&mut self, call: usize) {
        if let Some(returns) = self.returns[self.entries[call].0] {
            self.link(returns);
        }
        self.link(call);
    }
}

/// Whether `events` on something that holds `initial` at first could have happened one after the other.
pub(in crate::runner) fn judge(events: &[Event], initial: Value) -> Verdict {
    let mut list = List::new(events);
    let mut waiting = events.iter().filter(|event| event.returned.is_some()).count();
    let mut done = vec![0_u64; events.len().div_ceil(64)];
    let mut tried: HashSet<(Box<[u64]>, Value)> = HashSet::new();
    let mut taken: Vec<(usize, Value)> = Vec::new();
    let mut value = initial;
    let mut at = list.next[HEAD];
    // What has not returned need not have happened.
    while waiting > 0 {
        let (operation, call) = list.entries[at];
        if at != HEAD && call {
            if let Some(after) = events[operation].apply(value) {
                done[operation / 64] |= 1 << (operation % 64);
                if tried.insert((done.clone().into(), after)) {
                    if tried.len() > MOST {
                        return Verdict::Unknown;
                    }
                    taken.push((at, value));
                    value = after;
                    waiting -= usize::from(events[operation].returned.is_some());
                    list.lift(at);
                    at = list.next[HEAD];
                    continue;
                }
                done[operation / 64] &= !(1 << (operation % 64));
            }
            at = list.next[at];
            continue;
        }
        // Something returns that has not happened yet, or nothing is left to try: what was taken last was wrong.
        let Some((undone, before)) = taken.pop() else {
            return Verdict::Not;
        };
        let operation = list.entries[undone].0;
        value = before;
        done[operation / 64] &= !(1 << (operation % 64));
        waiting += usize::from(events[operation].returned.is_some());
        list.unlift(undone);
        at = list.next[undone];
    }
    Verdict::Linearizable
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::{super::Reads, *};

    pub(crate) fn event(call: u64, returned: u64, reads: Reads, writes: Option<Value>) -> Event {
        Event {
            client: None,
            label: String::new(),
            call,
            returned: (returned > 0).then_some(returned),
            reads,
            writes,
        }
    }

    pub(crate) fn write(call: u64, returned: u64, value: Value) -> Event {
        event(call, returned, Reads::Anything, Some(value))
    }

    pub(crate) fn read(call: u64, returned: u64, value: Value) -> Event {
        event(call, returned, Reads::Is(value), None)
    }

    #[test]
    fn an_order_is_found_where_there_is_one() {
        let table = [
            (vec![], true),
            (vec![write(1, 2, 1), read(3, 4, 1)], true),
            (vec![write(1, 2, 1), read(3, 4, 0)], false),
            // Side by side: before or after.
            (vec![write(1, 4, 1), read(2, 3, 0)], true),
            (vec![write(1, 4, 1), read(2, 3, 1)], true),
            // Seen, and then unseen.
            (vec![write(1, 6, 1), read(2, 3, 1), read(4, 5, 0)], false),
            // A lost update.
            (vec![write(1, 2, 1), write(3, 4, 2), read(5, 6, 1)], false),
            (vec![write(1, 2, 1), write(3, 0, 2), read(5, 6, 1)], true),
            (
                vec![write(1, 2, 1), write(3, 0, 2), read(5, 6, 2), read(7, 8, 1)],
                false,
            ),
            // Two that each found 0 cannot both have moved on from it.
            (
                vec![event(1, 3, Reads::Is(0), Some(5)), event(2, 4, Reads::Is(0), Some(5))],
                false,
            ),
            (
                vec![event(1, 3, Reads::Is(0), Some(5)), event(2, 4, Reads::IsNot(0), None)],
                true,
            ),
            (vec![event(1, 2, Reads::Never, None)], false),
        ];
        for (events, wanted) in table {
            let verdict = if wanted { Verdict::Linearizable } else { Verdict::Not };
            assert_eq!(judge(&events, 0), verdict, "{events:#?}");
        }
    }

    /// By trying every order.
    fn by_hand(events: &[Event], done: &mut Vec<usize>, value: Value) -> bool {
        let open: Vec<usize> = (0..events.len()).filter(|at| !done.contains(at)).collect();
        if open.iter().all(|at| events[*at].returned.is_none()) {
            return true;
        }
        open.iter().any(|at| {
            let first = !open.iter().any(|other| events[*other].precedes(&events[*at]));
            first
                && events[*at].apply(value).is_some_and(|value| {
                    done.push(*at);
                    let found = by_hand(events, done, value);
                    done.pop();
                    found
                })
        })
    }

    pub(crate) fn histories() -> impl Strategy<Value = Vec<Event>> {
        let one = (0..4_u64, 1..6_u64, 0..6_u8, 0..3_u64);
        prop::collection::vec(one, 0..7).prop_map(|ones| {
            let mut events = Vec::new();
            for (index, (gap, length, kind, value)) in ones.into_iter().enumerate() {
                // Distinct times: even ones for calls, odd ones for returns.
                let call = 16 * index as u64 + 2 * gap;
                let returned = call + 10 * length + 1;
                events.push(match kind {
                    0 => write(call, 0, value),
                    1 | 2 => write(call, returned, value),
                    3 => event(call, returned, Reads::Is(value), Some(value + 1)),
                    _ => read(call, returned, value),
                });
            }
            events
        })
    }

    proptest! {
        #[test]
        fn the_search_agrees_with_trying_every_order(events in histories()) {
            let wanted = by_hand(&events, &mut Vec::new(), 0);
            prop_assert_eq!(judge(&events, 0) == Verdict::Linearizable, wanted);
        }
    }
}
