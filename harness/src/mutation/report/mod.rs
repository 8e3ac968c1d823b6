//! What a proof found, shown: on the terminal, as JSON, as Markdown for the docs.

mod figures;
mod html;
mod json;
mod markdown;
mod output;
mod terminal;

pub use terminal::write as write_terminal;
