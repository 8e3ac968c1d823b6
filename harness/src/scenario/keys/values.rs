//! Values that stand in many places: how they are written.

use crate::schema::{Named, Shape, Written};

/// The name of content.
pub(super) const CONTENT: Shape = Shape::Named(&Named {
    name: "name of content",
    text: "What a step before has generated, pushed `as` it, or captured as a `body`; or a template of such a name.",
    shape: Shape::Text,
});

/// The name of a server.
pub(super) const SERVER: Shape = Shape::Named(&Named {
    name: "name of a server",
    text: "One of those that `servers` names, or `registry` where it names none.",
    shape: Shape::Text,
});

/// A size.
pub(super) const SIZE: Shape = Shape::Written(&Written {
    what: "a size",
    pattern: "[0-9]+ ?(KiB|MiB|GiB)?",
    number: true,
    template: true,
});

/// A size that is no template.
pub(super) const BYTES: Shape = Shape::Written(&Written {
    what: "a number of bytes",
    pattern: "[0-9]+ ?(KiB|MiB|GiB)?",
    number: true,
    template: false,
});

/// Bytes in a second.
pub(super) const RATE: Shape = Shape::Written(&Written {
    what: "a rate",
    pattern: "[0-9]+ ?(KiB|MiB|GiB)?/s",
    number: false,
    template: false,
});

/// A duration.
pub(super) const DURATION: Shape = Shape::Written(&Written {
    what: "a duration",
    pattern: "[0-9]+ ?(ms|s|m)",
    number: false,
    template: false,
});

/// An offset of a clock.
pub(super) const OFFSET: Shape = Shape::Written(&Written {
    what: "an offset",
    pattern: "[-+][0-9]+ ?(s|m|h)",
    number: false,
    template: false,
});

/// A time to wait.
pub(super) const WAIT: Shape = Shape::Written(&Written {
    what: "a time",
    pattern: "(random [0-9]+ ?(ms|s|m)? to )?[0-9]+ ?(ms|s|m)",
    number: false,
    template: false,
});

/// How many.
pub(super) const COUNT: Shape = Shape::Written(&Written {
    what: "a number",
    pattern: "[0-9]+",
    number: true,
    template: true,
});

/// A JSONPath.
pub(super) const JSON_PATH: Shape = Shape::Written(&Written {
    what: "a JSONPath",
    pattern: r"\$.*",
    number: false,
    template: false,
});

/// What is captured.
pub(super) const SOURCE: Shape = Shape::Written(&Written {
    what: "what is captured",
    pattern: r"status|body|digest|header\..+|json\.\$.*|link\..+",
    number: false,
    template: false,
});

/// A class of statuses.
pub(super) const CLASS: Shape = Shape::Written(&Written {
    what: "a class of statuses",
    pattern: "[1-5]xx",
    number: false,
    template: false,
});

/// How many answers may come.
pub(super) const AT_MOST: Shape = Shape::Written(&Written {
    what: "`at most` and a number",
    pattern: "at most [0-9]+",
    number: false,
    template: false,
});

/// How often a line is there.
pub(super) const TIMES: Shape = Shape::Written(&Written {
    what: "a number or `at least 1`",
    pattern: "[0-9]+|at least 1",
    number: true,
    template: false,
});

/// A number or a size that bounds others.
pub(super) const BOUND: Shape = Shape::Written(&Written {
    what: "a number or a size",
    pattern: r"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?|[0-9]+ ?(KiB|MiB|GiB)",
    number: true,
    template: true,
});

/// An error code.
pub(super) const ERROR: Shape = Shape::Written(&Written {
    what: "an error code",
    pattern: "[A-Z0-9_]+",
    number: false,
    template: true,
});

/// A statement of the specification.
pub(super) const STATEMENT: Shape = Shape::Written(&Written {
    what: "a statement's id",
    pattern: "[A-Z0-9]+(-[A-Z0-9]+)*",
    number: false,
    template: false,
});

/// Parts of a server's configuration.
pub(super) const CONFIG: Shape = Shape::Named(&Named {
    name: "configuration",
    text: "A part of the server's own configuration, merged into what it has: maps merge, everything else replaces, `null` \
           removes. Texts may be templates.",
    shape: Shape::AnyMap,
});

/// A status that is expected.
pub(super) const STATUS: Shape = Shape::Named(&Named {
    name: "status",
    text: "A status such as `201`, a class such as `4xx`, or a list of statuses of which it is one.",
    shape: Shape::OneOf(&[Shape::Whole(100, 599), CLASS, Shape::List(&Shape::Whole(100, 599))]),
});

/// Headers that are sent.
pub(super) const SENT_HEADERS: Shape = Shape::MapOf(&Shape::OneOf(&[Shape::Text, Shape::Null]));
