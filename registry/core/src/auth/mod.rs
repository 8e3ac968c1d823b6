//! Who may do what: the one gate that every path to content goes through.
//!
//! [`crate::service`] hands out content only to the holder of a [`Grant`], and only [`Gate::admit`] makes one.

mod gate;

pub use gate::{Action, Caller, Denied, Gate, Grant};
