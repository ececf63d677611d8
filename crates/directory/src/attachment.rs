//! Managed policies as the entities that use them see them.

use std::fmt;
use std::sync::Arc;

use keyward_arn::{AccountId, Arn, Partition, Path};

use crate::limits::ATTACHED_POLICIES_PER_ENTITY;
use crate::{ManagedPolicyName, Quota, Refusal};

/// The kinds of entity that have policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// A group.
    Group,
    /// A role.
    Role,
    /// A user.
    User,
}

/// As what an entity uses a managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyUsage {
    /// As an identity policy.
    Attached,
    /// As its permissions boundary.
    Boundary,
}

/// Whose managed policy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyOwner {
    /// A customer's.
    Account(AccountId),
    /// One that AWS manages, the same in all accounts.
    Aws,
}

/// The ARN of a managed policy: `arn:aws:iam::111122223333:policy/path/Name`, or `arn:aws:iam::aws:policy/path/Name`
/// for one that AWS manages.
///
/// Neither name nor path of a policy ever change, and one that is used is not deleted, so the ARN is a lasting
/// reference.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyArn {
    text: Arc<str>,
    owner: PolicyOwner,
}

/// The text is not the ARN of a managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the ARN of a managed policy")]
pub struct ParsePolicyArnError;

/// The managed policies that are attached to an entity, at most 10, in the order in which they were attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachedPolicies(Vec<PolicyArn>);

impl EntityKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Group, Self::Role, Self::User];

    /// Returns the word that ARNs and messages use: `group`, `role` or `user`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Role => "role",
            Self::User => "user",
        }
    }

    /// Reads the word of [`as_str`](Self::as_str).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    fn quota(self) -> Quota {
        match self {
            Self::Group => Quota::PoliciesPerGroup,
            Self::Role => Quota::PoliciesPerRole,
            Self::User => Quota::PoliciesPerUser,
        }
    }
}

impl PolicyUsage {
    /// Returns a word for it: `policy` or `boundary`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attached => "policy",
            Self::Boundary => "boundary",
        }
    }

    /// Reads the word of [`as_str`](Self::as_str).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Attached, Self::Boundary]
            .into_iter()
            .find(|usage| usage.as_str() == text)
    }
}

impl PolicyArn {
    /// Returns the ARN of a customer managed policy.
    #[must_use]
    pub fn of_account(account: AccountId, path: &Path, name: &ManagedPolicyName) -> Self {
        let partition = Partition::default().as_str();
        Self {
            text: format!("arn:{partition}:iam::{account}:policy{path}{name}").into(),
            owner: PolicyOwner::Account(account),
        }
    }

    /// Reads an ARN; whether there is such a policy is not asked.
    ///
    /// # Errors
    /// [`ParsePolicyArnError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, ParsePolicyArnError> {
        let arn = Arn::parse(text).ok_or(ParsePolicyArnError)?;
        let owner = match arn.account {
            "aws" => PolicyOwner::Aws,
            _ => PolicyOwner::Account(arn.account_id().ok_or(ParsePolicyArnError)?),
        };
        let (path, name) = arn
            .resource
            .strip_prefix("policy/")
            .map(|rest| rest.rsplit_once('/').unwrap_or(("", rest)))
            .ok_or(ParsePolicyArnError)?;
        let path = if path.is_empty() {
            "/".to_owned()
        } else {
            format!("/{path}/")
        };
        Path::parse(&path).map_err(|_| ParsePolicyArnError)?;
        ManagedPolicyName::parse(name).map_err(|_| ParsePolicyArnError)?;
        let shaped = Partition::parse(arn.partition).is_some()
            && arn.service == "iam"
            && arn.region.is_empty()
            && arn.resource == format!("policy{path}{name}");
        if shaped {
            Ok(Self {
                text: text.into(),
                owner,
            })
        } else {
            Err(ParsePolicyArnError)
        }
    }

    /// Returns the ARN's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the ARN's text, shared.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Returns whose policy it is.
    #[must_use]
    pub fn owner(&self) -> PolicyOwner {
        self.owner
    }

    /// Returns the policy's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the policy's path, such as `/job-function/`.
    #[must_use]
    pub fn path(&self) -> &str {
        let resource = self
            .text
            .split_once(":policy")
            .map_or("/", |(_, rest)| rest);
        resource.strip_suffix(self.name()).unwrap_or("/")
    }

    /// Returns a text that tells the policy from all others that its account can use: the name in lower case, after
    /// `aws:` for one that AWS manages.
    #[must_use]
    pub fn key(&self) -> String {
        let folded = self.name().to_ascii_lowercase();
        match self.owner {
            PolicyOwner::Account(_) => folded,
            PolicyOwner::Aws => format!("aws:{folded}"),
        }
    }
}

impl fmt::Display for PolicyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PolicyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a change changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was so already.
    No,
    /// It is now.
    Yes,
}

impl AttachedPolicies {
    /// Takes policies as they were stored.
    #[must_use]
    pub fn from_stored(policies: Vec<PolicyArn>) -> Self {
        Self(policies)
    }

    /// Attaches a policy; one that is attached already stays.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceeded`] for an eleventh.
    // SOURCE: spec/iam-entities.md §3, §9.
    pub fn attach(&mut self, kind: EntityKind, policy: &PolicyArn) -> Result<Changed, Refusal> {
        if self.contains(policy) {
            return Ok(Changed::No);
        }
        if self.0.len() >= ATTACHED_POLICIES_PER_ENTITY {
            return Err(Refusal::QuotaExceeded {
                quota: kind.quota(),
                limit: u64::try_from(ATTACHED_POLICIES_PER_ENTITY).unwrap_or(u64::MAX),
            });
        }
        self.0.push(policy.clone());
        Ok(Changed::Yes)
    }

    /// Detaches a policy; returns whether it was attached.
    pub fn detach(&mut self, policy: &PolicyArn) -> Changed {
        let before = self.0.len();
        self.0.retain(|attached| attached != policy);
        if self.0.len() == before {
            Changed::No
        } else {
            Changed::Yes
        }
    }

    /// Returns whether a policy is attached.
    #[must_use]
    pub fn contains(&self, policy: &PolicyArn) -> bool {
        self.0.contains(policy)
    }

    /// Returns the policies in the order in which they were attached.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &PolicyArn> {
        self.0.iter()
    }

    /// Returns whether none is attached.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_read_and_taken_apart() {
        let own = PolicyArn::parse("arn:aws:iam::111122223333:policy/a/b/Own").unwrap();
        assert_eq!(
            (own.path(), own.name(), own.key().as_str()),
            ("/a/b/", "Own", "own")
        );
        let aws = PolicyArn::parse("arn:aws:iam::aws:policy/ReadOnlyAccess").unwrap();
        assert_eq!(
            (aws.path(), aws.owner(), aws.key().as_str()),
            ("/", PolicyOwner::Aws, "aws:readonlyaccess")
        );
        for text in [
            "",
            "arn:aws:iam::111122223333:policy",
            "arn:aws:iam::111122223333:policy/",
            "arn:aws:iam::111122223333:role/x",
            "arn:aws:iam:us-east-1:111122223333:policy/x",
            "arn:aws:iam::1111:policy/x",
            "arn:aws:s3::111122223333:policy/x",
            "arn:aws:iam::111122223333:policy//x",
            "arn:aws:iam::111122223333:policy/a b",
        ] {
            assert!(PolicyArn::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ten_policies_at_most() {
        let policy = |number: usize| {
            PolicyArn::parse(&format!("arn:aws:iam::111122223333:policy/p{number}")).unwrap()
        };
        let mut attached = AttachedPolicies::default();
        for number in 0..10 {
            let changed = attached.attach(EntityKind::Role, &policy(number)).unwrap();
            assert_eq!(changed, Changed::Yes);
        }
        assert_eq!(
            attached.attach(EntityKind::Role, &policy(3)),
            Ok(Changed::No)
        );
        let refusal = attached.attach(EntityKind::Role, &policy(10)).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Cannot exceed quota for PoliciesPerRole: 10"
        );
        assert_eq!(attached.detach(&policy(3)), Changed::Yes);
        assert_eq!(attached.detach(&policy(3)), Changed::No);
        attached.attach(EntityKind::Role, &policy(10)).unwrap();
    }
}
