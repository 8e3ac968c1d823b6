//! Content: how it is made, and how it goes in and comes out.

use super::{Body, Capture, Expect, Template, Value};

/// Makes content.
#[derive(Clone, Debug)]
pub struct Generate {
    /// `as`.
    pub name: String,
    /// What.
    pub what: Generated,
    /// `algorithm`: `sha256` or `sha512`, what `.digest` is.
    pub algorithm: Option<Template>,
}

/// What is generated.
#[derive(Clone, Debug)]
pub enum Generated {
    /// `bytes`: so many random ones.
    Bytes(Template),
    /// `images`: a list of so many, each with a layer of its own.
    Images(Value),
    /// `text`, `json` or `file`.
    Body(Body),
    /// `manifest`: fields of an image manifest.
    Manifest(Vec<(String, Value)>),
    /// `index`: fields of an image index.
    Index(Vec<(String, Value)>),
}

/// Uploads a blob that is made while it is sent, and pulls it back without keeping it.
#[derive(Clone, Debug)]
pub struct Stream {
    /// `bytes`: how many.
    pub bytes: Template,
    /// `to`: a repository.
    pub to: Option<Template>,
    /// `chunk`: bytes in a chunk; without it, all are in the PUT.
    pub chunk: Option<Template>,
    /// `as`: what has the digest and the size afterwards.
    pub name: Option<String>,
}

/// Uploads a blob.
#[derive(Clone, Debug)]
pub struct Upload {
    /// `blob`: the name of content.
    pub blob: Template,
    /// `to`: a repository.
    pub to: Option<Template>,
    /// `way`.
    pub way: Option<Template>,
    /// `digest`: the digest claimed; the content's unless said.
    pub digest: Option<Template>,
    /// `chunk`: bytes in a chunk; a third of the content unless said.
    pub chunk: Option<Template>,
    /// `expect`, of the last request.
    pub expect: Expect,
    /// `capture`, of the last request.
    pub captures: Vec<Capture>,
}

/// Pushes an image or a manifest.
#[derive(Clone, Debug)]
pub struct Push {
    /// What.
    pub what: Pushed,
    /// `to`: `repository:tag` or `repository@digest`.
    pub to: Template,
    /// `annotations`, added to the manifest of an image.
    pub annotations: Vec<(String, Template)>,
    /// `blobs`: whether the content that it names goes first.
    pub blobs: bool,
    /// `as`.
    pub name: Option<String>,
    /// `headers` of the manifest's request.
    pub headers: Vec<(String, Option<Template>)>,
    /// `query` of the manifest's request.
    pub query: Vec<(String, Vec<Template>)>,
    /// `expect`, of the manifest's request.
    pub expect: Expect,
    /// `capture`, of the manifest's request.
    pub captures: Vec<Capture>,
}

/// What is pushed.
#[derive(Clone, Debug)]
pub enum Pushed {
    /// `image`: the name of a fixture, or of an image that was pushed `as` that name before.
    Image(Template),
    /// `manifest`: the name of generated content.
    Manifest(Template),
}

/// Pulls, and compares.
#[derive(Clone, Debug)]
pub struct Pull {
    /// `blob`: a digest. Without it, an image is pulled.
    pub blob: Option<Template>,
    /// `from`: `repository:tag`, `repository@digest`; for a blob, a repository.
    pub from: Option<Template>,
    /// `equals`: the name of what was pushed or generated.
    pub equals: Option<Template>,
}
