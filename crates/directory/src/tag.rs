//! Tags of entities.

use crate::limits::TAGS_PER_ENTITY;
use crate::{Quota, Refusal};

/// A key and a value; the model bounds both (128 and 256 characters).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Unique for its entity, of users and roles without regard to case; the case that was given is kept.
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
        tags.sort_by_cached_key(|tag| tag_order(&tag.key));
        Self(tags)
    }

    /// Returns these tags with others added; a key that is there gets the new value. Keys of users and roles that differ
    /// in case only are the same, and the new spelling takes the place of the old.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] where `added` names one key twice or one that begins with `aws:`,
    /// [`Refusal::QuotaExceeded`] above 50 tags.
    // SOURCE: spec/iam-entities.md §2, §5.
    pub fn with(&self, added: Vec<Tag>, quota: Quota) -> Result<Self, Refusal> {
        let mut keys: Vec<String> = added.iter().map(|tag| same(&tag.key, quota)).collect();
        if keys.iter().any(|key| fold(key).starts_with("aws:")) {
            return Err(Refusal::invalid_input(
                "Tag keys beginning with aws: are reserved for system use.",
            ));
        }
        keys.sort_unstable();
        if keys
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
            .filter(|tag| keys.binary_search(&same(&tag.key, quota)).is_err())
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
    pub fn without(&self, keys: &[String], quota: Quota) -> Self {
        let gone: Vec<String> = keys.iter().map(|key| same(key, quota)).collect();
        Self(
            self.0
                .iter()
                .filter(|tag| !gone.contains(&same(&tag.key, quota)))
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

/// Returns where a key stands among others: without regard to case, and of two that differ in case only the one with the
/// first capital letter first.
#[must_use]
pub fn tag_order(key: &str) -> (String, String) {
    (fold(key), key.to_owned())
}

/// Returns what is equal for keys that are the same for a kind of resource.
// SOURCE: the user guide's "Tags for IAM resources": case does not matter for users and roles, for all others it does.
fn same(key: &str, quota: Quota) -> String {
    if quota == Quota::TagsPerRole || quota == Quota::TagsPerUser {
        fold(key)
    } else {
        key.to_owned()
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
        check_for(Quota::TagsPerUser, before, added, after);
    }

    fn check_for(
        quota: Quota,
        before: &[(&str, &str)],
        added: &[(&str, &str)],
        after: Result<&[(&str, &str)], &str>,
    ) {
        let result = Tags::from_stored(tags(before)).with(tags(added), quota);
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
    fn case_matters_for_all_but_users_and_roles() {
        let quota = Quota::TagsPerPolicy;
        let both: &[(&str, &str)] = &[("Costcenter", "1234"), ("costcenter", "5678")];
        check_for(quota, &[], both, Ok(both));
        check_for(quota, &[both[1]], &[both[0]], Ok(both));
        check_for(
            quota,
            both,
            &[("costcenter", "9"), ("a", "b")],
            Ok(&[("a", "b"), ("Costcenter", "1234"), ("costcenter", "9")]),
        );
        let duplicate = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
        check_for(quota, &[], &[("k", "1"), ("k", "2")], Err(duplicate));
        let reserved = "Tag keys beginning with aws: are reserved for system use.";
        check_for(quota, &[], &[("aWs:k", "1")], Err(reserved));
        let left = Tags::from_stored(tags(both)).without(&["Costcenter".to_owned()], quota);
        assert_eq!(left.0, tags(&both[1..]));
        let role = Quota::TagsPerRole;
        check_for(role, &[("K", "1")], &[("k", "2")], Ok(&[("k", "2")]));
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
            full.without(&["K7".to_owned(), "absent".to_owned()], Quota::TagsPerUser)
                .iter()
                .len(),
            49
        );
    }
}
