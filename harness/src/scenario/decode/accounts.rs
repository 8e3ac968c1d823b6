//! `accounts`: the two who take part.

use super::super::{Account, Accounts, Row, diagnostic::Code, keys, tree::Node};
use super::{Decoder, fields::Fields};

impl Decoder<'_> {
    /// The two accounts.
    pub(super) fn accounts(&mut self, node: &Node) -> Option<Accounts> {
        let fields = self.fields(node, &keys::ACCOUNTS)?;
        let (owner, other) = (self.account(&fields, "owner"), self.account(&fields, "other"));
        Some(Accounts {
            owner: owner?,
            other: other?,
        })
    }

    fn account(&mut self, fields: &Fields<'_>, key: &str) -> Option<Account> {
        let help = format!("write the name and the password that the configuration knows: `{key}: alice:secret`");
        let node = self.required(fields, key, &help)?;
        let text = self.word(node, "a name and a password")?;
        match text.split_once(':') {
            Some((user, password)) if !user.is_empty() && !password.is_empty() => Some(Account::new(user, password)),
            _ => self.problem(
                Code::Account,
                &node.span,
                format!("`{text}` is not a name and a password"),
                help,
            ),
        }
    }

    /// The names of the accounts are not those of variables, too.
    pub(super) fn not_in_rows(&mut self, node: &Node, accounts: &Accounts, rows: &[Row]) {
        for (name, _) in accounts.named() {
            if rows.iter().any(|row| row.contains_key(name)) {
                self.problem::<()>(
                    Code::Conflict,
                    &node.span,
                    format!("`{name}` is an account, and a variable of `each`"),
                    "give the variable another name",
                );
            }
        }
    }
}
