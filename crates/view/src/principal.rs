//! Users, roles and groups as decisions read them.

use std::sync::Arc;

use keyward_arn::{AccountId, Partition, UniqueId};
use keyward_directory::{
    AttachedPolicies, Group, GroupName, InlinePolicies, PolicyArn, Role, RoleName, Tags, User,
    UserName,
};
use keyward_engine::{AttachedPolicy, AttachedTo, CompiledPolicy};

/// Finds the compiled documents of an entity's policies.
pub(crate) trait Sources {
    /// Returns the document of an inline policy.
    fn inline(
        &self,
        entity: &UniqueId,
        name: &keyward_directory::PolicyName,
    ) -> Arc<CompiledPolicy>;

    /// Returns the default version of a managed policy.
    fn managed(&self, arn: &PolicyArn) -> Arc<CompiledPolicy>;
}

/// A user: what its requests are decided by.
#[derive(Clone, Debug)]
pub struct UserPrincipal {
    /// Stays when the user is renamed; `aws:userid`.
    pub id: UniqueId,
    /// `aws:username`.
    pub name: UserName,
    /// `aws:PrincipalArn`.
    pub arn: String,
    /// `aws:PrincipalTag/…`, and `aws:ResourceTag/…` where the user is the resource.
    pub tags: Tags,
    /// Its own identity policies, inline and managed.
    pub policies: Vec<AttachedPolicy>,
    /// The groups whose policies are its identity policies too.
    pub groups: Vec<UniqueId>,
    /// Its permissions boundary; boxed, since most have none and each would keep the room for one.
    pub permissions_boundary: Option<Box<AttachedPolicy>>,
}

/// A role: what its sessions' requests are decided by, and who may assume it.
#[derive(Clone, Debug)]
pub struct RolePrincipal {
    /// The first part of its sessions' `aws:userid`.
    pub id: UniqueId,
    /// The name.
    pub name: RoleName,
    /// `aws:PrincipalArn` of its sessions.
    pub arn: String,
    /// `aws:PrincipalTag/…` of its sessions, and `aws:ResourceTag/…` where the role is the resource.
    pub tags: Tags,
    /// Its identity policies, inline and managed.
    pub policies: Vec<AttachedPolicy>,
    /// Its permissions boundary; boxed, since most have none and each would keep the room for one.
    pub permissions_boundary: Option<Box<AttachedPolicy>>,
    /// Who may assume it.
    pub trust_policy: AttachedPolicy,
    /// The seconds that a session of it may last.
    pub max_session_duration: u32,
}

/// A group: the policies that its members have from it. A group is never a principal itself.
#[derive(Clone, Debug)]
pub struct GroupPolicies {
    /// Stays when the group is renamed.
    pub id: UniqueId,
    /// The name.
    pub name: GroupName,
    /// The group as a resource.
    pub arn: String,
    /// Its policies, inline and managed.
    pub policies: Vec<AttachedPolicy>,
}

impl UserPrincipal {
    pub(crate) fn new(account: AccountId, user: &User, sources: &impl Sources) -> Self {
        let to = AttachedTo::User(user.name.as_str().into());
        let policies = Own {
            id: &user.id,
            inline: &user.inline_policies,
            managed: &user.attached_policies,
        };
        Self {
            id: user.id.clone(),
            name: user.name.clone(),
            arn: user.arn(Partition::default(), account),
            tags: user.tags.clone(),
            policies: policies.attached(&to, sources),
            groups: user.groups.clone(),
            permissions_boundary: boundary(user.permissions_boundary.as_ref(), &to, sources),
        }
    }

    /// Returns the ARN of the permissions boundary.
    #[must_use]
    pub fn boundary_arn(&self) -> Option<&str> {
        arn_of(self.permissions_boundary.as_deref())
    }

    /// Returns the user with another document in the place of a managed policy's; `None` where it does not use it.
    pub(crate) fn replaced(&self, arn: &PolicyArn, document: &Arc<CompiledPolicy>) -> Option<Self> {
        let boundary = self.permissions_boundary.as_deref();
        uses(self.policies.iter().chain(boundary), arn).then(|| {
            let mut changed = self.clone();
            let own = changed.policies.iter_mut();
            replace(
                own.chain(changed.permissions_boundary.as_deref_mut()),
                arn,
                document,
            );
            changed
        })
    }
}

impl RolePrincipal {
    pub(crate) fn new(
        account: AccountId,
        role: &Role,
        trust: Arc<CompiledPolicy>,
        sources: &impl Sources,
    ) -> Self {
        let to = AttachedTo::Role(role.name.as_str().into());
        let policies = Own {
            id: &role.id,
            inline: &role.inline_policies,
            managed: &role.attached_policies,
        };
        Self {
            id: role.id.clone(),
            name: role.name.clone(),
            arn: role.arn(Partition::default(), account),
            tags: role.tags.clone(),
            policies: policies.attached(&to, sources),
            permissions_boundary: boundary(role.permissions_boundary.as_ref(), &to, sources),
            trust_policy: AttachedPolicy::new(trust, "trust policy", None, AttachedTo::Resource),
            max_session_duration: role.max_session_duration,
        }
    }

    /// Returns the ARN of the permissions boundary.
    #[must_use]
    pub fn boundary_arn(&self) -> Option<&str> {
        arn_of(self.permissions_boundary.as_deref())
    }

    /// Returns the role with another document in the place of a managed policy's; `None` where it does not use it.
    pub(crate) fn replaced(&self, arn: &PolicyArn, document: &Arc<CompiledPolicy>) -> Option<Self> {
        let boundary = self.permissions_boundary.as_deref();
        uses(self.policies.iter().chain(boundary), arn).then(|| {
            let mut changed = self.clone();
            let own = changed.policies.iter_mut();
            replace(
                own.chain(changed.permissions_boundary.as_deref_mut()),
                arn,
                document,
            );
            changed
        })
    }
}

impl GroupPolicies {
    pub(crate) fn new(account: AccountId, group: &Group, sources: &impl Sources) -> Self {
        let policies = Own {
            id: &group.id,
            inline: &group.inline_policies,
            managed: &group.attached_policies,
        };
        Self {
            id: group.id.clone(),
            name: group.name.clone(),
            arn: group.arn(Partition::default(), account),
            policies: policies.attached(&AttachedTo::Group(group.name.as_str().into()), sources),
        }
    }

    /// Returns the group with another document in the place of a managed policy's; `None` where it does not use it.
    pub(crate) fn replaced(&self, arn: &PolicyArn, document: &Arc<CompiledPolicy>) -> Option<Self> {
        uses(self.policies.iter(), arn).then(|| {
            let mut changed = self.clone();
            replace(changed.policies.iter_mut(), arn, document);
            changed
        })
    }
}

/// The policies that an entity's record names.
struct Own<'a> {
    id: &'a UniqueId,
    inline: &'a InlinePolicies,
    managed: &'a AttachedPolicies,
}

impl Own<'_> {
    fn attached(&self, to: &AttachedTo, sources: &impl Sources) -> Vec<AttachedPolicy> {
        let inline = self.inline.iter().map(|(name, _)| {
            let document = sources.inline(self.id, name);
            AttachedPolicy::new(document, name.as_str(), None, to.clone())
        });
        let managed = self.managed.iter().map(|arn| managed(arn, to, sources));
        inline.chain(managed).collect()
    }
}

fn managed(arn: &PolicyArn, to: &AttachedTo, sources: &impl Sources) -> AttachedPolicy {
    AttachedPolicy::new(
        sources.managed(arn),
        arn.name(),
        Some(arn.shared()),
        to.clone(),
    )
}

fn boundary(
    arn: Option<&PolicyArn>,
    to: &AttachedTo,
    sources: &impl Sources,
) -> Option<Box<AttachedPolicy>> {
    arn.map(|arn| Box::new(managed(arn, to, sources)))
}

fn arn_of(policy: Option<&AttachedPolicy>) -> Option<&str> {
    policy?.arn().map(|arn| &**arn)
}

fn is(policy: &AttachedPolicy, arn: &PolicyArn) -> bool {
    policy.arn().is_some_and(|has| **has == *arn.as_str())
}

fn uses<'a>(mut policies: impl Iterator<Item = &'a AttachedPolicy>, arn: &PolicyArn) -> bool {
    policies.any(|policy| is(policy, arn))
}

fn replace<'a>(
    policies: impl Iterator<Item = &'a mut AttachedPolicy>,
    arn: &PolicyArn,
    document: &Arc<CompiledPolicy>,
) {
    for policy in policies.filter(|policy| is(policy, arn)) {
        let (name, to) = (Arc::clone(policy.name()), policy.attached_to().clone());
        *policy = AttachedPolicy::new(Arc::clone(document), name, Some(arn.shared()), to);
    }
}
