//! Groups of users.

use keyward_arn::{AccountId, IdPrefix, Partition, Path, UniqueId};

use crate::{AttachedPolicies, Entity, GroupName, InlinePolicies, Refusal, Timestamp};

/// A group with all that changes with it; who is in it stands in the users and in records of membership.
#[derive(Clone, Debug)]
pub struct Group {
    /// Such as `AGPA…`; stays when the group is renamed.
    pub id: UniqueId,
    /// Unique in the account without regard to case.
    pub name: GroupName,
    /// Part of the group's ARN.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// Names and sizes of its inline policies.
    pub inline_policies: InlinePolicies,
    /// The managed policies attached to it.
    pub attached_policies: AttachedPolicies,
}

impl Group {
    /// Makes an empty group, unless `existing`, the group of that name, is there.
    ///
    /// # Errors
    /// [`Refusal::AlreadyExists`].
    pub fn create(
        account: AccountId,
        existing: Option<&Self>,
        name: GroupName,
        path: Path,
        random: [u8; 8],
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if existing.is_some() {
            return Err(Refusal::already_exists(Entity::Group, &name));
        }
        Ok(Self {
            id: UniqueId::mint(IdPrefix::Group, account, random),
            name,
            path,
            created: now,
            inline_policies: InlinePolicies::default(),
            attached_policies: AttachedPolicies::default(),
        })
    }

    /// Returns the group's ARN, `arn:aws:iam::111122223333:group/path/name`.
    #[must_use]
    pub fn arn(&self, partition: Partition, account: AccountId) -> String {
        format!(
            "arn:{}:iam::{account}:group{}{}",
            partition.as_str(),
            self.path,
            self.name
        )
    }
}
