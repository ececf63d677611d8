//! Inline policies of groups, roles and users.

use std::collections::BTreeMap;

use keyward_policy::{PolicyKind, check, size_without_whitespace};

use crate::limits::{GROUP_INLINE_POLICY_SIZE, ROLE_INLINE_POLICY_SIZE, USER_INLINE_POLICY_SIZE};
use crate::{Entity, EntityKind, PolicyName, Refusal};

/// The names and sizes of one entity's inline policies; the documents are records of their own.
///
/// It is part of the entity's record, so that the sum is right and an entity that still has a policy is not deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InlinePolicies(BTreeMap<PolicyName, usize>);

/// A policy document that passed the write-time checks of an identity policy, exactly as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlinePolicyDocument(String);

impl InlinePolicyDocument {
    /// Checks a document.
    ///
    /// # Errors
    /// [`Refusal::MalformedPolicyDocument`] with AWS's message.
    pub fn check(text: &str) -> Result<Self, Refusal> {
        check(text, PolicyKind::Identity)
            .map(|_| Self(text.to_owned()))
            .map_err(|error| Refusal::MalformedPolicyDocument {
                message: error.to_string(),
            })
    }

    /// Takes a document as it was stored.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the document as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl InlinePolicies {
    /// Takes names and sizes as they were stored.
    #[must_use]
    pub fn from_stored(sizes: impl IntoIterator<Item = (PolicyName, usize)>) -> Self {
        Self(sizes.into_iter().collect())
    }

    /// Adds or replaces a policy.
    ///
    /// # Errors
    /// [`Refusal::InlinePolicySize`] where the sum of all would pass 2,048 characters for a user, 5,120 for a group,
    /// 10,240 for a role, white space not counted.
    // SOURCE: spec/policy-language.md §8.
    pub fn put(
        &mut self,
        kind: EntityKind,
        owner: &str,
        name: &PolicyName,
        document: &InlinePolicyDocument,
    ) -> Result<(), Refusal> {
        let size = size_without_whitespace(document.as_str());
        let others = self.0.iter().filter(|(other, _)| *other != name);
        let sum = others.fold(size, |sum, (_, size)| sum.saturating_add(*size));
        let limit = match kind {
            EntityKind::Group => GROUP_INLINE_POLICY_SIZE,
            EntityKind::Role => ROLE_INLINE_POLICY_SIZE,
            EntityKind::User => USER_INLINE_POLICY_SIZE,
        };
        if sum > limit {
            return Err(Refusal::InlinePolicySize {
                limit,
                kind,
                owner: owner.to_owned(),
            });
        }
        self.0.insert(name.clone(), size);
        Ok(())
    }

    /// Removes a policy.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where the name is none of them.
    pub fn remove(&mut self, kind: EntityKind, name: &PolicyName) -> Result<(), Refusal> {
        match self.0.remove(name) {
            Some(_) => Ok(()),
            None => Err(Refusal::not_found(Entity::InlinePolicy(kind), name)),
        }
    }

    /// Returns the names and sizes in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&PolicyName, usize)> {
        self.0.iter().map(|(name, size)| (name, *size))
    }

    /// Returns whether there is no policy.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(characters: usize) -> InlinePolicyDocument {
        let empty = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Sid":""}}"#;
        let sid = "s".repeat(characters - empty.len());
        InlinePolicyDocument::check(&empty.replace(r#""Sid":"""#, &format!(r#""Sid": "{sid}""#)))
            .unwrap()
    }

    #[test]
    fn the_sum_is_bounded_and_white_space_is_free() {
        let (kind, user) = (EntityKind::User, "diego");
        let (one, two) = (
            PolicyName::parse("one").unwrap(),
            PolicyName::parse("two").unwrap(),
        );
        let mut policies = InlinePolicies::default();
        policies.put(kind, user, &one, &document(1048)).unwrap();
        policies.put(kind, user, &two, &document(1000)).unwrap();
        policies.put(kind, user, &two, &document(999)).unwrap();
        let refusal = policies.put(kind, user, &two, &document(1001)).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Maximum policy size of 2048 bytes exceeded for user diego"
        );
        policies.remove(kind, &one).unwrap();
        assert!(policies.remove(kind, &one).is_err());
        policies.put(kind, user, &two, &document(2048)).unwrap();
        let mut policies = InlinePolicies::default();
        policies
            .put(EntityKind::Role, "r", &one, &document(10_240))
            .unwrap();
        let refusal = policies
            .put(EntityKind::Group, "g", &one, &document(5_121))
            .unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Maximum policy size of 5120 bytes exceeded for group g"
        );
    }

    #[test]
    fn malformed_documents_are_refused() {
        let refusal = InlinePolicyDocument::check("{").unwrap_err();
        assert_eq!(refusal.to_string(), "Syntax errors in policy.");
    }
}
