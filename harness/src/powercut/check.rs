//! Whether a server that is started on what a power cut left keeps what was promised.

use super::disk::{Tree, lay_out};
use crate::{
    durability::{contract::Expectation, look::Look},
    layout,
    target::{ProcessTarget, Server, ServerError},
};

/// What was found of one state.
#[derive(Default)]
pub(super) struct Found {
    /// Everything that is wrong.
    pub(super) wrong: Vec<String>,
    /// How many things were looked at.
    pub(super) looks: u64,
}

/// Starts a server on `tree` and looks for everything that `expectations` tell of.
pub(super) async fn check(
    target: &ProcessTarget,
    tree: &Tree,
    expectations: &[Expectation],
) -> Result<Found, ServerError> {
    let mut server = Server::new(target)?;
    lay_out(tree, server.root()).map_err(|source| ServerError::Surroundings {
        what: "lay out what a power cut left".to_owned(),
        source,
    })?;
    match server.start().await {
        Ok(()) => {}
        // It does not even start: that is no trouble of ours.
        Err(error @ (ServerError::EndedEarly { .. } | ServerError::NotReady { .. })) => {
            return Ok(Found {
                wrong: vec![error.to_string()],
                looks: 0,
            });
        }
        Err(error) => return Err(error),
    }
    let mut look = Look::new(server.authority().unwrap_or_default());
    for expectation in expectations {
        look.at(expectation).await;
    }
    look.goes_on().await;
    server.stop().await?;
    look.wrong
        .extend(layout::problems(server.root(), layout::ITS_MARK).unwrap_or_default());
    Ok(Found {
        wrong: look.wrong,
        looks: look.looks + 1,
    })
}
