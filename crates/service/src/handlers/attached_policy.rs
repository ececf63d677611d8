//! Attaching managed policies to groups, roles and users, and setting permissions boundaries: one set of rules for all
//! kinds of entity.

use keyward_directory::{
    Changed, Entity, Group, PolicyArn, PolicyOwner, PolicyUsage, Refusal, RefusalKind, Role, User,
};
use keyward_store::Revision;
use keyward_wire::{NoOutput, iam};

use super::inline_policy::missing;
use super::managed::{
    Attached, check_attachable, check_boundary, link, sent_boundary, unlink, wanted,
};
use super::target::{existing_group, existing_role, existing_user, policy_arn};
use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::{Service, ServiceError};

/// An entity that can have a permissions boundary.
trait Bounded: Attached {
    /// Returns its permissions boundary, to change it.
    fn boundary_mut(&mut self) -> &mut Option<PolicyArn>;
}

impl Bounded for Role {
    fn boundary_mut(&mut self) -> &mut Option<PolicyArn> {
        &mut self.permissions_boundary
    }
}

impl Bounded for User {
    fn boundary_mut(&mut self) -> &mut Option<PolicyArn> {
        &mut self.permissions_boundary
    }
}

/// Depends on the policy's record: whoever deletes the policy meanwhile makes this start over.
async fn attach<E: Attached>(
    service: &Service,
    caller: &Caller,
    entity: &str,
    policy: &str,
) -> Result<Done<NoOutput>, ServiceError> {
    let (place, policy, account) = (E::place(entity)?, policy_arn(policy)?, caller.account());
    let mut depends = wanted(account, Some(&policy));
    depends.push(place.clone().of(account));
    let ((), revision) = service
        .transact(caller, &depends, |transaction| {
            let found = transaction.get::<E>(place.clone())?;
            let mut found = found.ok_or_else(|| missing(E::KIND, entity))?;
            found.check_change()?;
            check_attachable(transaction, account, &policy)?;
            check_for_customers(&policy)?;
            match found.attached_mut().attach(E::KIND, &policy)? {
                Changed::No => Ok(()),
                Changed::Yes => {
                    link(transaction, &policy, PolicyUsage::Attached, &found)?;
                    transaction.put(&found)
                }
            }
        })
        .await?;
    Ok(Done::at(revision, NoOutput))
}

/// Refuses the policies that AWS keeps for service-linked roles.
// SOURCE: AWS's answer to attaching `AmazonECSServiceRolePolicy` to a role of one's own; chosen for groups and users.
fn check_for_customers(policy: &PolicyArn) -> Result<(), Refusal> {
    if policy.owner() == PolicyOwner::Aws && policy.path().starts_with("/aws-service-role/") {
        return Err(Refusal::other(
            RefusalKind::PolicyNotAttachable,
            "Cannot attach a Service Role Policy to a Customer Role.",
        ));
    }
    Ok(())
}

async fn detach<E: Attached>(
    service: &Service,
    caller: &Caller,
    entity: &str,
    policy: &str,
) -> Result<Done<NoOutput>, ServiceError> {
    let (place, policy) = (E::place(entity)?, policy_arn(policy)?);
    let depends = [place.clone().of(caller.account())];
    let ((), revision) = service
        .transact(caller, &depends, |transaction| {
            let found = transaction.get::<E>(place.clone())?;
            let mut found = found.ok_or_else(|| missing(E::KIND, entity))?;
            found.check_change()?;
            match found.attached_mut().detach(&policy) {
                Changed::No => Err(Refusal::not_found(Entity::ManagedPolicy, &policy).into()),
                Changed::Yes => {
                    unlink(transaction, &policy, PolicyUsage::Attached, &found);
                    transaction.put(&found)
                }
            }
        })
        .await?;
    Ok(Done::at(revision, NoOutput))
}

/// A page of the policies attached to an entity, the marker of the next one, and the revision.
type Listed = (Vec<iam::AttachedPolicy>, Option<String>, Revision);

/// Returns the policies on a page in the order of their names.
async fn list<E: Attached + Sync>(
    service: &Service,
    caller: &Caller,
    entity: &str,
    path_prefix: Option<&str>,
    page: &Page,
) -> Result<Listed, ServiceError> {
    let place = E::place(entity)?;
    let reader = service.reader(caller).await?;
    let found = reader.get::<E>(place).await?;
    let found = found.ok_or_else(|| missing(E::KIND, entity))?;
    // An account may have a policy of the name of one of AWS's: the ARN tells them apart.
    let order = |policy: &PolicyArn| (policy.name().to_ascii_lowercase(), policy.to_string());
    let after = page
        .after
        .as_deref()
        .map(|arn| PolicyArn::parse(arn).map(|arn| order(&arn)));
    let after = after.transpose().map_err(|_| Page::invalid_marker())?;
    let attached = found.attached().iter();
    let below = attached.filter(|policy| policy.path().starts_with(path_prefix.unwrap_or("/")));
    let mut policies: Vec<&PolicyArn> = below
        .filter(|policy| after.as_ref().is_none_or(|after| order(policy) > *after))
        .collect();
    policies.sort_by_cached_key(|policy| order(policy));
    let marker = page.cut(&mut policies, |policy| policy.to_string());
    let shown = policies.iter().map(|policy| iam::AttachedPolicy {
        policy_name: Some(policy.name().to_owned()),
        policy_arn: Some(policy.to_string()),
    });
    Ok((shown.collect(), marker, reader.revision()))
}

async fn put_boundary<E: Bounded>(
    service: &Service,
    caller: &Caller,
    entity: &str,
    policy: &str,
) -> Result<Done<NoOutput>, ServiceError> {
    let (place, account) = (E::place(entity)?, caller.account());
    let sent = sent_boundary(Some(policy))?;
    let mut depends = wanted(account, sent.as_ref());
    depends.push(place.clone().of(account));
    change_boundary::<E>(service, caller, entity, sent, &depends).await
}

async fn delete_boundary<E: Bounded>(
    service: &Service,
    caller: &Caller,
    entity: &str,
) -> Result<Done<NoOutput>, ServiceError> {
    let depends = [E::place(entity)?.of(caller.account())];
    change_boundary::<E>(service, caller, entity, None, &depends).await
}

/// Sets or takes away a boundary; to take away one that is not there is no error.
async fn change_boundary<E: Bounded>(
    service: &Service,
    caller: &Caller,
    entity: &str,
    boundary: Option<PolicyArn>,
    depends: &[keyward_records::RecordKey],
) -> Result<Done<NoOutput>, ServiceError> {
    let (place, account) = (E::place(entity)?, caller.account());
    let ((), revision) = service
        .transact(caller, depends, |transaction| {
            let found = transaction.get::<E>(place.clone())?;
            let mut found = found.ok_or_else(|| missing(E::KIND, entity))?;
            found.check_change()?;
            if let Some(policy) = &boundary {
                check_boundary(transaction, account, policy)?;
            }
            if found.boundary() == boundary.as_ref() {
                return Ok(());
            }
            if let Some(before) = found.boundary() {
                unlink(transaction, before, PolicyUsage::Boundary, &found);
            }
            if let Some(policy) = &boundary {
                link(transaction, policy, PolicyUsage::Boundary, &found)?;
            }
            found.boundary_mut().clone_from(&boundary);
            transaction.put(&found)
        })
        .await?;
    Ok(Done::at(revision, NoOutput))
}

/// The three operations of one kind of entity differ in names only.
macro_rules! attached_policy_operations {
    ($entity:ident, $name:ident, $existing:ident, $attach:ident, $list:ident -> $listed:ident, $detach:ident) => {
        impl Operate for iam::$attach {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                let policy = policy_arn(&self.policy_arn)?;
                Ok($existing(&self.$name, caller)
                    .its_boundary()
                    .key("iam:PolicyARN", Some(policy.as_str())))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                attach::<$entity>(service, call.caller(), &call.$name, &call.policy_arn).await
            }
        }

        impl Operate for iam::$detach {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                let policy = policy_arn(&self.policy_arn)?;
                Ok($existing(&self.$name, caller)
                    .its_boundary()
                    .key("iam:PolicyARN", Some(policy.as_str())))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                detach::<$entity>(service, call.caller(), &call.$name, &call.policy_arn).await
            }
        }

        impl Operate for iam::$list {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                Ok($existing(&self.$name, caller))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<iam::$listed>, ServiceError> {
                let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
                let prefix = call.path_prefix.as_deref();
                let (policies, marker, revision) =
                    list::<$entity>(service, call.caller(), &call.$name, prefix, &page).await?;
                let output = iam::$listed {
                    attached_policies: Some(policies),
                    is_truncated: Some(marker.is_some()),
                    marker,
                };
                Ok(Done::at(revision, output))
            }
        }
    };
}

attached_policy_operations!(
    Group, group_name, existing_group,
    AttachGroupPolicy, ListAttachedGroupPolicies -> ListAttachedGroupPoliciesOutput, DetachGroupPolicy
);
attached_policy_operations!(
    Role, role_name, existing_role,
    AttachRolePolicy, ListAttachedRolePolicies -> ListAttachedRolePoliciesOutput, DetachRolePolicy
);
attached_policy_operations!(
    User, user_name, existing_user,
    AttachUserPolicy, ListAttachedUserPolicies -> ListAttachedUserPoliciesOutput, DetachUserPolicy
);

/// The two operations of one kind of entity differ in names only.
macro_rules! boundary_operations {
    ($entity:ident, $name:ident, $existing:ident, $put:ident, $delete:ident) => {
        impl Operate for iam::$put {
            /// `iam:PermissionsBoundary` is the one to be.
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                let policy = &self.permissions_boundary;
                sent_boundary(Some(policy))?;
                Ok($existing(&self.$name, caller).key("iam:PermissionsBoundary", Some(policy)))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                let policy = &call.permissions_boundary;
                put_boundary::<$entity>(service, call.caller(), &call.$name, policy).await
            }
        }

        impl Operate for iam::$delete {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                Ok($existing(&self.$name, caller).its_boundary())
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                delete_boundary::<$entity>(service, call.caller(), &call.$name).await
            }
        }
    };
}

boundary_operations!(
    Role,
    role_name,
    existing_role,
    PutRolePermissionsBoundary,
    DeleteRolePermissionsBoundary
);
boundary_operations!(
    User,
    user_name,
    existing_user,
    PutUserPermissionsBoundary,
    DeleteUserPermissionsBoundary
);
