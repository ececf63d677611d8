//! Accounts and their root users.

use std::fmt;

use keyward_arn::AccountId;

use crate::limits::{EMAIL_LENGTH, LONGEST_SESSION_SECONDS};
use crate::{AccessKey, Timestamp};

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Closed by the operator: nothing of it authenticates.
    Closed,
}

/// An account: a wall around users, policies and keys.
#[derive(Clone, Debug)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// What the operator calls it; may be empty.
    pub name: String,
    /// Whether it is in use.
    pub status: AccountStatus,
    /// When it was made.
    pub created: Timestamp,
    /// The one user that is the account itself.
    pub root: RootUser,
    /// Which keys seal its sessions' tokens.
    pub session_keys: SessionKeyRing,
}

/// Which keys seal and open the session tokens of an account: numbers, from which the keys are derived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionKeyRing {
    /// The one that seals.
    pub current: u32,
    /// Those before it that may still open, each with the moment when it stopped sealing.
    pub retired: Vec<(u32, Timestamp)>,
}

impl SessionKeyRing {
    /// Makes the next key the one that seals. Tokens of those before it open until the longest session would have ended;
    /// older keys are forgotten.
    #[must_use]
    pub fn rotated(&self, now: Timestamp) -> Self {
        let lives = |(_, retired): &&(u32, Timestamp)| {
            now.unix_seconds().saturating_sub(retired.unix_seconds()) < LONGEST_SESSION_SECONDS
        };
        let mut retired: Vec<_> = self.retired.iter().filter(lives).copied().collect();
        retired.push((self.current, now));
        Self {
            current: self.current.saturating_add(1),
            retired,
        }
    }
}

/// The root user of an account.
#[derive(Clone, Debug)]
pub struct RootUser {
    /// Its sign-in name.
    pub email: Email,
    /// The hash of its password.
    pub password: PasswordHash,
    /// At most two.
    pub access_keys: Vec<AccessKey>,
}

/// An e-mail address: one `@` with something on both sides, no white space, at most 64 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

/// The text is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address has the form name@domain and at most {EMAIL_LENGTH} characters")]
pub struct ParseEmailError;

impl Email {
    /// Reads an address.
    ///
    /// # Errors
    /// [`ParseEmailError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, ParseEmailError> {
        let (name, domain) = text.split_once('@').ok_or(ParseEmailError)?;
        let printable = text
            .chars()
            .all(|character| !character.is_whitespace() && !character.is_control());
        let shaped = !name.is_empty() && !domain.is_empty() && !domain.contains('@');
        let fits = text.chars().count() <= EMAIL_LENGTH;
        if shaped && printable && fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseEmailError)
        }
    }

    /// Returns the address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An argon2id hash in PHC string form; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC string.
    #[must_use]
    pub fn from_phc(text: String) -> Self {
        Self(text)
    }

    /// Returns the PHC string, for storing and for verifying.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_keys_are_kept_as_long_as_a_session_can_live() {
        let at = Timestamp::from_unix_seconds;
        let first = SessionKeyRing::default().rotated(at(1_000));
        assert_eq!(
            (first.current, first.retired.as_slice()),
            (1, &[(0, at(1_000))][..])
        );
        let second = first.rotated(at(1_000 + LONGEST_SESSION_SECONDS - 1));
        assert_eq!((second.current, second.retired.len()), (2, 2));
        let third = first.rotated(at(1_000 + LONGEST_SESSION_SECONDS));
        assert_eq!(third.retired, [(1, at(1_000 + LONGEST_SESSION_SECONDS))]);
    }

    #[test]
    fn addresses_have_two_sides() {
        for (text, good) in [
            ("root@example.test", true),
            ("a@b", true),
            ("", false),
            ("@", false),
            ("a@", false),
            ("@b", false),
            ("a@b@c", false),
            ("a b@c", false),
        ] {
            assert_eq!(Email::parse(text).is_ok(), good, "{text:?}");
        }
    }
}
