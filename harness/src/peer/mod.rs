//! Servers that the harness plays itself: recording proxies, and upstreams that answer by a script. They do what no right
//! server would: delay, cut, corrupt, hang, refuse, point elsewhere.

mod body;
mod forward;
mod record;
mod rule;
mod server;

pub use record::{Recorded, Requests};
pub use rule::{Behaviour, Ending, Pattern, Reply, Rule};
pub use server::{Addresses, Peer, Role};
