//! `accounts`: two who take part, where what one may do and the other may not is the matter.

use std::fmt;

/// Somebody who has an account at the registry.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
    /// The beginning of the names of repositories that are this account's, such as `alice/`.
    pub namespace: String,
}

impl Account {
    /// Somebody whose repositories begin with their name.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        let user = user.into();
        Self {
            namespace: format!("{user}/"),
            user,
            password: password.into(),
        }
    }

    /// Name and password, as `auth` takes them.
    pub fn auth(&self) -> String {
        format!("{}:{}", self.user, self.password)
    }
}

impl fmt::Debug for Account {
    /// Without the password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Account")
            .field("user", &self.user)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// The two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// Whose the content is.
    pub owner: Account,
    /// Who has no right to it.
    pub other: Account,
}

impl Accounts {
    /// Both, by the names that templates have for them.
    pub const fn named(&self) -> [(&'static str, &Account); 2] {
        [("owner", &self.owner), ("other", &self.other)]
    }
}
