//! Customer managed policies and their versions.

use keyward_arn::{AccountId, Path, UniqueId};

use crate::{ManagedPolicyName, PolicyArn, Tags, Timestamp};

/// A customer managed policy without its documents, which are records of their own.
#[derive(Clone, Debug)]
pub struct ManagedPolicy {
    /// Such as `ANPA…`.
    pub id: UniqueId,
    /// Unique in the account whatever the path, without regard to case; never changes.
    pub name: ManagedPolicyName,
    /// Part of the policy's ARN; never changes.
    pub path: Path,
    /// What it is for; never changes. `None` where none was given.
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When a version was last made, deleted or made the default.
    pub updated: Timestamp,
    /// At most 50.
    pub tags: Tags,
    /// Its versions, one to five, in the order in which they were made.
    pub versions: Vec<PolicyVersion>,
    /// The number of the version in force.
    pub default_version: u32,
    /// The number that the next version gets: numbers are never given twice.
    pub next_version: u32,
}

/// A version of a managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Its number: `v3` is 3.
    pub number: u32,
    /// When it was made.
    pub created: Timestamp,
}

impl ManagedPolicy {
    /// Returns the policy's ARN, `arn:aws:iam::111122223333:policy/path/name`.
    #[must_use]
    pub fn arn(&self, account: AccountId) -> PolicyArn {
        PolicyArn::of_account(account, &self.path, &self.name)
    }
}
