//! Reports: a fold of the run's events into a model, and one file a format that shows it. Reads nothing else.

mod cell;
mod census;
mod comparison;
mod difference;
mod event_log;
mod failure;
mod github;
mod html;
pub(crate) mod json;
mod junit;
mod model;
mod not_run;
mod output;
mod pairs;
mod question;
mod statements;
mod tap;
mod terminal;
mod text;
mod trend;

#[cfg(test)]
pub(crate) mod tests;

pub use cell::{Cell, CellState};
pub use census::Census;
pub use comparison::Suspicion;
pub use difference::{Difference, FirstDifference};
pub use event_log::{EventLog, read_events};
pub use failure::{FailureGroup, Neighbour, describe};
pub use model::{CombinationReport, Report};
pub use not_run::NotRun;
pub use output::{Format, Output};
pub use pairs::PairCount;
pub use question::Question;
pub use statements::{StatementReport, StatementVerdict, Strength};
pub use terminal::write as write_terminal;
pub use trend::{Baseline, Change, Pace, Trend};
