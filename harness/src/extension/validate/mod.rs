//! Whether an extension is good: what is said of it by the guidelines, the builds, the scenarios, the comparison of builds,
//! and what it costs.

mod build_time;
mod chart;
mod cost;
mod judge;
mod measure;
mod page;

pub use build_time::build_times;
pub use cost::{Cost, Sample};
pub use judge::{Held, Outcome, Part, Tally, Validation, held, judge};
pub use measure::{MeasureError, Measurements, measure};
pub use page::{html, write_text};
