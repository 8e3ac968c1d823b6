//! `set`, `check`, `repeat`, `eventually`.

use minijinja::Value;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{
    assertion::{self, Actual, Kind, Mismatch},
    runner::{Look, context::Context, stop::Stop},
    scenario::{self, Eventually, Matcher, Repeat},
    template::{Content, to_json},
};

/// The most rounds of a `repeat`.
const MOST_ROUNDS: usize = 1_000_000;
/// How many different looks are told: the first and the last half of these.
const LOOKS: usize = 16;
/// How much of a look is told, in characters.
const SEEN: usize = 200;

pub(super) fn set(run: &mut Context, variables: &[(String, scenario::Value)]) -> Result<(), Stop> {
    for (name, value) in variables {
        let value = run.scope.evaluate(value)?;
        run.scope.set(name.clone(), value);
    }
    Ok(())
}

pub(super) fn check(run: &mut Context, value: &scenario::Value, expect: &Matcher) -> Result<(), Stop> {
    run.checks += 1;
    let value = run.scope.evaluate(value)?;
    let actual = match value.downcast_object_ref::<Content>() {
        Some(content) => Actual::Bytes(content.bytes().clone()),
        None => Actual::Json(to_json(&value)),
    };
    assertion::check(expect, &actual, &run.scope).map_err(|error| error.map(|mismatch| mismatch.of("the value")).into())
}

/// The items that are repeated for: a count gives the numbers from 0.
fn items(run: &Context, over: &scenario::Value) -> Result<Vec<Value>, Stop> {
    let value = run.scope.evaluate(over)?;
    let count = value
        .as_usize()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
    if let Some(count) = count {
        if count > MOST_ROUNDS {
            return Err(Stop::error(format!(
                "repeats {count} times; at most {MOST_ROUNDS} are possible"
            )));
        }
        return Ok((0..count).map(Value::from).collect());
    }
    match value.try_iter() {
        Ok(items) if value.as_str().is_none() => Ok(items.collect()),
        _ => Err(Stop::error(format!(
            "repeats for `{value}`, which is neither a number nor a list"
        ))),
    }
}

pub(super) async fn repeat(run: &mut Context, repeat: &Repeat) -> Result<(), Stop> {
    let items = items(run, &repeat.over)?;
    if items.is_empty() {
        // What is repeated for nothing checks nothing, and would pass unseen.
        return Err(Stop::failed("there is nothing to repeat for: the list is empty"));
    }
    let before = repeat.name.as_ref().and_then(|name| run.scope.get(name).cloned());
    for (round, item) in items.into_iter().enumerate() {
        if let Some(name) = &repeat.name {
            run.scope.set(name.clone(), item);
        }
        super::run_all(run, &repeat.steps)
            .await
            .map_err(|stop| stop.map(|mismatch| mismatch.of(&format!("in round {round}:"))))?;
    }
    if let Some(name) = &repeat.name {
        match before {
            Some(value) => run.scope.set(name.clone(), value),
            None => run.scope.remove(name),
        }
    }
    Ok(())
}

/// Looks until the step holds, or time is over, or what ends the wait early holds. Only the last look counts.
pub(super) async fn eventually(run: &mut Context, eventually: &Eventually) -> Result<(), Stop> {
    let began = Instant::now();
    let deadline = began + eventually.within;
    let (checks, outcomes, asked) = (run.checks, run.outcomes.len(), run.transcript.len());
    // Others may be adding to what all clients share.
    let alone = run.client_number.is_none() && run.background.is_empty();
    let did = run.trail.len();
    run.looks.clear();
    let mut ticks = interval(eventually.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looks = 0;
    loop {
        ticks.tick().await;
        looks += 1;
        run.checks = checks;
        run.outcomes.truncate(outcomes);
        run.transcript.truncate(asked);
        if alone {
            run.trail.truncate(did);
        }
        let mismatch = match super::run(run, &eventually.step).await {
            Err(Stop::Failed(mismatch)) => mismatch,
            ended => {
                run.looks.clear();
                return ended;
            }
        };
        see(&mut run.looks, began, &mismatch);
        if let Some(abort_if) = &eventually.abort_if {
            let current = run.current.clone();
            match super::run(run, abort_if).await {
                Ok(()) => {
                    return Err(
                        Stop::failed(format!("gave up after {looks} looks, for `abort_if` holds"))
                            .being(Kind::NotInTime)
                            .at(&abort_if.span),
                    );
                }
                Err(Stop::Failed(_)) => run.current = current,
                Err(stop) => return Err(stop),
            }
        }
        if Instant::now() >= deadline {
            let said = format!("not within {:?} ({looks} looks):", eventually.within);
            return Err(Stop::Failed(Mismatch {
                kind: Kind::NotInTime,
                ..mismatch.of(&said)
            }));
        }
    }
}

/// Adds what was seen; the same in a row is one look.
fn see(looks: &mut Vec<Look>, began: Instant, mismatch: &Mismatch) {
    let came = mismatch
        .actual
        .as_ref()
        .map_or_else(String::new, |actual| format!(": {actual}"));
    let saw: String = format!("{}{came}", mismatch.message)
        .replace('\n', " ")
        .chars()
        .take(SEEN)
        .collect();
    if let Some(last) = looks.last_mut().filter(|last| last.saw == saw) {
        last.times += 1;
        return;
    }
    if looks.len() >= LOOKS {
        looks.remove(LOOKS / 2);
    }
    looks.push(Look {
        times: 1,
        at_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        saw,
    });
}
