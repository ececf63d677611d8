//! How long a session may last.

use crate::limits::{
    CHAINED_SECONDS, FEDERATION_DEFAULT_SECONDS, LONGEST_SECONDS, ROLE_DEFAULT_SECONDS,
    ROOT_SECONDS, SHORTEST_SECONDS,
};

/// Whether the one who assumes a role has temporary credentials itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chained {
    /// Long-term credentials, or none.
    No,
    /// Any temporary credentials, those of `GetSessionToken` included.
    Yes,
}

/// A duration that a session can't have.
// SOURCE: spec/sts.md §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// More than an hour by role chaining.
    #[error(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )]
    Chained,
    /// More than the role allows.
    #[error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")]
    Role,
}

/// Returns the seconds that a session of a role lasts. The model bounds `requested`: 900 to 43,200.
///
/// # Errors
/// [`DurationError`].
pub fn role_duration(
    requested: Option<u32>,
    role_maximum: u32,
    chained: Chained,
) -> Result<u32, DurationError> {
    let seconds = match requested {
        None => ROLE_DEFAULT_SECONDS.min(role_maximum),
        Some(seconds) => seconds.max(SHORTEST_SECONDS),
    };
    if chained == Chained::Yes && seconds > CHAINED_SECONDS {
        return Err(DurationError::Chained);
    }
    if seconds > role_maximum {
        return Err(DurationError::Role);
    }
    Ok(seconds)
}

/// Returns the seconds that a session of `GetSessionToken` or `GetFederationToken` lasts; a root user's longer ones are
/// cut without a word. The model bounds `requested`: 900 to 129,600.
// SOURCE: spec/sts.md §1.
#[must_use]
pub fn federation_duration(requested: Option<u32>, is_root: bool) -> u32 {
    let seconds = requested
        .unwrap_or(FEDERATION_DEFAULT_SECONDS)
        .clamp(SHORTEST_SECONDS, LONGEST_SECONDS);
    if is_root {
        seconds.min(ROOT_SECONDS)
    } else {
        seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles() {
        use Chained::{No, Yes};
        for (requested, maximum, chained, expected) in [
            (None, 3_600, No, Ok(3_600)),
            (None, 43_200, Yes, Ok(3_600)),
            (Some(900), 3_600, No, Ok(900)),
            (Some(3_600), 43_200, Yes, Ok(3_600)),
            (Some(3_601), 43_200, Yes, Err(DurationError::Chained)),
            (Some(3_601), 43_200, No, Ok(3_601)),
            (Some(3_601), 3_600, No, Err(DurationError::Role)),
            (Some(43_200), 43_200, No, Ok(43_200)),
        ] {
            assert_eq!(
                role_duration(requested, maximum, chained),
                expected,
                "{requested:?} {maximum}"
            );
        }
    }

    #[test]
    fn users_and_root_users() {
        assert_eq!(federation_duration(None, false), 43_200);
        assert_eq!(federation_duration(Some(129_600), false), 129_600);
        assert_eq!(federation_duration(None, true), 3_600);
        assert_eq!(federation_duration(Some(129_600), true), 3_600);
        assert_eq!(federation_duration(Some(900), true), 900);
    }
}
