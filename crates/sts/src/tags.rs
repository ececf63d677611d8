//! Session tags.

use keyward_directory::Tag;

use crate::limits::SESSION_TAGS;

/// A tag of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTag {
    /// Key and value.
    pub tag: Tag,
    /// It goes on to the sessions that this one makes, and nobody there can set it anew.
    pub transitive: bool,
}

/// The tags of a session: inherited ones first, then those that were passed. No key is there twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionTags(Vec<SessionTag>);

/// Tags that a session can't have.
// SOURCE: spec/sts.md §2, Tags and TransitiveTagKeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionTagError {
    /// Two keys that differ at most in case.
    #[error("Duplicate tag keys found. Please note that Tag keys are case insensitive.")]
    Duplicate,
    /// A key that the calling session hands down.
    #[error(
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."
    )]
    Inherited,
    /// A key that begins with `aws:`.
    #[error("Tag keys beginning with aws: are reserved for system use.")]
    Reserved,
    /// More than 50, inherited ones counted.
    #[error("A session can have at most {SESSION_TAGS} tags.")]
    TooMany,
    /// A transitive key without a tag.
    #[error("The specified transitive tag key must be included in the requested tags.")]
    TransitiveWithoutTag,
}

impl SessionTags {
    /// Takes the tags that a caller passes, and adds those that its own session hands down.
    ///
    /// # Errors
    /// [`SessionTagError`].
    pub fn of_call(
        passed: Vec<Tag>,
        transitive: &[String],
        callers: &Self,
    ) -> Result<Self, SessionTagError> {
        let keys: Vec<String> = passed.iter().map(|tag| fold(&tag.key)).collect();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() != keys.len() {
            return Err(SessionTagError::Duplicate);
        }
        if keys.iter().any(|key| key.starts_with("aws:")) {
            return Err(SessionTagError::Reserved);
        }
        let transitive: Vec<String> = transitive.iter().map(|key| fold(key)).collect();
        let inherited: Vec<SessionTag> = callers.handed_down().cloned().collect();
        let is_inherited = |key: &String| inherited.iter().any(|own| fold(&own.tag.key) == *key);
        if keys.iter().chain(&transitive).any(is_inherited) {
            return Err(SessionTagError::Inherited);
        }
        if transitive.iter().any(|key| !keys.contains(key)) {
            return Err(SessionTagError::TransitiveWithoutTag);
        }
        let own = passed.into_iter().zip(&keys).map(|(tag, key)| SessionTag {
            tag,
            transitive: transitive.contains(key),
        });
        let tags: Vec<SessionTag> = inherited.into_iter().chain(own).collect();
        if tags.len() > SESSION_TAGS {
            return Err(SessionTagError::TooMany);
        }
        Ok(Self(tags))
    }

    /// Takes the tags of a token.
    pub(crate) fn from_token(tags: Vec<SessionTag>) -> Self {
        Self(tags)
    }

    /// Returns all tags.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &SessionTag> {
        self.0.iter()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the tags that go on to the sessions that this one makes.
    pub fn handed_down(&self) -> impl Iterator<Item = &SessionTag> {
        self.0.iter().filter(|tag| tag.transitive)
    }

    /// Returns whether there is a tag of a key, in whatever case.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        let key = fold(key);
        self.0.iter().any(|own| fold(&own.tag.key) == key)
    }
}

fn fold(key: &str) -> String {
    key.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Vec<Tag> {
        let pairs = text
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(key, value)| Tag {
                key: key.to_owned(),
                value: value.to_owned(),
            })
            .collect()
    }

    /// Passes `a=1 b=2` with transitive keys to a session whose caller hands down others; `+` marks what goes on.
    fn check(
        passed: &str,
        transitive: &str,
        callers: &str,
        expected: Result<&str, SessionTagError>,
    ) {
        let all: Vec<String> = tags(callers).into_iter().map(|tag| tag.key).collect();
        let callers = SessionTags::of_call(tags(callers), &all, &SessionTags::default()).unwrap();
        let transitive: Vec<String> = transitive.split_whitespace().map(str::to_owned).collect();
        let got = SessionTags::of_call(tags(passed), &transitive, &callers).map(|tags| {
            let shown = tags.iter().map(|own| {
                let mark = if own.transitive { "+" } else { "" };
                format!("{mark}{}={}", own.tag.key, own.tag.value)
            });
            shown.collect::<Vec<_>>().join(" ")
        });
        assert_eq!(got, expected.map(str::to_owned));
    }

    #[test]
    fn passed_and_inherited() {
        check("", "", "", Ok(""));
        check("a=1 b=2", "", "", Ok("a=1 b=2"));
        check("a=1 b=2", "B", "", Ok("a=1 +b=2"));
        check("a=1", "", "p=x", Ok("+p=x a=1"));
    }

    #[test]
    fn refused() {
        check("a=1 A=2", "", "", Err(SessionTagError::Duplicate));
        check("AWS:x=1", "", "", Err(SessionTagError::Reserved));
        check("a=1", "b", "", Err(SessionTagError::TransitiveWithoutTag));
        check("P=1", "", "p=x", Err(SessionTagError::Inherited));
        check("a=1", "p", "p=x", Err(SessionTagError::Inherited));
    }

    #[test]
    fn fifty_in_all() {
        let many = |count: usize| {
            let made = (0..count).map(|number| format!("k{number}=v"));
            made.collect::<Vec<_>>().join(" ")
        };
        check(&many(51), "", "", Err(SessionTagError::TooMany));
        check(&many(50), "", "p=x", Err(SessionTagError::TooMany));
        assert!(SessionTags::of_call(tags(&many(50)), &[], &SessionTags::default()).is_ok());
    }

    #[test]
    fn only_what_is_transitive_goes_on() {
        let first =
            SessionTags::of_call(tags("a=1 b=2"), &["a".to_owned()], &SessionTags::default());
        let second = SessionTags::of_call(tags("c=3"), &[], &first.unwrap()).unwrap();
        assert!(second.has("A") && !second.has("b") && second.has("c"));
        let third = SessionTags::of_call(Vec::new(), &[], &second).unwrap();
        assert!(third.has("a") && !third.has("c"));
    }
}
