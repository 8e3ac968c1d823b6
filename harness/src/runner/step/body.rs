//! Bodies: the bytes that a step sends or writes.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;

use crate::{
    runner::{context::Context, stop::Stop},
    scenario::{Body, Template},
};

/// The bytes of a body.
pub(super) fn bytes(run: &Context, body: &Body) -> Result<Bytes, Stop> {
    Ok(match body {
        Body::Text(template) => run.scope.bytes(template)?,
        Body::Json(value) => run.scope.json(value)?.to_string().into(),
        Body::File(template) => file(run, template)?,
        Body::Base64(template) => {
            let text = run.scope.text(template)?;
            let compact: String = text.split_ascii_whitespace().collect();
            let decoded = BASE64_STANDARD.decode(compact);
            decoded
                .map_err(|error| Stop::error(format!("this is not base64: {error}")).at(&template.span))?
                .into()
        }
    })
}

/// A file of the project.
fn file(run: &Context, template: &Template) -> Result<Bytes, Stop> {
    let path = run.options.project_root.join(run.scope.text(template)?);
    std::fs::read(&path)
        .map(Bytes::from)
        .map_err(|error| Stop::error(format!("cannot read {}: {error}", path.display())).at(&template.span))
}
