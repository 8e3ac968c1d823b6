//! The binary as its user meets it: command line, configuration, log and signals.

#![expect(
    clippy::unwrap_used,
    reason = "the lint lets tests be, but not the functions that they share"
)]

mod commands;
mod extensions;
mod faults;
mod running;
mod scrub;
mod secrets;
mod serve;
