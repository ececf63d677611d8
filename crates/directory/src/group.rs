//! Groups of users.

use keyward_arn::{AccountId, IdPrefix, Partition, Path, UniqueId};

use crate::limits::GROUPS_PER_USER;
use crate::{
    AttachedPolicies, Changed, Entity, GroupName, InlinePolicies, Quota, Refusal, Timestamp, User,
};

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

/// What `UpdateGroup` asks for; what is `None` stays.
#[derive(Clone, Debug)]
pub struct GroupRenaming {
    /// The new name.
    pub name: Option<GroupName>,
    /// The new path.
    pub path: Option<Path>,
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

    /// Returns the group under a new name and path; `taken` is the group that has the new name now.
    ///
    /// # Errors
    /// [`Refusal::AlreadyExists`] where that is another group.
    pub fn rename(
        mut self,
        renaming: GroupRenaming,
        taken: Option<&Self>,
    ) -> Result<Self, Refusal> {
        if let Some(name) = renaming.name {
            if taken.is_some_and(|other| other.id != self.id) {
                return Err(Refusal::already_exists(Entity::Group, &name));
            }
            self.name = name;
        }
        if let Some(path) = renaming.path {
            self.path = path;
        }
        Ok(self)
    }

    /// Checks that the group, which has so many members, may be deleted.
    ///
    /// # Errors
    /// [`Refusal::DeleteConflict`] that names the first thing in the way.
    // SOURCE: spec/iam-entities.md §4; the order of the checks is not documented: it is that of users.
    pub fn check_deletion(&self, members: u64) -> Result<(), Refusal> {
        let message = if !self.attached_policies.is_empty() {
            "Cannot delete entity, must detach all policies first."
        } else if !self.inline_policies.is_empty() {
            "Cannot delete entity, must delete policies first."
        } else if members > 0 {
            "Cannot delete entity, must remove users from group first."
        } else {
            return Ok(());
        };
        Err(Refusal::DeleteConflict { message })
    }
}

impl User {
    /// Makes the user a member of a group; one that is so already stays.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceeded`] for an eleventh group.
    // SOURCE: spec/iam-entities.md §3, §9.
    pub fn join(&mut self, group: &UniqueId) -> Result<Changed, Refusal> {
        if self.groups.contains(group) {
            return Ok(Changed::No);
        }
        if self.groups.len() >= GROUPS_PER_USER {
            return Err(Refusal::QuotaExceeded {
                quota: Quota::GroupsPerUser,
                limit: u64::try_from(GROUPS_PER_USER).unwrap_or(u64::MAX),
            });
        }
        self.groups.push(group.clone());
        Ok(Changed::Yes)
    }

    /// Takes the user out of a group; returns whether it was in it.
    pub fn leave(&mut self, group: &UniqueId) -> Changed {
        let before = self.groups.len();
        self.groups.retain(|member_of| member_of != group);
        if self.groups.len() == before {
            Changed::No
        } else {
            Changed::Yes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EntityKind, InlinePolicyDocument, NewUser, PolicyArn, PolicyName, UserName};

    fn account() -> AccountId {
        AccountId::parse("111122223333").unwrap()
    }

    fn group(name: &str, byte: u8) -> Group {
        let name = GroupName::parse(name).unwrap();
        let (path, now) = (Path::default(), Timestamp::default());
        Group::create(account(), None, name, path, [byte; 8], now).unwrap()
    }

    #[test]
    fn names_are_given_once() {
        let (taken, name) = (group("admins", 1), GroupName::parse("Admins").unwrap());
        let (path, now) = (Path::default(), Timestamp::default());
        let refusal = Group::create(account(), Some(&taken), name, path, [2; 8], now).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Group with name Admins already exists."
        );
    }

    #[test]
    fn renaming_keeps_the_id_and_may_change_case() {
        let renaming = |name: &str| GroupRenaming {
            name: GroupName::parse(name).ok(),
            path: Path::parse("/x/").ok(),
        };
        let renamed = group("admins", 1)
            .rename(renaming("Admins"), Some(&group("admins", 1)))
            .unwrap();
        assert_eq!(
            renamed.arn(Partition::Aws, account()),
            "arn:aws:iam::111122223333:group/x/Admins"
        );
        assert_eq!(renamed.id, group("admins", 1).id);
        let refusal = group("admins", 1)
            .rename(renaming("others"), Some(&group("others", 2)))
            .unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Group with name others already exists."
        );
    }

    #[test]
    fn what_is_in_a_group_blocks_its_deletion() {
        let mut admins = group("admins", 1);
        admins.check_deletion(0).unwrap();
        let blocked = admins.check_deletion(1).unwrap_err().to_string();
        assert_eq!(
            blocked,
            "Cannot delete entity, must remove users from group first."
        );
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let document = InlinePolicyDocument::check(text).unwrap();
        let name = PolicyName::parse("p").unwrap();
        let inline = &mut admins.inline_policies;
        inline
            .put(EntityKind::Group, "admins", &name, &document)
            .unwrap();
        let blocked = admins.check_deletion(0).unwrap_err().to_string();
        assert_eq!(blocked, "Cannot delete entity, must delete policies first.");
        let policy = PolicyArn::parse("arn:aws:iam::aws:policy/ReadOnlyAccess").unwrap();
        let attached = &mut admins.attached_policies;
        attached.attach(EntityKind::Group, &policy).unwrap();
        let blocked = admins.check_deletion(0).unwrap_err().to_string();
        assert_eq!(
            blocked,
            "Cannot delete entity, must detach all policies first."
        );
    }

    #[test]
    fn a_user_is_in_ten_groups_at_most() {
        let request = NewUser {
            name: UserName::parse("alice").unwrap(),
            path: Path::default(),
            tags: Vec::new(),
            permissions_boundary: None,
        };
        let now = Timestamp::default();
        let mut alice = User::create(account(), None, request, [9; 8], now).unwrap();
        for byte in 0..10 {
            assert_eq!(alice.join(&group("g", byte).id).unwrap(), Changed::Yes);
        }
        assert_eq!(alice.join(&group("g", 3).id), Ok(Changed::No));
        let refusal = alice.join(&group("g", 10).id).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Cannot exceed quota for GroupsPerUser: 10"
        );
        assert_eq!(alice.leave(&group("g", 3).id), Changed::Yes);
        assert_eq!(alice.leave(&group("g", 3).id), Changed::No);
        assert_eq!(alice.join(&group("g", 10).id), Ok(Changed::Yes));
    }
}
