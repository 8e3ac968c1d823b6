//! The load: clients that each have one connection and wait for each answer.
//!
//! It shares the machine with what it measures, so it does as little as it can: bytes that are sent are never copied, and those
//! that come are counted and let go.

mod body;
mod connection;
mod drive;
mod step;

pub(super) use connection::{Connection, Failure, Origin};
pub(super) use drive::{Clients, Timed, drive};
pub(super) use step::Step;
