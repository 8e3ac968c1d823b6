//! The results as text, JSON, Markdown and a page with plots.

mod html;
mod json;
mod markdown;
mod output;
mod text;
mod view;

pub use text::write_text;
