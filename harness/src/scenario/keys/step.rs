//! Steps: each is a map whose first key says what is done.

use super::{behaviour, content, disk, flow, log, request, server, values::STATEMENT};
use crate::schema::{Key, Map, Named, Shape, key};

/// Any step.
pub(super) static STEP: Shape = Shape::Named(&Named {
    name: "step",
    text: "One key says what is done; what may stand beside it, the key says.",
    shape: Shape::OneOf(&SHAPES),
});

/// `note`.
pub(super) static NOTE: Key = key("note", Shape::Text, "shown when the step fails");
/// `spec`.
pub(super) static SPEC: Key = key(
    "spec",
    Shape::OneOf(&[
        STATEMENT,
        Shape::List(&STATEMENT),
        Shape::MapOf(&Shape::OneOf(&[STATEMENT, Shape::List(&STATEMENT)])),
    ]),
    "which of the file's statements the step checks; or which each part of its `expect` checks, by `status`, the name of a header \
     or a JSONPath",
);
/// `auth`.
pub(super) static AUTH: Key = key(
    "auth",
    Shape::Text,
    "whom it comes from, as `user:password`: sent as Basic credentials",
);

/// Every step, by what it does.
pub(in super::super) static STEPS: [&Map; 43] = [
    &request::GET,
    &request::HEAD,
    &request::PUT,
    &request::POST,
    &request::PATCH,
    &request::DELETE,
    &request::OPTIONS,
    &request::PAGES,
    &request::TOKEN,
    &request::RAW,
    &content::GENERATE,
    &content::STREAM,
    &content::UPLOAD,
    &content::PUSH,
    &content::PULL,
    &server::START,
    &server::STOP,
    &server::KILL_STEP,
    &server::RESTART,
    &server::PAUSE,
    &server::RESUME,
    &behaviour::BEHAVE,
    &log::REQUESTS_STEP,
    &log::MEMORY_STEP,
    &log::COMMAND,
    &disk::FILE,
    &disk::CORRUPT,
    &disk::REMOVE,
    &disk::WRITE,
    &disk::FILL,
    &disk::FREE,
    &disk::REMOUNT,
    &disk::LAYOUT,
    &log::LOG_STEP,
    &log::METRIC_STEP,
    &flow::SET,
    &flow::CHECK,
    &flow::REPEAT,
    &flow::CLIENTS,
    &flow::RACE_STEP,
    &flow::SOMETIMES,
    &flow::ACKNOWLEDGED,
    &flow::EVENTUALLY,
];

static SHAPES: [Shape; STEPS.len()] = {
    let mut shapes = [Shape::Null; STEPS.len()];
    let mut place = 0;
    while place < shapes.len() {
        shapes[place] = Shape::Map(STEPS[place]);
        place += 1;
    }
    shapes
};
