//! Tags of entities.

use crate::limits::TAGS_PER_ENTITY;
use crate::{Quota, Refusal};

/// A key and a value; the model bounds both (128 and 256 characters).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Unique for its entity without regard to case; the case that was given is kept.
    pub key: String,
    /// May be empty.
    pub value: String,
}

/// The tags of one entity, at most 50, in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// Takes the tags of a record as they were stored.
    #[must_use]
    pub fn from_stored(mut tags: Vec<Tag>) -> Self {
        tags.sort_by_cached_key(|tag| fold(&tag.key));
        Self(tags)
    }

    /// Returns these tags with others added; a key that is there, in whatever case, gets the new key and value.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] where `added` names one key twice or one that begins with `aws:`,
    /// [`Refusal::QuotaExceeded`] above 50 tags.
    // SOURCE: spec/iam-entities.md §2, §5.
    pub fn with(&self, added: Vec<Tag>, quota: Quota) -> Result<Self, Refusal> {
        let mut folded: Vec<String> = added.iter().map(|tag| fold(&tag.key)).collect();
        if folded.iter().any(|key| key.starts_with("aws:")) {
            return Err(Refusal::invalid_input(
                "Tag keys beginning with aws: are reserved for system use.",
            ));
        }
        folded.sort_unstable();
        if folded
            .windows(2)
            .any(|pair| matches!(pair, [left, right] if left == right))
        {
            return Err(Refusal::invalid_input(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        let kept = self
            .0
            .iter()
            .filter(|tag| folded.binary_search(&fold(&tag.key)).is_err())
            .cloned();
        let tags: Vec<Tag> = kept.chain(added).collect();
        if tags.len() > TAGS_PER_ENTITY {
            let limit = u64::try_from(TAGS_PER_ENTITY).unwrap_or(u64::MAX);
            return Err(Refusal::QuotaExceeded { quota, limit });
        }
        Ok(Self::from_stored(tags))
    }

    /// Returns these tags without the named keys; keys that are not there are ignored.
    #[must_use]
    pub fn without(&self, keys: &[String]) -> Self {
        let gone: Vec<String> = keys.iter().map(|key| fold(key)).collect();
        Self(
            self.0
                .iter()
                .filter(|tag| !gone.contains(&fold(&tag.key)))
                .cloned()
                .collect(),
        )
    }

    /// Returns the tags in the order of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Tag> {
        self.0.iter()
    }

    /// Returns whether there is no tag.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn fold(key: &str) -> String {
    key.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Vec<Tag> {
        pairs
            .iter()
            .map(|(key, value)| Tag {
                key: (*key).to_owned(),
                value: (*value).to_owned(),
            })
            .collect()
    }

    fn check(
        before: &[(&str, &str)],
        added: &[(&str, &str)],
        after: Result<&[(&str, &str)], &str>,
    ) {
        let result = Tags::from_stored(tags(before)).with(tags(added), Quota::TagsPerUser);
        let got = result
            .map(|tags| tags.0)
            .map_err(|refusal| refusal.to_string());
        assert_eq!(got, after.map(tags).map_err(str::to_owned));
    }

    #[test]
    fn adds_and_replaces_without_regard_to_case() {
        check(
            &[],
            &[("b", "1"), ("a", "2")],
            Ok(&[("a", "2"), ("b", "1")]),
        );
        check(
            &[("Department", "finance")],
            &[("department", "hr")],
            Ok(&[("department", "hr")]),
        );
        let duplicate = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
        check(&[], &[("k", "1"), ("K", "2")], Err(duplicate));
        check(
            &[],
            &[("AWS:k", "1")],
            Err("Tag keys beginning with aws: are reserved for system use."),
        );
    }

    #[test]
    fn holds_fifty() {
        let keys: Vec<String> = (0..50).map(|number| format!("k{number}")).collect();
        let full: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "v")).collect();
        check(
            &full,
            &[("one-more", "v")],
            Err("Cannot exceed quota for TagsPerUser: 50"),
        );
        let full = Tags::from_stored(tags(&full));
        assert!(
            full.with(tags(&[("K7", "new")]), Quota::TagsPerUser)
                .is_ok()
        );
        assert_eq!(
            full.without(&["K7".to_owned(), "absent".to_owned()])
                .iter()
                .len(),
            49
        );
    }
}
