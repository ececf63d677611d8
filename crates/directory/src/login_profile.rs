//! A user's password and what goes with it.

use crate::{PasswordHash, Timestamp};

/// The login profile of a user: what lets it sign in with a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginProfile {
    /// The hash of the password.
    pub password: PasswordHash,
    /// When the profile was made.
    pub created: Timestamp,
    /// When the password was last set.
    pub changed: Timestamp,
    /// Whether the user must set a new password when it next signs in.
    pub reset: PasswordReset,
    /// When the user last signed in with it.
    pub last_used: Option<Timestamp>,
    /// The hashes of passwords before this one, newest first, as many as the longest reuse rule (24) looks at.
    pub previous: Vec<PasswordHash>,
}

/// Whether a user must set a new password when it next signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordReset {
    /// It need not.
    NotRequired,
    /// It must.
    Required,
}
