//! `delete` of a tag, a manifest or a blob.

use super::{capture::capture, push};
use crate::{
    assertion::Answer,
    runner::{
        context::{Context, new_request},
        stop::Stop,
    },
    scenario::{Delete, Deleted},
};

pub(super) async fn run(run: &mut Context, step: &Delete) -> Result<(), Stop> {
    let url = match &step.what {
        Deleted::Manifest(template) => {
            let (repository, reference) = push::reference(run, template)?;
            run.url_in(&repository, &format!("manifests/{reference}"))?
        }
        Deleted::Blob { digest, from } => {
            let repository = match from {
                Some(from) => run.repository(&run.scope.text(from)?)?,
                None => run.own_repository()?,
            };
            run.url_in(&repository, &format!("blobs/{}", run.scope.text(digest)?))?
        }
    };
    let response = run.send(new_request("DELETE", url), true).await?;
    run.hold(&step.expect, Answer::Response(&response))?;
    capture(run, &step.captures, &response)
}
