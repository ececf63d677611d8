//! Roles.

use keyward_arn::{AccountId, IdPrefix, Partition, Path, UniqueId};

use crate::limits::MAX_SESSION_DURATION_SECONDS_DEFAULT;
use crate::{
    AttachedPolicies, Entity, InlinePolicies, PolicyArn, Quota, Refusal, RoleName, Tag, Tags,
    Timestamp,
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
    /// The names, in the form that uniqueness goes by, of the instance profiles that hold it.
    pub instance_profiles: Vec<String>,
}

/// A role's trust policy as it is stored: the document as it was sent, but for the ARNs of users and roles, in whose
/// place their unique ids stand, so that a principal that is deleted and made again is not trusted.
// SOURCE: spec/policy-language.md §5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPolicy(String);

impl TrustPolicy {
    /// Takes a document whose principals are bound.
    #[must_use]
    pub fn from_bound(document: String) -> Self {
        Self(document)
    }

    /// Returns the document with unique ids in it, as decisions read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
