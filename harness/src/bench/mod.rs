//! Benchmarks: registries and the limits of the machine, measured in turn.
//!
//! A [`Plan`] says what is measured. Its stages fill each [`Subject`] with the same content; the workloads of a stage are then
//! measured round by round, every subject in each round, so that whatever slows the machine down meets all of them. What comes
//! out is a [`Bench`]: figures and ratios, never a verdict.

mod content;
mod error;
mod load;
mod machine;
mod plan;
mod plot;
mod process;
mod report;
mod result;
mod run;
mod subject;

pub use error::BenchError;
pub use machine::Machine;
pub use plan::{
    Aim, Axis, Content, Operation, Place, Plan, PlanError, Size, Sizes, Span, Stage, Way, What, Who, Workload,
};
pub use report::write_text;
pub use result::{AimResult, Bench, LaneResult, Reading, Spread, StageResult, Summary, Usage, WorkloadResult};
pub use run::{Watch, run};
pub use subject::{Named, NginxError, Subject};
