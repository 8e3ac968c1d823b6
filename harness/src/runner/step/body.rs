//! Bodies: the bytes that a step sends or writes.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;

use crate::{
    runner::{context::Context, stop::Stop},
    scenario::{Body, Template},
};

/// The bytes of a body.
pub(super) fn bytes(context: &Context<'_>, body: &Body) -> Result<Bytes, Stop> {
    Ok(match body {
        Body::Text(template) => context.scope.bytes(template)?,
        Body::Json(value) => context.scope.json(value)?.to_string().into(),
        Body::File(template) => file(context, template)?,
        Body::Base64(template) => {
            let text = context.scope.text(template)?;
            let compact: String = text.split_ascii_whitespace().collect();
            let decoded = BASE64_STANDARD.decode(compact);
            decoded
                .map_err(|error| Stop::error(format!("this is not base64: {error}")).at(&template.span))?
                .into()
        }
    })
}

/// A file of the project.
fn file(context: &Context<'_>, template: &Template) -> Result<Bytes, Stop> {
    let path = context.options.project_root.join(context.scope.text(template)?);
    std::fs::read(&path)
        .map(Bytes::from)
        .map_err(|error| Stop::error(format!("cannot read {}: {error}", path.display())).at(&template.span))
}
