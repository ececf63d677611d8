//! Instance profiles: what hands a role to a virtual machine.

use keyward_arn::{AccountId, IdPrefix, Partition, Path, UniqueId};

use crate::limits::ROLES_PER_INSTANCE_PROFILE;
use crate::{Entity, InstanceProfileName, Quota, Refusal, RoleName, Tag, Tags, Timestamp};

/// An instance profile with all that changes with it.
#[derive(Clone, Debug)]
pub struct InstanceProfile {
    /// Such as `AIPA…`.
    pub id: UniqueId,
    /// Unique in the account without regard to case; never changes.
    pub name: InstanceProfileName,
    /// Part of the profile's ARN; never changes.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// At most 50.
    pub tags: Tags,
    /// The role inside. A role that is in a profile is not deleted, so the name is a lasting reference.
    pub role: Option<RoleName>,
}

/// What `CreateInstanceProfile` asks for.
#[derive(Clone, Debug)]
pub struct NewInstanceProfile {
    /// The name.
    pub name: InstanceProfileName,
    /// The path.
    pub path: Path,
    /// The tags, as sent.
    pub tags: Vec<Tag>,
}

impl InstanceProfile {
    /// Makes a profile without a role, unless `existing`, the profile of that name, is there.
    ///
    /// # Errors
    /// [`Refusal::AlreadyExists`], and what [`Tags::with`] refuses.
    pub fn create(
        account: AccountId,
        existing: Option<&Self>,
        request: NewInstanceProfile,
        random: [u8; 8],
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if existing.is_some() {
            return Err(Refusal::already_exists(
                Entity::InstanceProfile,
                &request.name,
            ));
        }
        Ok(Self {
            id: UniqueId::mint(IdPrefix::InstanceProfile, account, random),
            tags: Tags::default().with(request.tags, Quota::TagsPerInstanceProfile)?,
            name: request.name,
            path: request.path,
            created: now,
            role: None,
        })
    }

    /// Puts a role in.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceeded`] where there is one already, even the same.
    // SOURCE: spec/iam-entities.md §3.
    pub fn add_role(&mut self, role: &RoleName) -> Result<(), Refusal> {
        if self.role.is_some() {
            return Err(Refusal::QuotaExceeded {
                quota: Quota::InstanceSessionsPerInstanceProfile,
                limit: ROLES_PER_INSTANCE_PROFILE,
            });
        }
        self.role = Some(role.clone());
        Ok(())
    }

    /// Takes a role out.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not inside.
    pub fn remove_role(&mut self, role: &RoleName) -> Result<(), Refusal> {
        let inside = self.role.as_ref().map(RoleName::folded);
        if inside != Some(role.folded()) {
            return Err(Refusal::not_found(Entity::Role, role));
        }
        self.role = None;
        Ok(())
    }

    /// Checks that the profile may be deleted.
    ///
    /// # Errors
    /// [`Refusal::DeleteConflict`] where a role is inside.
    // SOURCE: spec/iam-entities.md §4.
    pub fn check_deletion(&self) -> Result<(), Refusal> {
        if self.role.is_none() {
            return Ok(());
        }
        Err(Refusal::DeleteConflict {
            message: "Cannot delete entity, must remove roles from instance profile first.",
        })
    }

    /// Returns the profile's ARN, `arn:aws:iam::111122223333:instance-profile/path/name`.
    #[must_use]
    pub fn arn(&self, partition: Partition, account: AccountId) -> String {
        format!(
            "arn:{}:iam::{account}:instance-profile{}{}",
            partition.as_str(),
            self.path,
            self.name
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        AccountId::parse("111122223333").unwrap()
    }

    fn create(name: &str, existing: Option<&InstanceProfile>) -> Result<InstanceProfile, Refusal> {
        let request = NewInstanceProfile {
            name: InstanceProfileName::parse(name).unwrap(),
            path: Path::parse("/a/").unwrap(),
            tags: Vec::new(),
        };
        InstanceProfile::create(account(), existing, request, [1; 8], Timestamp::default())
    }

    #[test]
    fn names_are_given_once() {
        let web = create("web", None).unwrap();
        assert!(web.id.as_str().starts_with("AIPA"));
        assert_eq!(
            web.arn(Partition::Aws, account()),
            "arn:aws:iam::111122223333:instance-profile/a/web"
        );
        let refusal = create("Web", Some(&web)).unwrap_err();
        assert_eq!(refusal.to_string(), "Instance Profile Web already exists.");
    }

    #[test]
    fn one_role_at_most() {
        let role = |name: &str| RoleName::parse(name).unwrap();
        let mut web = create("web", None).unwrap();
        web.check_deletion().unwrap();
        web.add_role(&role("Deploy")).unwrap();
        for name in ["Deploy", "Other"] {
            assert_eq!(
                web.add_role(&role(name)).unwrap_err().to_string(),
                "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
            );
        }
        assert_eq!(
            web.check_deletion().unwrap_err().to_string(),
            "Cannot delete entity, must remove roles from instance profile first."
        );
        assert_eq!(
            web.remove_role(&role("Other")).unwrap_err().to_string(),
            "The role with name Other cannot be found."
        );
        web.remove_role(&role("deploy")).unwrap();
        assert!(web.remove_role(&role("Deploy")).is_err());
        web.check_deletion().unwrap();
    }
}
