//! Users and passwords in a file of Apache's `htpasswd`.

mod cache;
mod file;
mod users;

pub(super) use users::Users;
