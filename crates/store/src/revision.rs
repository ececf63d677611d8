//! The position of a commit in the order of all commits.

use std::fmt;
use std::str::FromStr;

/// Names a commit by its place in the total order of commits; 0 is the empty store.
///
/// Later commits have greater revisions. Revisions may have gaps: never count with them.
/// As text it is a decimal number without sign, as in `x-keyward-revision: 42`.
///
/// # Examples
/// ```
/// use keyward_store::Revision;
/// assert!(Revision::new(7) > Revision::ZERO);
/// assert_eq!("7".parse(), Ok(Revision::new(7)));
/// assert_eq!(Revision::new(7).to_string(), "7");
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a store that has never taken a commit.
    pub const ZERO: Self = Self(0);

    /// Makes a revision from its number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Returns the smallest revision after this one.
    // 2^64 commits take half a million years at a million a second: the end is not reached.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a revision.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a revision is a decimal number from 0 to 18446744073709551615")]
pub struct ParseRevisionError;

impl FromStr for Revision {
    type Err = ParseRevisionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `u64::from_str` also takes "+7".
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseRevisionError);
        }
        text.parse().map(Self).map_err(|_| ParseRevisionError)
    }
}
