//! What a registry promises to those who push, and how it is seen whether it keeps that: clients that note what they were
//! told, the contract that follows from it, and a look at what is there. Power cuts and kills share this.

pub(crate) mod contract;
pub(crate) mod look;
pub(crate) mod tally;
pub(crate) mod workload;

pub use workload::WorkError;

/// An error with everything that led to it.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", with_causes(source)),
        None => error.to_string(),
    }
}
