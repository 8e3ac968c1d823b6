//! The command line: what every build can be told, and where an extension's own commands join in.

mod arguments;
mod exit;
mod manual;
mod output;
mod run;
mod serve;

pub use arguments::Binary;
pub use exit::Exit;
pub use output::{complain, fail, load_config, print};
pub use run::run;
