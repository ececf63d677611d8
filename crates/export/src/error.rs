//! Why something cannot be read.

/// Why a file cannot be read, or what is missing in it: one sentence that says how to get it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub(crate) String);

impl ReadError {
    /// Makes one of a sentence.
    #[must_use]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// How an export is made, for sentences that ask for another.
pub(crate) const COMMAND: &str = "aws iam get-account-authorization-details";
