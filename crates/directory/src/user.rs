//! Users.

use keyward_arn::{AccountId, IdPrefix, Partition, Path, UniqueId};

use crate::{
    AccessKey, AttachedPolicies, Entity, InlinePolicies, LoginProfile, PolicyArn, Quota, Refusal,
    Tag, Tags, Timestamp, UserName,
};

/// An IAM user with all that changes with it.
#[derive(Clone, Debug)]
pub struct User {
    /// Such as `AIDA…`; stays when the user is renamed.
    pub id: UniqueId,
    /// Unique in the account without regard to case.
    pub name: UserName,
    /// Part of the user's ARN.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// At most 50.
    pub tags: Tags,
    /// At most two.
    pub access_keys: Vec<AccessKey>,
    /// Names and sizes of its inline policies.
    pub inline_policies: InlinePolicies,
    /// The managed policies attached to it.
    pub attached_policies: AttachedPolicies,
    /// Its permissions boundary.
    pub permissions_boundary: Option<PolicyArn>,
    /// The groups it is in, at most 10, by unique id, in the order in which it was added.
    pub groups: Vec<UniqueId>,
    /// Its password, where it may sign in.
    pub login_profile: Option<LoginProfile>,
    /// The serial numbers of the MFA devices that are enabled for it, at most 8.
    pub mfa_devices: Vec<String>,
}

/// What `CreateUser` asks for.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name.
    pub name: UserName,
    /// The path.
    pub path: Path,
    /// The tags, as sent.
    pub tags: Vec<Tag>,
    /// The permissions boundary.
    pub permissions_boundary: Option<PolicyArn>,
}

/// What `UpdateUser` asks for; what is `None` stays.
#[derive(Clone, Debug)]
pub struct Renaming {
    /// The new name.
    pub name: Option<UserName>,
    /// The new path.
    pub path: Option<Path>,
}

impl User {
    /// Makes a user without credentials, unless `existing`, the user of that name, is there.
    ///
    /// # Errors
    /// [`Refusal::AlreadyExists`], and what [`Tags::with`] refuses.
    pub fn create(
        account: AccountId,
        existing: Option<&Self>,
        request: NewUser,
        random: [u8; 8],
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if existing.is_some() {
            return Err(Refusal::already_exists(Entity::User, &request.name));
        }
        Ok(Self {
            id: UniqueId::mint(IdPrefix::User, account, random),
            tags: Tags::default().with(request.tags, Quota::TagsPerUser)?,
            name: request.name,
            path: request.path,
            created: now,
            access_keys: Vec::new(),
            inline_policies: InlinePolicies::default(),
            attached_policies: AttachedPolicies::default(),
            permissions_boundary: request.permissions_boundary,
            groups: Vec::new(),
            login_profile: None,
            mfa_devices: Vec::new(),
        })
    }

    /// Returns the user under a new name and path; `taken` is the user that has the new name now.
    ///
    /// # Errors
    /// [`Refusal::AlreadyExists`] where that is another user.
    pub fn rename(mut self, renaming: Renaming, taken: Option<&Self>) -> Result<Self, Refusal> {
        if let Some(name) = renaming.name {
            if taken.is_some_and(|other| other.id != self.id) {
                return Err(Refusal::already_exists(Entity::User, &name));
            }
            self.name = name;
        }
        if let Some(path) = renaming.path {
            self.path = path;
        }
        Ok(self)
    }

    /// Checks that the user may be deleted.
    ///
    /// # Errors
    /// [`Refusal::DeleteConflict`] that names the first thing in the way.
    // SOURCE: spec/iam-entities.md §4. The order is not documented; seen: inline policies before access keys
    // (simonw/s3-credentials issue 10), login profile, access keys, MFA devices (hashicorp/terraform issue 8621).
    pub fn check_deletion(&self) -> Result<(), Refusal> {
        let message = if !self.attached_policies.is_empty() {
            "Cannot delete entity, must detach all policies first."
        } else if !self.inline_policies.is_empty() {
            "Cannot delete entity, must delete policies first."
        } else if !self.groups.is_empty() {
            "Cannot delete entity, must remove users from group first."
        } else if self.login_profile.is_some() {
            "Cannot delete entity, must delete login profile first."
        } else if !self.access_keys.is_empty() {
            "Cannot delete entity, must delete access keys first."
        } else if !self.mfa_devices.is_empty() {
            "Cannot delete entity, must delete MFA device first."
        } else {
            return Ok(());
        };
        Err(Refusal::DeleteConflict { message })
    }

    /// Returns the user's ARN, `arn:aws:iam::111122223333:user/path/name`.
    #[must_use]
    pub fn arn(&self, partition: Partition, account: AccountId) -> String {
        // Every change of a user makes it again, and formatting takes several times as long.
        let (path, name) = (self.path.as_str(), self.name.as_str());
        // Kept for every user, so not a byte too many: 27 are the rest with the account.
        let partition = partition.as_str();
        let lengths = [partition, path, name].map(str::len);
        let mut arn = String::with_capacity(lengths.into_iter().fold(27, usize::saturating_add));
        arn.push_str("arn:");
        arn.push_str(partition);
        arn.push_str(":iam::");
        account.append_to(&mut arn);
        arn.push_str(":user");
        arn.push_str(path);
        arn.push_str(name);
        arn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EntityKind, InlinePolicyDocument, PolicyName};

    fn account() -> AccountId {
        AccountId::parse("111122223333").unwrap()
    }

    fn user(name: &str, byte: u8) -> User {
        let request = NewUser {
            name: UserName::parse(name).unwrap(),
            path: Path::default(),
            tags: Vec::new(),
            permissions_boundary: None,
        };
        User::create(account(), None, request, [byte; 8], Timestamp::default()).unwrap()
    }

    #[test]
    fn names_are_given_once() {
        let taken = user("alice", 1);
        let request = NewUser {
            name: UserName::parse("Alice").unwrap(),
            path: Path::default(),
            tags: Vec::new(),
            permissions_boundary: None,
        };
        let refusal = User::create(
            account(),
            Some(&taken),
            request,
            [2; 8],
            Timestamp::default(),
        )
        .unwrap_err();
        assert_eq!(refusal.to_string(), "User with name Alice already exists.");
    }

    #[test]
    fn renaming_keeps_the_id_and_may_change_case() {
        let renaming = |name: &str| Renaming {
            name: UserName::parse(name).ok(),
            path: Path::parse("/x/").ok(),
        };
        let renamed = user("alice", 1)
            .rename(renaming("ALICE"), Some(&user("alice", 1)))
            .unwrap();
        assert_eq!(
            renamed.arn(Partition::Aws, account()),
            "arn:aws:iam::111122223333:user/x/ALICE"
        );
        assert_eq!(renamed.id, user("alice", 1).id);
        assert!(
            user("alice", 1)
                .rename(renaming("bob"), Some(&user("bob", 2)))
                .is_err()
        );
    }

    #[test]
    fn what_hangs_on_a_user_blocks_its_deletion() {
        let mut alice = user("alice", 1);
        alice.check_deletion().unwrap();
        let key = AccessKey::mint(account(), [3; 8], [3; 30], Timestamp::default());
        AccessKey::add(&mut alice.access_keys, key).unwrap();
        let blocked = alice.check_deletion().unwrap_err().to_string();
        assert_eq!(
            blocked,
            "Cannot delete entity, must delete access keys first."
        );
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let document = InlinePolicyDocument::check(text).unwrap();
        let name = PolicyName::parse("p").unwrap();
        let inline = &mut alice.inline_policies;
        inline
            .put(EntityKind::User, "alice", &name, &document)
            .unwrap();
        let blocked = alice.check_deletion().unwrap_err().to_string();
        assert_eq!(blocked, "Cannot delete entity, must delete policies first.");
    }
}
