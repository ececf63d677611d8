//! What passwords of an account's users must be like.

use crate::limits::{
    DEFAULT_PASSWORD_KINDS, DEFAULT_PASSWORD_LENGTH, PASSWORD_LENGTH, PASSWORD_LENGTH_UNSET,
};
use crate::{Refusal, RefusalKind};

/// The characters that count as symbols. SOURCE: spec/signin-recovery.md §3.
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

/// The custom password policy of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Characters, 6 to 128.
    pub minimum_length: usize,
    /// One of `! @ # $ % ^ & * ( ) _ + - = [ ] { } | '` at least.
    pub require_symbols: bool,
    /// One of `0` to `9` at least.
    pub require_numbers: bool,
    /// One of `A` to `Z` at least.
    pub require_uppercase: bool,
    /// One of `a` to `z` at least.
    pub require_lowercase: bool,
    /// Whether every user may change its own password.
    pub allow_users_to_change: bool,
    /// Days for which a password is good, 1 to 1,095; `None`: for good.
    pub max_age_days: Option<u16>,
    /// How many of a user's last passwords, the present one included, it may not set again: 1 to 24.
    pub reuse_prevention: Option<u8>,
    /// Whether a user can't set a new password once its own has expired; `None` where nobody ever said.
    pub hard_expiry: Option<bool>,
}

impl Default for PasswordPolicy {
    /// Returns what `UpdateAccountPasswordPolicy` without parameters sets.
    // SOURCE: spec/iam-entities.md §6.
    fn default() -> Self {
        Self {
            minimum_length: PASSWORD_LENGTH_UNSET,
            require_symbols: false,
            require_numbers: false,
            require_uppercase: false,
            require_lowercase: false,
            allow_users_to_change: false,
            max_age_days: None,
            reuse_prevention: None,
            hard_expiry: None,
        }
    }
}

/// The kinds of character in a password.
struct Kinds {
    symbols: bool,
    numbers: bool,
    uppercase: bool,
    lowercase: bool,
}

impl Kinds {
    fn of(password: &str) -> Self {
        let any = |fits: fn(char) -> bool| password.chars().any(fits);
        Self {
            symbols: any(|character| SYMBOLS.contains(character)),
            numbers: any(|character| character.is_ascii_digit()),
            uppercase: any(|character| character.is_ascii_uppercase()),
            lowercase: any(|character| character.is_ascii_lowercase()),
        }
    }

    fn count(&self) -> usize {
        let kinds = [self.symbols, self.numbers, self.uppercase, self.lowercase];
        kinds.into_iter().filter(|there| *there).count()
    }
}

/// Checks a user's new password against the account's policy, or where it has none against AWS's default:
/// 8 to 128 characters, three of the four kinds, and none of `known`, the account's name and address.
///
/// # Errors
/// `PasswordPolicyViolation`.
// SOURCE: spec/signin-recovery.md §3.
pub fn check_password(
    policy: Option<&PasswordPolicy>,
    password: &str,
    known: &[&str],
) -> Result<(), Refusal> {
    let length = password.chars().count();
    let kinds = Kinds::of(password);
    let conforms = match policy {
        Some(policy) => {
            length >= policy.minimum_length
                && (kinds.symbols || !policy.require_symbols)
                && (kinds.numbers || !policy.require_numbers)
                && (kinds.uppercase || !policy.require_uppercase)
                && (kinds.lowercase || !policy.require_lowercase)
        }
        None => {
            length >= DEFAULT_PASSWORD_LENGTH
                && kinds.count() >= DEFAULT_PASSWORD_KINDS
                && !known
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(password))
        }
    };
    if conforms && length <= PASSWORD_LENGTH {
        return Ok(());
    }
    Err(Refusal::other(
        RefusalKind::PasswordPolicyViolation,
        "Password does not conform to the account password policy.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: Option<&PasswordPolicy>, cases: &[(&str, bool)]) {
        for (password, good) in cases {
            let result = check_password(policy, password, &["Main-Account1", "root@example.Test1"]);
            assert_eq!(result.is_ok(), *good, "{password:?} under {policy:?}");
        }
    }

    #[test]
    fn without_a_policy_the_default_rules_hold() {
        let longest = format!("aA1{}", "x".repeat(125));
        let too_long = format!("{longest}x");
        check(
            None,
            &[
                ("abcDEF12", true),
                ("abcdef1!", true),
                ("ABCDEF1|", true),
                ("abcDEF1", false),
                ("abcdefgh", false),
                ("abcdefg1", false),
                ("abcdefg~1", false),
                ("ÄÖÜabcdefg1", false),
                ("main-account1", false),
                ("ROOT@example.test1", false),
                (&longest, true),
                (&too_long, false),
            ],
        );
    }

    #[test]
    fn a_policy_takes_the_place_of_the_default_rules() {
        check(
            Some(&PasswordPolicy::default()),
            &[("abcdef", true), ("abcde", false), ("ääääää", true)],
        );
        let all = PasswordPolicy {
            minimum_length: 8,
            require_symbols: true,
            require_numbers: true,
            require_uppercase: true,
            require_lowercase: true,
            ..PasswordPolicy::default()
        };
        check(
            Some(&all),
            &[
                ("aA1'5678", true),
                ("aA1'567", false),
                ("aA1~5678", false),
                ("aA'bcdef", false),
                ("aa1'5678", false),
                ("AA1'5678", false),
            ],
        );
    }

    #[test]
    fn the_refusal_is_in_aws_words() {
        assert_eq!(
            check_password(None, "x", &[]).unwrap_err().to_string(),
            "Password does not conform to the account password policy."
        );
    }
}
