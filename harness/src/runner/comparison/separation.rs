//! Where the answers of two builds never meet, and whether that can be chance.
//!
//! What was answered in the repetitions is dealt out again in thought: if the builds had no part in it, each way to deal it
//! to two builds would be as probable as any other. Answers that fell apart by build in fewer than one of [`ODDS`] ways did
//! not fall so by chance. Both of a coin's sides that came up ten times each fall apart in 2 of 184,756 ways; answers that
//! never come twice fall apart in all, so they say nothing.

use std::collections::{HashMap, HashSet};

use super::{
    super::{Asked, TranscriptKept},
    Place,
};

/// How often each of two builds is asked again, if nothing is known before.
pub(super) const REPETITIONS: usize = 10;
/// One in so many ways may be chance.
const ODDS: u64 = 10_000;

/// What one build answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// In the run: why it is asked again.
    pub(super) before: Option<TranscriptKept>,
    /// In the repetitions.
    pub(super) again: Vec<TranscriptKept>,
}

impl Answers {
    fn all(&self) -> impl Iterator<Item = &TranscriptKept> {
        self.before.iter().chain(&self.again)
    }

    /// What was asked and answered at each place.
    fn by_place(&self) -> Vec<HashMap<Place, &Asked>> {
        self.all().map(|transcript| transcript.places().collect()).collect()
    }

    /// The same, of the repetitions alone, out of all.
    fn repetitions<'all, T>(&self, all: &'all [T]) -> &'all [T] {
        &all[all.len() - self.again.len()..]
    }
}

/// The places, in the order of the script, where no answer of one build is one of the other's, as far as they were asked, and
/// where that could still not be chance once each was asked [`REPETITIONS`] times.
pub(super) fn apart(usual: &Answers, other: &Answers) -> Vec<Place> {
    let longest = usual.all().chain(other.all()).max_by_key(|one| one.exchanges.len());
    let in_order = longest.into_iter().chain(usual.all()).chain(other.all());
    let mut known = HashSet::new();
    let mut places: Vec<Place> = in_order
        .flat_map(TranscriptKept::places)
        .map(|(place, _)| place)
        .filter(|place| known.insert(*place))
        .collect();
    let (usual_there, other_there) = (usual.by_place(), other.by_place());
    places.retain(|place| {
        let (one, two) = (answers_at(&usual_there, *place), answers_at(&other_there, *place));
        let meet = one.iter().any(|answer| two.contains(answer));
        !meet && is_no_chance(usual.repetitions(&one), other.repetitions(&two))
    });
    places
}

/// What each transcript has at `place`: none where the script did not come there.
fn answers_at<'all>(all: &[HashMap<Place, &'all Asked>], place: Place) -> Vec<Option<&'all Asked>> {
    all.iter().map(|transcript| transcript.get(&place).copied()).collect()
}

/// Whether it cannot be chance that `one` and `two` have no answer in common; if more repetitions are to come, whether it may
/// turn out so: those may all bring the answer that came most often.
fn is_no_chance<T: PartialEq>(one: &[T], two: &[T]) -> bool {
    let mut counts = counts(one);
    counts.extend(self::counts(two));
    ways(&counts).saturating_mul(ODDS) <= ways(&[1; 2 * REPETITIONS])
}

/// How often each answer came, filled up to all repetitions.
fn counts<T: PartialEq>(answers: &[T]) -> Vec<usize> {
    let mut counts: Vec<(&T, usize)> = Vec::new();
    for answer in answers {
        match counts.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, count)) => *count += 1,
            None => counts.push((answer, 1)),
        }
    }
    let mut counts: Vec<usize> = counts.into_iter().map(|(_, count)| count).collect();
    let to_come = REPETITIONS.saturating_sub(answers.len());
    match counts.iter_mut().max() {
        Some(most) => *most += to_come,
        None => counts.push(to_come),
    }
    counts
}

/// In how many ways the equal answers, of which there are so many each, can be dealt to two builds without parting any, each
/// build getting all of its repetitions.
fn ways(counts: &[usize]) -> u64 {
    let mut ways = [0_u64; REPETITIONS + 1];
    ways[0] = 1;
    for count in counts {
        for sum in (*count..=REPETITIONS).rev() {
            ways[sum] += ways[sum - count];
        }
    }
    ways[REPETITIONS]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn transcript(answers: &[&str]) -> TranscriptKept {
        let exchanges = answers.iter().enumerate().map(|(place, answer)| Asked {
            line: place + 1,
            request: "GET /v2/".to_owned(),
            answer: (*answer).to_owned(),
        });
        TranscriptKept {
            digest: answers.join(" "),
            exchanges: exchanges.collect(),
        }
    }

    /// One place, answered so each time, before and again.
    fn answers(before: &str, again: &[&str]) -> Answers {
        Answers {
            before: Some(transcript(&[before])),
            again: again.iter().map(|answer| transcript(&[answer])).collect(),
        }
    }

    fn are_apart(usual: &Answers, other: &Answers) -> bool {
        !apart(usual, other).is_empty()
    }

    #[test]
    fn a_build_that_always_answers_otherwise_is_apart() {
        assert!(are_apart(&answers("a", &["a"; 10]), &answers("b", &["b"; 10])));
    }

    #[test]
    fn one_common_answer_is_enough_to_be_alike_wherever_it_came() {
        assert!(!are_apart(&answers("a", &["b"]), &answers("b", &[])));
        assert!(!are_apart(&answers("a", &["a", "a"]), &answers("b", &["b", "a"])));
        assert!(!are_apart(&answers("a", &["c"; 10]), &answers("b", &["c"; 10])));
    }

    #[test]
    fn answers_that_change_and_never_meet_are_apart() {
        let other = ["x", "y", "x", "y", "y", "x", "x", "x", "y", "x"];
        assert!(are_apart(&answers("a", &["a"; 10]), &answers("x", &other)));
        let usual = ["a", "b", "a", "b", "a", "b", "b", "b", "a", "b"];
        assert!(are_apart(&answers("a", &usual), &answers("x", &other)));
        // Nothing comes twice in the one build, everything is the same in the other.
        let new = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
        assert!(are_apart(&answers("a", &["a"; 10]), &answers("0", &new)));
    }

    #[test]
    fn answers_that_never_come_twice_say_nothing_and_that_is_seen_early() {
        assert!(are_apart(&answers("1", &["2"]), &answers("3", &["4"])));
        assert!(!are_apart(
            &answers("1", &["2", "3", "4", "5"]),
            &answers("6", &["7", "8", "9", "0"])
        ));
    }

    #[test]
    fn what_is_new_each_time_does_not_hide_what_differs_beside_it() {
        let of = |letter: &str, first: usize| {
            let mut again = Vec::new();
            for number in first..first + 11 {
                again.push(transcript(&[&number.to_string(), "same", letter]));
            }
            Answers {
                before: again.pop(),
                again,
            }
        };
        let places = apart(&of("a", 0), &of("b", 100));
        assert_eq!(places, [Place { line: 3, nth: 0 }]);
        assert!(apart(&of("a", 0), &of("a", 100)).is_empty());
    }

    #[test]
    fn that_only_one_build_asks_on_is_a_difference_and_repetition_of_a_step_moves_no_place() {
        let asked = |lines: &[usize]| {
            let exchanges = lines.iter().map(|&line| Asked {
                line,
                request: "GET /v2/".to_owned(),
                answer: "200".to_owned(),
            });
            TranscriptKept {
                digest: format!("{lines:?}"),
                exchanges: exchanges.collect(),
            }
        };
        let of = |lines: &[usize]| Answers {
            before: Some(asked(lines)),
            again: vec![asked(lines); 10],
        };
        assert_eq!(apart(&of(&[3, 3, 5]), &of(&[3, 3, 3, 5])), [Place { line: 3, nth: 2 }]);
    }

    #[test]
    fn ten_of_each_fall_apart_in_two_ways_of_all() {
        assert_eq!(ways(&[10, 10]), 2);
        assert_eq!(ways(&[1; 20]), 184_756);
        assert_eq!(ways(&[5, 5, 5, 5]), 6);
        assert_eq!(ways(&[9, 11]), 0);
    }

    /// Two builds that throw the same dice.
    #[test]
    fn builds_that_answer_alike_are_not_told_apart() {
        let mut state = 7_u64;
        let mut throw = |sides: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((state >> 33) % sides).to_string()
        };
        for sides in 2..40 {
            for _ in 0..100 {
                let thrown: Vec<String> = (0..22).map(|_| throw(sides)).collect();
                let thrown: Vec<&str> = thrown.iter().map(String::as_str).collect();
                let (usual, other) = (answers(thrown[0], &thrown[1..11]), answers(thrown[11], &thrown[12..]));
                assert!(!are_apart(&usual, &other), "{thrown:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_apart_in_the_end_was_so_all_along(
            one in prop::collection::vec("[a-c]", 10),
            two in prop::collection::vec("[d-f]", 10),
            asked in 1_usize..10,
        ) {
            let of = |all: &[String], count: usize| Answers {
                before: None,
                again: all[..count].iter().map(|answer| transcript(&[answer])).collect(),
            };
            if are_apart(&of(&one, 10), &of(&two, 10)) {
                prop_assert!(are_apart(&of(&one, asked), &of(&two, asked)));
            }
        }
    }
}
