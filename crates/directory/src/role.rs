//! Roles.

use keyward_arn::{AccountId, IdPrefix, Partition, Path, UniqueId};

use crate::limits::MAX_SESSION_DURATION_SECONDS_DEFAULT;
use crate::{
    AttachedPolicies, Entity, InlinePolicies, InstanceProfileName, PolicyArn, Quota, Refusal,
    RoleName, Tag, Tags, Timestamp, TrustPolicy,
};

/// A role with all that changes with it.
#[derive(Clone, Debug)]
pub struct Role {
    /// Such as `AROA…`.
    pub id: UniqueId,
    /// Unique in the account without regard to case; never changes.
    pub name: RoleName,
    /// Part of the role's ARN; never changes.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// What it is for; `None` where none was given.
    pub description: Option<String>,
    /// The seconds that a session of it may last, 3,600 to 43,200.
    pub max_session_duration: u32,
    /// Who may assume it.
    pub trust_policy: TrustPolicy,
    /// At most 50.
    pub tags: Tags,
    /// Names and sizes of its inline policies.
    pub inline_policies: InlinePolicies,
    /// The managed policies attached to it.
    pub attached_policies: AttachedPolicies,
    /// Its permissions boundary.
    pub permissions_boundary: Option<PolicyArn>,
    /// The names, in the form that uniqueness goes by and in order, of the instance profiles that hold it.
    pub instance_profiles: Vec<String>,
}

/// What `CreateRole` asks for.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// The name.
    pub name: RoleName,
    /// The path.
    pub path: Path,
    /// What it is for.
    pub description: Option<String>,
    /// The seconds that a session may last; 3,600 where it is not given.
    pub max_session_duration: Option<u32>,
    /// Who may assume it.
    pub trust_policy: TrustPolicy,
    /// The tags, as sent.
    pub tags: Vec<Tag>,
    /// The permissions boundary.
    pub permissions_boundary: Option<PolicyArn>,
}

impl Role {
    /// Makes a role without policies, unless `existing`, the role of that name, is there.
    ///
    /// # Errors
    /// [`Refusal::AlreadyExists`], and what [`Tags::with`] refuses.
    pub fn create(
        account: AccountId,
        existing: Option<&Self>,
        request: NewRole,
        random: [u8; 8],
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if existing.is_some() {
            return Err(Refusal::already_exists(Entity::Role, &request.name));
        }
        Ok(Self {
            id: UniqueId::mint(IdPrefix::Role, account, random),
            tags: Tags::default().with(request.tags, Quota::TagsPerRole)?,
            name: request.name,
            path: request.path,
            created: now,
            description: request.description,
            max_session_duration: request
                .max_session_duration
                .unwrap_or(MAX_SESSION_DURATION_SECONDS_DEFAULT),
            trust_policy: request.trust_policy,
            inline_policies: InlinePolicies::default(),
            attached_policies: AttachedPolicies::default(),
            permissions_boundary: request.permissions_boundary,
            instance_profiles: Vec::new(),
        })
    }

    /// Checks that the role may be deleted.
    ///
    /// # Errors
    /// [`Refusal::DeleteConflict`] that names the first thing in the way.
    // SOURCE: spec/iam-entities.md §4; the order of the checks is not documented.
    pub fn check_deletion(&self) -> Result<(), Refusal> {
        let message = if !self.instance_profiles.is_empty() {
            "Cannot delete entity, must remove roles from instance profile first."
        } else if !self.attached_policies.is_empty() {
            "Cannot delete entity, must detach all policies first."
        } else if !self.inline_policies.is_empty() {
            "Cannot delete entity, must delete policies first."
        } else {
            return Ok(());
        };
        Err(Refusal::DeleteConflict { message })
    }

    /// Notes that an instance profile holds the role.
    pub fn enter(&mut self, profile: &InstanceProfileName) {
        let folded = profile.folded();
        if let Err(place) = self.instance_profiles.binary_search(&folded) {
            self.instance_profiles.insert(place, folded);
        }
    }

    /// Notes that an instance profile does not hold the role any more.
    pub fn leave(&mut self, profile: &InstanceProfileName) {
        let folded = profile.folded();
        self.instance_profiles.retain(|held| *held != folded);
    }

    /// Returns the role's ARN, `arn:aws:iam::111122223333:role/path/name`.
    #[must_use]
    pub fn arn(&self, partition: Partition, account: AccountId) -> String {
        format!(
            "arn:{}:iam::{account}:role{}{}",
            partition.as_str(),
            self.path,
            self.name
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EntityKind, InlinePolicyDocument, PolicyName, RoleDeletion};

    fn request(name: &str) -> NewRole {
        NewRole {
            name: RoleName::parse(name).unwrap(),
            path: Path::default(),
            description: None,
            max_session_duration: None,
            trust_policy: TrustPolicy::of_service("ec2.amazonaws.com"),
            tags: Vec::new(),
            permissions_boundary: None,
        }
    }

    fn create(existing: Option<&Role>, request: NewRole) -> Result<Role, Refusal> {
        let account = AccountId::parse("111122223333").unwrap();
        Role::create(account, existing, request, [1; 8], Timestamp::default())
    }

    #[test]
    fn the_last_hundred_deletions_are_remembered() {
        let role = create(None, request("Deploy")).unwrap();
        let known = |deletion: &RoleDeletion, task: &str| {
            deletion.is_of(&crate::DeletionTaskId {
                role: role.name.clone(),
                path: role.path.clone(),
                task: task.to_owned(),
            })
        };
        let mut deletion = RoleDeletion::after(None, &role, "0".to_owned());
        for task in 1..=100 {
            assert!(known(&deletion, "0"), "before {task}");
            deletion = RoleDeletion::after(Some(deletion), &role, task.to_string());
        }
        assert!(!known(&deletion, "0"));
        assert!(known(&deletion, "1") && known(&deletion, "100"));
        let moved = Role {
            path: Path::parse("/other/").unwrap(),
            ..role.clone()
        };
        let other = RoleDeletion::after(Some(deletion), &moved, "x".to_owned());
        assert!(other.earlier.is_empty());
    }

    #[test]
    fn names_are_given_once() {
        let taken = create(None, request("Deploy")).unwrap();
        assert_eq!(taken.max_session_duration, 3600);
        let refusal = create(Some(&taken), request("deploy")).unwrap_err();
        assert_eq!(refusal.to_string(), "Role with name deploy already exists.");
    }

    #[test]
    fn what_hangs_on_a_role_blocks_its_deletion() {
        let mut role = create(None, request("Deploy")).unwrap();
        role.check_deletion().unwrap();
        let blocked = |role: &Role| role.check_deletion().unwrap_err().to_string();
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let document = InlinePolicyDocument::check(text).unwrap();
        let name = PolicyName::parse("p").unwrap();
        let kind = EntityKind::Role;
        let inline = &mut role.inline_policies;
        inline.put(kind, "Deploy", &name, &document).unwrap();
        assert_eq!(
            blocked(&role),
            "Cannot delete entity, must delete policies first."
        );
        let policy = PolicyArn::parse("arn:aws:iam::aws:policy/ReadOnlyAccess").unwrap();
        role.attached_policies.attach(kind, &policy).unwrap();
        assert_eq!(
            blocked(&role),
            "Cannot delete entity, must detach all policies first."
        );
        let profile = |name: &str| InstanceProfileName::parse(name).unwrap();
        role.enter(&profile("web"));
        role.enter(&profile("App"));
        role.enter(&profile("WEB"));
        assert_eq!(role.instance_profiles, ["app", "web"]);
        assert_eq!(
            blocked(&role),
            "Cannot delete entity, must remove roles from instance profile first."
        );
        role.leave(&profile("Web"));
        role.leave(&profile("app"));
        assert_eq!(
            blocked(&role),
            "Cannot delete entity, must detach all policies first."
        );
    }
}
