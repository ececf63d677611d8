//! Why a question cannot be answered.

use keyward_export::ReadError;

/// Why a question cannot be answered: one sentence that says what is missing and how to get it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadQuestion(String);

impl BadQuestion {
    /// Makes one of a sentence.
    #[must_use]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl From<ReadError> for BadQuestion {
    fn from(error: ReadError) -> Self {
        Self(error.to_string())
    }
}
