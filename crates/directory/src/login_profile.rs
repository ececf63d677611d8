//! A user's password and what goes with it.

use crate::limits::PASSWORDS_REMEMBERED;
use crate::{PasswordHash, PasswordPolicy, Refusal, RefusalKind, Timestamp};

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

impl PasswordReset {
    /// Takes the `PasswordResetRequired` parameter.
    #[must_use]
    pub fn from_parameter(required: bool) -> Self {
        if required {
            Self::Required
        } else {
            Self::NotRequired
        }
    }
}

impl LoginProfile {
    /// Makes the profile of a user that has none.
    #[must_use]
    pub fn new(password: PasswordHash, reset: PasswordReset, now: Timestamp) -> Self {
        Self {
            password,
            created: now,
            changed: now,
            reset,
            last_used: None,
            previous: Vec::new(),
        }
    }

    /// Puts a new password in the place of the present one, which is remembered.
    pub fn replace_password(&mut self, password: PasswordHash, now: Timestamp) {
        let before = std::mem::replace(&mut self.password, password);
        self.previous.insert(0, before);
        self.previous
            .truncate(PASSWORDS_REMEMBERED.saturating_sub(1));
        self.changed = now;
    }

    /// Returns the hashes of the passwords that the account's policy forbids to be set again, newest first.
    pub fn forbidden<'a>(
        &'a self,
        policy: Option<&PasswordPolicy>,
    ) -> impl Iterator<Item = &'a PasswordHash> + use<'a> {
        let count = policy.and_then(|policy| policy.reuse_prevention);
        std::iter::once(&self.password)
            .chain(&self.previous)
            .take(usize::from(count.unwrap_or(0)))
    }

    /// Returns when the password expires; `None` under a policy without an age.
    #[must_use]
    pub fn expires(&self, policy: Option<&PasswordPolicy>) -> Option<Timestamp> {
        let days = i64::from(policy?.max_age_days?);
        let seconds = self.changed.unix_seconds();
        let end = seconds.saturating_add(days.saturating_mul(crate::limits::SECONDS_PER_DAY));
        Some(Timestamp::from_unix_seconds(end))
    }
}

impl Refusal {
    /// Says that a password was set before and may not be set again.
    #[must_use]
    pub fn password_reused() -> Self {
        Self::other(
            RefusalKind::PasswordPolicyViolation,
            "Policy constraint violation with password reuse prevention during password change.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> PasswordHash {
        PasswordHash::from_phc(number.to_string())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    #[test]
    fn as_many_passwords_are_remembered_as_a_policy_can_forbid() {
        let mut profile = LoginProfile::new(hash(0), PasswordReset::NotRequired, at(5));
        for number in 1..=30 {
            profile.replace_password(hash(number), at(9));
        }
        assert_eq!(
            (profile.created, profile.changed, profile.previous.len()),
            (at(5), at(9), 23)
        );
        let forbidden = |count| {
            let policy = PasswordPolicy {
                reuse_prevention: count,
                ..PasswordPolicy::default()
            };
            let hashes = profile.forbidden(Some(&policy));
            hashes
                .map(|hash| hash.expose().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(forbidden(None), [""; 0]);
        assert_eq!(forbidden(Some(1)), ["30"]);
        assert_eq!(forbidden(Some(3)), ["30", "29", "28"]);
        assert_eq!(forbidden(Some(24)).len(), 24);
        assert_eq!(profile.forbidden(None).count(), 0);
    }

    #[test]
    fn a_password_expires_days_after_it_was_set() {
        let profile = LoginProfile::new(hash(0), PasswordReset::Required, at(1_000));
        let policy = |max_age_days| PasswordPolicy {
            max_age_days,
            ..PasswordPolicy::default()
        };
        assert_eq!(profile.expires(None), None);
        assert_eq!(profile.expires(Some(&policy(None))), None);
        assert_eq!(profile.expires(Some(&policy(Some(2)))), Some(at(173_800)));
    }
}
