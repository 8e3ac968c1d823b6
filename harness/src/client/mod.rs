//! The HTTP client of a run: what is sent goes out byte for byte, what comes back is kept for the report.

mod access;
mod curl;
mod exchange;
mod pool;
mod raw;
mod source;
mod url;

pub(crate) use access::token_in;
pub use access::{Access, AccessError, AccessSettings, Password, SecretError, TlsError};
pub(crate) use curl::is_secret;
pub use exchange::{Exchange, Payload, Request, Response, TransportError};
pub use pool::{Client, Measured};
pub use raw::{RawAnswer, converse, wire_text};
pub use source::Source;
pub use url::{ServerUrlError, Url, UrlError, append_query};
