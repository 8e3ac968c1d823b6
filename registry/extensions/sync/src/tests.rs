//! The mirror as its clients see it, in front of a scripted upstream.

mod on_demand;
mod periodic;
mod security;
mod streaming;
mod support;
