//! A saboteur as what a target may have before its servers.

use std::{io, sync::Arc};

use super::{Listener, Meddler};
use crate::target::{Front, Interpose};

/// Stands before every server of one run, and lets one meddler see what is asked of them.
#[derive(Debug)]
pub(crate) struct Saboteur(Arc<dyn Meddler>);

impl Saboteur {
    /// One that does what `meddler` says.
    pub(crate) fn of(meddler: Arc<dyn Meddler>) -> Arc<dyn Interpose> {
        Arc::new(Self(meddler))
    }
}

impl Interpose for Saboteur {
    fn stand_before(&self, upstream: &str) -> io::Result<Box<dyn Front>> {
        Ok(Box::new(Listener::before(upstream, Arc::clone(&self.0))?))
    }
}

impl Front for Listener {
    fn authority(&self) -> &str {
        Listener::authority(self)
    }
}
