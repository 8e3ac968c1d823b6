//! One key: where it stands, what it takes, and what is said of it.

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Further keys.
    Section,
    /// Sections under names of the user's choosing.
    Map,
    /// The same, under patterns of repository names.
    Globs,
    /// A list of sections.
    Sections,
    /// `true` or `false`, also as text.
    Switch,
    /// The version of the specification.
    Version,
    /// A path of the file system.
    File,
    /// An IP address.
    Address,
    /// A port, as a number or text.
    Port,
    /// An `http` or `https` URL without a query.
    Url,
    /// A duration longer than zero.
    Duration,
    /// A duration, or zero.
    Delay,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of some of these words.
    Choices(&'static [&'static str]),
    /// A list of annotation keys.
    Annotations,
    /// A text that is not empty.
    Text,
    /// A list of texts that are not empty.
    Texts,
    /// A whole number that is not less than this.
    Number(u64),
    /// A length in bytes: a number, or one with a unit such as `4 MiB`.
    Size,
    /// The path of the metrics endpoint.
    MetricsPath,
    /// A list of `http` or `https` URLs.
    Urls,
    /// A list of hosts, with or without a port.
    Hosts,
    /// A path with wildcards.
    Glob,
    /// A regular expression.
    Pattern,
    /// Any text, also an empty one.
    AnyText,
    /// A number above zero.
    Rate,
    /// A helper that would get credentials from a cloud's provider: none is supported.
    CredentialHelper,
    /// A key of zot's that this registry does not have yet.
    NotYet,
    /// A key of zot's that means nothing here, and why.
    Ignored(&'static str),
}

impl Kind {
    /// Whether there are keys below it.
    pub(super) const fn has_keys(self) -> bool {
        matches!(self, Self::Section | Self::Map | Self::Globs | Self::Sections)
    }

    /// Whether it takes more than one text.
    pub(super) const fn is_collection(self) -> bool {
        self.has_keys()
            || matches!(
                self,
                Self::Choices(_) | Self::Annotations | Self::Texts | Self::Urls | Self::Hosts
            )
    }
}

/// The words of a list's default, which stands in the table as `[one, two]`.
pub(super) fn words(default: &str) -> Vec<String> {
    let inner = default.trim_start_matches('[').trim_end_matches(']');
    inner
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// The path, its parts joined by dots.
    pub(super) path: &'static str,
    /// What it takes.
    pub(super) kind: Kind,
    /// What holds where it is not given, in the words of the file.
    pub(super) default: Option<&'static str>,
    /// What it does, for the one who configures it.
    pub(super) doc: &'static str,
}

impl Key {
    /// The last part of the path.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    /// The path of the section that the key is in; empty at the top.
    pub(super) fn section(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// Whether the key may be used: neither missing yet nor ignored.
    pub(super) fn is_supported(&self) -> bool {
        !matches!(self.kind, Kind::NotYet | Kind::Ignored(_))
    }
}

pub(super) const fn key(path: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind,
        default: Some(default),
        doc,
    }
}

pub(super) const fn bare(path: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key {
        path,
        kind,
        default: None,
        doc,
    }
}

pub(super) const fn not_yet(path: &'static str) -> Key {
    bare(path, Kind::NotYet, "")
}
