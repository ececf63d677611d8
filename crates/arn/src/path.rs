//! Paths of IAM entities.

use std::fmt;
use std::sync::Arc;

use crate::limits::PATH_LENGTH;

/// The path of an IAM entity: `/`, or `/…/` of printable ASCII, at most 512 characters.
// SOURCE: spec/iam-entities.md §2.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Arc<str>);

/// The text is not a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsePathError;

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// [`ParsePathError`] unless it begins and ends with `/`, is `/` or has something between, and all of
    /// it is U+0021–U+007E.
    ///
    /// # Examples
    /// ```
    /// assert!(keyward_arn::Path::parse("/division/team/").is_ok());
    /// assert!(keyward_arn::Path::parse("division/").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, ParsePathError> {
        let inner = text.strip_prefix('/').ok_or(ParsePathError)?;
        let shaped = inner.is_empty()
            || inner.strip_suffix('/').is_some_and(|name| {
                !name.is_empty() && name.bytes().all(|byte| matches!(byte, 0x21..=0x7e))
            });
        if shaped && text.len() <= PATH_LENGTH {
            Ok(Self(text.into()))
        } else {
            Err(ParsePathError)
        }
    }

    /// Returns the path's text, with both slashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Path {
    /// Returns `/`, what an entity has when no path is given.
    fn default() -> Self {
        Self("/".into())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ParsePathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path begins and ends with a slash and has 1 to 512 printable characters")
    }
}

impl std::error::Error for ParsePathError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_models_paths_only() {
        let longest = format!("/{}/", "p".repeat(510));
        let too_long = format!("/{}/", "p".repeat(511));
        for (text, good) in [
            ("/", true),
            ("/a/", true),
            ("/a/b/", true),
            ("///", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("//", false),
            ("/a", false),
            ("a/", false),
            ("/a b/", false),
            ("/é/", false),
        ] {
            assert_eq!(Path::parse(text).is_ok(), good, "{text:?}");
        }
    }
}
