//! `clients`: steps that several do at once, each with connections and variables of its own.

use std::sync::Arc;

use tokio::{sync::watch, task::JoinSet};

use crate::{
    runner::{
        context::{Context, Last},
        stop::Stop,
    },
    scenario::{Clients, Step, Value},
};

/// The most clients of a step.
const MOST: u64 = 10_000;

/// What became of a client.
type Ended = (usize, Context, Result<(), Stop>);

/// Clients that go on beside the steps that follow.
#[derive(Debug)]
pub(in crate::runner) struct Background {
    running: JoinSet<Ended>,
    count: usize,
    /// Set before a server is killed: what gets no answer from then on is no failure.
    killed: watch::Sender<bool>,
    /// How many rounds the clients have done together.
    rounds: watch::Receiver<u64>,
}

pub(super) async fn run(run: &mut Context, step: &Clients) -> Result<(), Stop> {
    let count = count(run, &step.count)?;
    if step.until_killed {
        let background = begin(run, count, &step.steps);
        run.background.push(background);
        return Ok(());
    }
    let mut running = JoinSet::new();
    for client in 0..count {
        let mut context = run.fork(client);
        let steps = Arc::clone(&step.steps);
        running.spawn(async move {
            context.scope.set("n", 0.into());
            let ended = super::run_all(&mut context, &steps).await;
            (client, context, ended)
        });
    }
    collect(run, running, count).await
}

/// How many clients there are.
pub(super) fn count(run: &Context, count: &Value) -> Result<usize, Stop> {
    let count = run.scope.json(count)?;
    let count = count.as_u64().or_else(|| count.as_str()?.trim().parse().ok());
    count
        .filter(|count| (1..=MOST).contains(count))
        .and_then(|count| usize::try_from(count).ok())
        .ok_or_else(|| Stop::error(format!("there are from 1 to {MOST} clients")))
}

fn begin(run: &Context, count: usize, steps: &Arc<[Step]>) -> Background {
    let killed = watch::Sender::new(false);
    let rounds_done = watch::Sender::new(0);
    let rounds = rounds_done.subscribe();
    let mut running = JoinSet::new();
    for client in 0..count {
        let mut context = run.fork(client);
        let (steps, killed, rounds_done) = (Arc::clone(steps), killed.subscribe(), rounds_done.clone());
        running.spawn(async move {
            let mut round = 0_u64;
            let ended = loop {
                context.scope.set("n", round.into());
                let ended = super::run_all(&mut context, &steps).await;
                let over = *killed.borrow();
                match ended {
                    Err(_) if over && unanswered(&context) => break Ok(()),
                    Err(stop) => break Err(stop),
                    Ok(()) if over => break Ok(()),
                    Ok(()) => {}
                }
                round += 1;
                rounds_done.send_modify(|rounds| *rounds += 1);
                // A client whose steps never wait lets the others go on.
                tokio::task::yield_now().await;
            };
            (client, context, ended)
        });
    }
    Background {
        running,
        count,
        killed,
        rounds,
    }
}

/// Whether the last request got no answer, or half of one.
fn unanswered(context: &Context) -> bool {
    match &context.last {
        Some(Last::Http(exchange)) => exchange.answer.is_err(),
        Some(Last::Raw { response, .. }) => !matches!(response, Ok(Some(_))),
        None => false,
    }
}

/// Waits until each group of clients has done something, or has ended: a server that is killed before that has nothing
/// to lose.
pub(super) async fn under_way(run: &mut Context) {
    for background in &mut run.background {
        // The sender is gone once all clients have ended.
        let _ = background.rounds.wait_for(|rounds| *rounds > 0).await;
    }
}

/// Tells the clients that a server is about to be killed.
pub(super) fn about_to_kill(run: &Context) {
    for background in &run.background {
        background.killed.send_replace(true);
    }
}

/// Waits for the clients that go on until a server is killed.
pub(super) async fn join(run: &mut Context) -> Result<(), Stop> {
    let mut ended = Ok(());
    for background in std::mem::take(&mut run.background) {
        let joined = collect(run, background.running, background.count).await;
        ended = ended.and(joined);
    }
    ended
}

/// Waits for all clients. The first that failed, by number, tells why.
pub(super) async fn collect(run: &mut Context, mut running: JoinSet<Ended>, count: usize) -> Result<(), Stop> {
    let mut failed: Option<Ended> = None;
    let mut failures = 0;
    while let Some(joined) = running.join_next().await {
        let (client, context, ended) =
            joined.map_err(|error| Stop::error(format!("the harness panicked in a client: {error}")))?;
        run.checks += context.checks;
        run.requests += context.requests;
        for outcome in &context.outcomes {
            if !run.outcomes.contains(outcome) {
                run.outcomes.push(outcome.clone());
            }
        }
        run.deviations.extend(context.deviations.iter().cloned());
        if ended.is_err() {
            failures += 1;
            if failed.as_ref().is_none_or(|(first, ..)| client < *first) {
                failed = Some((client, context, ended));
            }
        }
    }
    let Some((client, context, Err(stop))) = failed else {
        return Ok(());
    };
    run.last = context.last;
    run.current = context.current;
    run.looks = context.looks;
    let others = match failures {
        1 => String::new(),
        failures => format!(" (and {} more)", failures - 1),
    };
    Err(stop.map(|mismatch| mismatch.of(&format!("client {client} of {count}{others}:"))))
}
