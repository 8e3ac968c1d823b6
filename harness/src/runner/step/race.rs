//! `race`: what clients do at once, judged by what they saw.

use std::{collections::BTreeMap, sync::Arc};

use tokio::{task::JoinSet, time::Instant};

use super::clients;
use crate::{
    assertion::Mismatch,
    runner::{
        context::{Context, Last},
        journal::{Action, Answered, Operation, Place},
        linear::{Event, Reads, Value, Verdict, judge, minimised, timeline},
        stop::Stop,
    },
    scenario::{Model, Race},
};

/// The value of what is not there.
const ABSENT: Value = 0;
/// The value of a blob that is.
const PRESENT: Value = 1;
/// The value of an upload that is closed.
const CLOSED: Value = Value::MAX;

pub(super) async fn run(run: &mut Context, race: &Race) -> Result<(), Stop> {
    let begin = run.journal.len();
    run.journal.note_reads(true);
    let raced = racers(run, race).await;
    run.journal.note_reads(false);
    raced?;
    let touched: Vec<(Place, String)> = subjects(&run.journal.since(begin), race.model).into_keys().collect();
    if touched.is_empty() {
        return Err(Stop::failed(format!(
            "nobody did anything that the model `{}` is about",
            race.model.name()
        )));
    }
    // What was done before the race is how it began.
    let mut all = subjects(&run.journal.since(0), race.model);
    for subject in touched {
        run.checks += 1;
        let operations = all.remove(&subject).unwrap_or_default();
        held(race.model, &subject, &operations)?;
    }
    Ok(())
}

/// Lets all of them race until the time is over.
async fn racers(run: &mut Context, race: &Race) -> Result<(), Stop> {
    let deadline = Instant::now() + race.lasts;
    let mut running = JoinSet::new();
    let mut client = 0;
    for racers in &race.clients {
        for _ in 0..clients::count(run, &racers.count)? {
            let mut context = run.fork(client);
            let (steps, model, number) = (Arc::clone(&racers.steps), race.model, client);
            running.spawn(async move {
                let mut round = 0_u64;
                let ended = loop {
                    context.scope.set("n", round.into());
                    match super::run_all(&mut context, &steps).await {
                        Err(Stop::Failed(_)) if is_judged(&context, model) => {}
                        Err(stop) => break Err(stop),
                        Ok(()) => {}
                    }
                    round += 1;
                    if Instant::now() >= deadline {
                        break Ok(());
                    }
                    tokio::task::yield_now().await;
                };
                (number, context, ended)
            });
            client += 1;
        }
    }
    clients::collect(run, running, client).await
}

/// Whether the model says what the last answer means: that something is not there, or that others were faster.
fn is_judged(context: &Context, model: Model) -> bool {
    let Some(Last::Http(exchange)) = &context.last else {
        return false;
    };
    let Ok(response) = &exchange.answer else {
        return false;
    };
    let Some(action) = context.journal.action(&exchange.request) else {
        return false;
    };
    match (model, action) {
        (Model::RegisterPerTag, Action::ReadTag(_) | Action::DeleteTag(_))
        | (Model::SetOfBlobs, Action::ReadBlob(_) | Action::DeleteBlob(_)) => response.status == 404,
        (
            Model::UploadSession,
            Action::Append { .. } | Action::AskSession(_) | Action::CancelSession(_) | Action::PutBlob { .. },
        ) => matches!(response.status, 404 | 416),
        _ => false,
    }
}

/// The operations on each thing that the model is about: a tag, a blob, an upload.
fn subjects(operations: &[Operation], model: Model) -> BTreeMap<(Place, String), Vec<Operation>> {
    let mut subjects: BTreeMap<_, Vec<Operation>> = BTreeMap::new();
    for operation in operations {
        let subject = match (model, &operation.action) {
            (
                Model::RegisterPerTag,
                Action::PutManifest { tag: Some(tag), .. } | Action::DeleteTag(tag) | Action::ReadTag(tag),
            ) => format!("tag {tag}"),
            (
                Model::SetOfBlobs,
                Action::PutBlob { digest, .. } | Action::DeleteBlob(digest) | Action::ReadBlob(digest),
            ) => format!("blob {digest}"),
            (
                Model::UploadSession,
                Action::Append { session, .. }
                | Action::AskSession(session)
                | Action::CancelSession(session)
                | Action::PutBlob {
                    session: Some(session), ..
                },
            ) => format!("upload {session}"),
            _ => continue,
        };
        let place = Place {
            proxied: false,
            ..operation.place.clone()
        };
        subjects.entry((place, subject)).or_default().push(operation.clone());
    }
    subjects
}

/// Holds the operations on one thing against the model.
fn held(model: Model, (place, subject): &(Place, String), operations: &[Operation]) -> Result<(), Stop> {
    let mut values = Values::default();
    let events: Vec<Event> = operations
        .iter()
        .filter_map(|operation| event(model, operation, &mut values))
        .collect();
    match judge(&events, ABSENT) {
        Verdict::Linearizable => Ok(()),
        Verdict::Unknown => Err(Stop::error(format!(
            "the history of the {subject} ({} operations) allows too many orders to look at; let fewer clients race, or \
             for a shorter time",
            events.len()
        ))),
        Verdict::Not => {
            let least = minimised(&events, ABSENT);
            // A location may carry much behind its path.
            let subject = subject.split('?').next().unwrap_or_default();
            let message = format!(
                "the {subject} of {} is no {}: of {} operations, no order of these {} explains what was seen",
                place.repository,
                model.name().trim_end_matches(" per tag").trim_start_matches("set of "),
                events.len(),
                least.len()
            );
            Err(Mismatch::new(
                message,
                "an order in which each sees what was left before",
                timeline(&least),
            )
            .into())
        }
    }
}

/// Numbers for digests.
#[derive(Debug, Default)]
struct Values(Vec<String>);

impl Values {
    fn of(&mut self, digest: &str) -> Value {
        let place = self.0.iter().position(|other| other == digest).unwrap_or_else(|| {
            self.0.push(digest.to_owned());
            self.0.len() - 1
        });
        place as Value + 1
    }
}

/// What an operation is to the model; none if it says nothing.
fn event(model: Model, operation: &Operation, values: &mut Values) -> Option<Event> {
    let (reads, writes) = match model {
        Model::RegisterPerTag => register(operation, values)?,
        Model::SetOfBlobs => blob(operation)?,
        Model::UploadSession => upload(operation)?,
    };
    let known = !matches!(operation.answered, Answered::Nothing | Answered::Failed(_)) && !operation.place.proxied;
    // What is not known to have happened and would have changed nothing says nothing.
    if !known && writes.is_none() {
        return None;
    }
    Some(Event {
        client: operation.client,
        label: label(operation),
        call: operation.call,
        returned: operation.returned.filter(|_| known),
        reads,
        writes,
    })
}

fn register(operation: &Operation, values: &mut Values) -> Option<(Reads, Option<Value>)> {
    Some(match (&operation.action, &operation.answered) {
        (Action::PutManifest { .. } | Action::ReadTag(_), Answered::Refused(_)) => return None,
        (Action::PutManifest { digest, .. }, _) => (Reads::Anything, Some(values.of(digest))),
        (Action::DeleteTag(_), Answered::Refused(404)) | (Action::ReadTag(_), Answered::Saw(None)) => {
            (Reads::Is(ABSENT), None)
        }
        (Action::DeleteTag(_), Answered::Refused(_)) => return None,
        (Action::DeleteTag(_), _) => (Reads::Anything, Some(ABSENT)),
        (Action::ReadTag(_), Answered::Saw(Some(digest))) => (Reads::Is(values.of(digest)), None),
        _ => return None,
    })
}

fn blob(operation: &Operation) -> Option<(Reads, Option<Value>)> {
    Some(match (&operation.action, &operation.answered) {
        (Action::DeleteBlob(_), Answered::Refused(404)) => (Reads::Is(ABSENT), None),
        (_, Answered::Refused(_)) => return None,
        (Action::PutBlob { .. }, _) => (Reads::Anything, Some(PRESENT)),
        (Action::DeleteBlob(_), _) => (Reads::Anything, Some(ABSENT)),
        (Action::ReadBlob(_), Answered::Saw(seen)) => {
            let value = if seen.is_some() { PRESENT } else { ABSENT };
            (Reads::Is(value), None)
        }
        _ => return None,
    })
}

/// An upload holds how many bytes it has, from 0, and then that it is closed.
fn upload(operation: &Operation) -> Option<(Reads, Option<Value>)> {
    Some(match (&operation.action, &operation.answered) {
        (_, Answered::Refused(404)) => (Reads::Is(CLOSED), None),
        (Action::Append { begin: Some(begin), .. }, Answered::Refused(416)) => (Reads::IsNot(*begin), None),
        (_, Answered::Refused(416)) => (Reads::Anything, None),
        (Action::Append { begin, bytes, .. }, Answered::Reached(reached)) => {
            let found = begin.or_else(|| reached.checked_sub(*bytes));
            match found {
                Some(found) if found + bytes == *reached => (Reads::Is(found), Some(*reached)),
                _ => (Reads::Never, None),
            }
        }
        (
            Action::Append {
                begin: Some(begin),
                bytes,
                ..
            },
            Answered::Nothing | Answered::Failed(_),
        ) => (Reads::Is(*begin), Some(begin + bytes)),
        (Action::AskSession(_), Answered::Reached(reached)) => (Reads::Is(*reached), None),
        // A closing request that is refused may have ended the upload all the same.
        (Action::PutBlob { .. } | Action::CancelSession(_), _) => (Reads::IsNot(CLOSED), Some(CLOSED)),
        _ => return None,
    })
}

/// What is shown of an operation.
fn label(operation: &Operation) -> String {
    let short = |digest: &str| digest.chars().take("sha256:".len() + 8).collect::<String>();
    let asked = match &operation.action {
        Action::PutManifest { digest, .. } | Action::PutBlob { digest, .. } => format!("put {}", short(digest)),
        Action::DeleteTag(_) | Action::DeleteBlob(_) | Action::DeleteManifest(_) => "delete".to_owned(),
        Action::ReadTag(_) | Action::ReadBlob(_) => "get".to_owned(),
        Action::Append { begin, bytes, .. } => match begin {
            Some(begin) => format!("append {bytes} at {begin}"),
            None => format!("append {bytes}"),
        },
        Action::AskSession(_) => "ask".to_owned(),
        Action::CancelSession(_) => "cancel".to_owned(),
    };
    let came = match &operation.answered {
        Answered::Nothing => "no answer".to_owned(),
        Answered::Failed(status) | Answered::Refused(status) => status.to_string(),
        Answered::Done => "done".to_owned(),
        Answered::Saw(Some(digest)) => short(digest),
        Answered::Saw(None) => "not there".to_owned(),
        Answered::Reached(bytes) => format!("{bytes} bytes"),
    };
    format!("{asked} → {came}")
}
