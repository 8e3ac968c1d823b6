//! Runs scenarios, and says what happens as a stream of events.

mod event;

pub use event::*;
