//! The files that are built in, with the area that each is about.

macro_rules! files {
    ($($folder:literal / $area:literal),* $(,)?) => {
        /// Area and text.
        pub(super) const FILES: &[(&str, &str)] = &[$(($area, include_str!(concat!($folder, "/", $area, ".toml")))),*];
    };
}

files![
    "mutants" / "general",
    "mutants" / "names",
    "mutants" / "pull",
    "mutants" / "head",
    "mutants" / "range",
    "mutants" / "push",
    "mutants" / "chunked",
    "mutants" / "session",
    "mutants" / "mount",
    "mutants" / "manifest",
    "mutants" / "tags",
    "mutants" / "referrers",
    "mutants" / "delete",
    "mutants" / "isolation",
    "mutants" / "errors",
    "mutants" / "extensions",
    "mutants" / "framing",
    "mutants" / "concurrency",
    "variations" / "answers",
    "variations" / "locations",
    "variations" / "choices",
];
