//! `raw`: bytes on a connection of their own.

use super::capture::capture;
use crate::{
    assertion::{Actual, Answer, Mismatch},
    client::{TransportError, converse, wire_text},
    runner::{
        context::{Context, Last},
        stop::Stop,
    },
    scenario::Raw,
    template::Content,
};

pub(super) async fn run(run: &mut Context, step: &Raw) -> Result<(), Stop> {
    let value = run.scope.value(&step.send)?;
    let bytes = match value.downcast_object_ref::<Content>() {
        Some(content) => content.bytes().clone(),
        None => wire_text(&value.to_string()),
    };
    let url = run.base(&step.server)?.join("/")?;
    if url.scheme != "http" {
        return Err(Stop::error("`raw` cannot speak to a registry behind https"));
    }
    run.requests += 1;
    let answer = converse(&url.authority, &bytes, step.hang_up).await;
    let response = answer
        .as_ref()
        .map(|answer| answer.responses.first().cloned())
        .map_err(Clone::clone);
    run.note(Last::Raw {
        authority: url.authority,
        sent: bytes,
        response,
    });
    let answer = match answer {
        // Connected, and ended without a word: the same as an end after some.
        Err(TransportError::Closed(_)) => {
            return run.hold(&step.expect, Answer::Closed);
        }
        other => other?,
    };
    if let Some(most) = step.responses_at_most {
        run.checks += 1;
        if answer.responses.len() > most as usize {
            let statuses: Vec<String> = answer
                .responses
                .iter()
                .map(|response| response.status.to_string())
                .collect();
            let came = format!("{}: {}", statuses.len(), statuses.join(", "));
            return Err(Mismatch::new("there were more answers", format!("at most {most}"), came).into());
        }
    }
    if step.responses_at_most == u32::try_from(answer.responses.len()).ok() && answer.trailing > 0 {
        let came = format!("{} bytes more", answer.trailing);
        return Err(Mismatch::new("something follows the last answer", "nothing", came).into());
    }
    match answer.responses.first() {
        Some(response) => {
            run.hold(&step.expect, Answer::Response(response))?;
            capture(run, &step.captures, response)
        }
        None if answer.trailing > 0 => {
            let shown = Actual::Bytes(answer.received.clone()).shown();
            Err(Mismatch::new("what came is not a whole answer", "an answer", shown).into())
        }
        None if answer.closed => run.hold(&step.expect, Answer::Closed),
        None => Err(Stop::failed(
            "the registry neither answered nor closed the connection within 10 s",
        )),
    }
}
