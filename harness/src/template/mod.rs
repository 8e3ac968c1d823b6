//! Templates in scenarios: the variables they see, the values they give, and content.

mod content;
mod expression;
mod functions;
mod random;
mod scope;

pub(crate) use content::hex;
pub use content::{Algorithm, Content, Part, Role};
pub(crate) use expression::{LARGEST_EXPRESSION, largest_expression, measure};
pub use random::Random;
pub use scope::{Scope, TemplateError, to_json};
