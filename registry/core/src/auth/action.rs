//! What can be done with a repository, in the words of zot's access control.

/// What a caller wants to do with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Pull, list, or learn that something exists.
    Read,
    /// Push what is not there yet.
    Create,
    /// Point an existing tag at something else.
    Update,
    /// Delete.
    Delete,
    /// Be stopped from deleting, by its digest, a manifest that several tags point at. Unlike the others it is nothing that
    /// one may do without any rules.
    DetectManifestCollision,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::DetectManifestCollision,
    ];

    /// The word of the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::DetectManifestCollision => "detectManifestCollision",
        }
    }
}

/// A set of actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Actions(u8);

impl Actions {
    /// Those that `words` name.
    pub(super) fn of(words: &[String]) -> Self {
        let named = Action::ALL
            .into_iter()
            .filter(|action| words.iter().any(|word| word == action.word()));
        named.fold(Self::default(), Self::with)
    }

    pub(super) const fn with(self, action: Action) -> Self {
        Self(self.0 | 1 << action as u8)
    }

    pub(super) const fn has(self, action: Action) -> bool {
        self.0 & 1 << action as u8 != 0
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}
