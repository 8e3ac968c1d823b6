//! The places where what is not the store's may come between: before a look at the disk or a change of it, and where it
//! waits for a lock. In a registry nothing happens there. In tests of races a seed decides which thread goes on, and in tests
//! of faults the disk fails.

#[cfg(not(test))]
pub(super) use nothing::{room, step, strike, sync, wait_for};

#[cfg(not(test))]
mod nothing {
    #![expect(clippy::unnecessary_wraps, reason = "in tests they fail")]

    use std::{io, path::Path};

    /// Before an operation on `path`. Where a test has it fail, it is not to be done.
    pub(in super::super) const fn step(_path: &Path) -> io::Result<()> {
        Ok(())
    }

    /// As [`step`], where it does not matter to others when it happens.
    pub(in super::super) const fn strike(_path: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Before so many bytes are written. `Ok`: how many of them the disk takes.
    pub(in super::super) const fn room(_path: &Path, wanted: usize) -> io::Result<usize> {
        Ok(wanted)
    }

    /// Before a file is synced.
    pub(in super::super) const fn sync(_path: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Lets others go first until `is_free`, in a test of races; without one, the lock itself is what waits.
    pub(in super::super) fn wait_for(_is_free: impl Fn() -> bool) {}
}

#[cfg(test)]
pub(super) use super::faults::{room, strike, sync};
#[cfg(test)]
pub(super) use seeded::{run, step, wait_for};

#[cfg(test)]
mod seeded {
    use std::{
        cell::RefCell,
        io,
        panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
        path::Path,
        sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
        thread,
    };

    use crate::storage::filesystem::faults;

    /// More steps than any race takes: then no one can go on.
    const MOST_STEPS: usize = 100_000;

    thread_local! {
        static SEAT: RefCell<Option<Seat>> = const { RefCell::new(None) };
    }

    /// A thread's place in a schedule.
    #[derive(Clone)]
    struct Seat {
        schedule: Arc<Schedule>,
        number: usize,
    }

    /// Of its threads, one at a time goes on.
    struct Schedule {
        turns: Mutex<Turns>,
        changed: Condvar,
    }

    struct Turns {
        /// Those that have not ended.
        alive: Vec<usize>,
        current: usize,
        random: u64,
        steps: usize,
    }

    impl Turns {
        /// Draws who goes on (`SplitMix64`).
        fn draw(&mut self) {
            self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.random;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            if !self.alive.is_empty() {
                self.current = self.alive[usize::try_from(mixed % self.alive.len() as u64).unwrap()];
            }
        }
    }

    impl Schedule {
        fn turns(&self) -> MutexGuard<'_, Turns> {
            self.turns.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn wait_for_turn(&self, number: usize, turns: MutexGuard<'_, Turns>) {
            let _turns = self
                .changed
                .wait_while(turns, |turns| turns.current != number)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(in super::super) fn step(path: &Path) -> io::Result<()> {
        overtake();
        faults::strike(path)
    }

    /// Lets a thread of the schedule go on, perhaps this one. Nothing on a thread that is in none.
    fn overtake() {
        let Some(seat) = SEAT.with_borrow(Clone::clone) else {
            return;
        };
        let mut turns = seat.schedule.turns();
        turns.steps += 1;
        assert!(turns.steps < MOST_STEPS, "no thread can go on");
        turns.draw();
        seat.schedule.changed.notify_all();
        seat.schedule.wait_for_turn(seat.number, turns);
    }

    /// Lets others go on until `is_free`: nobody may wait in a lock while it is their turn.
    pub(in super::super) fn wait_for(is_free: impl Fn() -> bool) {
        if SEAT.with_borrow(Option::is_some) {
            overtake();
            while !is_free() {
                overtake();
            }
        }
    }

    /// Runs each of `actors` on a thread of its own, one step of one of them at a time, as `seed` says.
    pub(in super::super) fn run(seed: u64, actors: Vec<Box<dyn FnOnce() + Send + '_>>) {
        let mut turns = Turns {
            alive: (0..actors.len()).collect(),
            current: 0,
            random: seed,
            steps: 0,
        };
        turns.draw();
        let schedule = Arc::new(Schedule {
            turns: Mutex::new(turns),
            changed: Condvar::new(),
        });
        thread::scope(|scope| {
            for (number, actor) in actors.into_iter().enumerate() {
                let schedule = Arc::clone(&schedule);
                scope.spawn(move || {
                    schedule.wait_for_turn(number, schedule.turns());
                    let seat = Seat {
                        schedule: Arc::clone(&schedule),
                        number,
                    };
                    SEAT.set(Some(seat));
                    let ended = catch_unwind(AssertUnwindSafe(actor));
                    SEAT.set(None);
                    let mut turns = schedule.turns();
                    turns.alive.retain(|other| *other != number);
                    turns.draw();
                    drop(turns);
                    schedule.changed.notify_all();
                    if let Err(panic) = ended {
                        resume_unwind(panic);
                    }
                });
            }
        });
    }

    #[cfg(test)]
    mod tests {
        use std::collections::BTreeSet;

        use super::*;

        fn order(seed: u64) -> String {
            let order = Mutex::new(String::new());
            let actor = |name: char| -> Box<dyn FnOnce() + Send + '_> {
                let order = &order;
                Box::new(move || {
                    for _ in 0..3 {
                        order.lock().unwrap().push(name);
                        overtake();
                    }
                })
            };
            run(seed, vec![actor('a'), actor('b')]);
            order.into_inner().unwrap()
        }

        #[test]
        fn a_seed_gives_one_order_and_all_seeds_give_all() {
            let orders: BTreeSet<String> = (0..2_000).map(order).collect();
            // Three of one among six.
            assert_eq!(orders.len(), 20, "{orders:?}");
            for seed in 0..20 {
                assert_eq!(order(seed), order(seed));
            }
        }
    }
}
