//! Managed policies as groups, roles and users use them: attached, or as a permissions boundary.

use keyward_arn::{AccountId, UniqueId};
use keyward_directory::{
    AttachedPolicies, EntityKind, Group, ManagedPolicy, PolicyArn, PolicyOwner, PolicyUsage,
    Refusal, Role, User,
};
use keyward_records::{Attachment, Cell, Counter, Link, RecordKey};
use keyward_wire::iam;

use super::inline_policy::Owner;
use crate::ServiceError;
use crate::transaction::Transaction;

/// An entity that managed policies are attached to.
pub(crate) trait Attached: Owner {
    /// Returns the policies attached to it.
    fn attached(&self) -> &AttachedPolicies;

    /// Returns the policies attached to it, to change them.
    fn attached_mut(&mut self) -> &mut AttachedPolicies;

    /// Returns its permissions boundary; a group has none.
    fn boundary(&self) -> Option<&PolicyArn>;

    /// Returns its name in the form that uniqueness goes by, and how the policy's side knows it.
    fn link(&self) -> (String, Link);
}

impl Attached for Group {
    fn attached(&self) -> &AttachedPolicies {
        &self.attached_policies
    }

    fn attached_mut(&mut self) -> &mut AttachedPolicies {
        &mut self.attached_policies
    }

    fn boundary(&self) -> Option<&PolicyArn> {
        None
    }

    fn link(&self) -> (String, Link) {
        (self.name.folded(), known(&self.name, &self.id, &self.path))
    }
}

impl Attached for Role {
    fn attached(&self) -> &AttachedPolicies {
        &self.attached_policies
    }

    fn attached_mut(&mut self) -> &mut AttachedPolicies {
        &mut self.attached_policies
    }

    fn boundary(&self) -> Option<&PolicyArn> {
        self.permissions_boundary.as_ref()
    }

    fn link(&self) -> (String, Link) {
        (self.name.folded(), known(&self.name, &self.id, &self.path))
    }
}

impl Attached for User {
    fn attached(&self) -> &AttachedPolicies {
        &self.attached_policies
    }

    fn attached_mut(&mut self) -> &mut AttachedPolicies {
        &mut self.attached_policies
    }

    fn boundary(&self) -> Option<&PolicyArn> {
        self.permissions_boundary.as_ref()
    }

    fn link(&self) -> (String, Link) {
        (self.name.folded(), known(&self.name, &self.id, &self.path))
    }
}

fn known(name: &impl ToString, id: &UniqueId, path: &keyward_arn::Path) -> Link {
    Link {
        name: name.to_string(),
        id: id.clone(),
        path: path.to_string(),
    }
}

/// Reads the boundary that a request names.
///
/// # Errors
/// `InvalidParameterValue` where it is no ARN of a managed policy.
pub(crate) fn sent_boundary(arn: Option<&str>) -> Result<Option<PolicyArn>, ServiceError> {
    arn.map(|arn| PolicyArn::parse(arn).map_err(|_| ServiceError::invalid_boundary(arn)))
        .transpose()
}

/// Returns the records that using a policy depends on: the policy's own, where it is a customer's.
pub(crate) fn wanted(account: AccountId, policy: Option<&PolicyArn>) -> Vec<RecordKey> {
    let of_account = policy.filter(|policy| policy.owner() == PolicyOwner::Account(account));
    of_account
        .map(|policy| Cell::ManagedPolicy(policy.key()).of(account))
        .into_iter()
        .collect()
}

/// Returns whether there is a policy that an account's entities can use; its [`wanted`] records were read.
pub(crate) fn is_attachable(
    transaction: &Transaction,
    account: AccountId,
    policy: &PolicyArn,
) -> Result<bool, ServiceError> {
    match policy.owner() {
        PolicyOwner::Aws => Ok(keyward_catalog::managed_policy(policy.as_str()).is_some()),
        PolicyOwner::Account(_) => Ok(own_policy(transaction, account, policy)?.is_some()),
    }
}

/// Returns the account's policy of an ARN; its [`wanted`] records were read.
pub(crate) fn own_policy(
    transaction: &Transaction,
    account: AccountId,
    policy: &PolicyArn,
) -> Result<Option<ManagedPolicy>, ServiceError> {
    if policy.owner() != PolicyOwner::Account(account) {
        return Ok(None);
    }
    let found = transaction.get::<ManagedPolicy>(Cell::ManagedPolicy(policy.key()))?;
    Ok(found.filter(|found| found.arn(account) == *policy))
}

/// Shows a permissions boundary.
pub(crate) fn shown_boundary(policy: &PolicyArn) -> iam::AttachedPermissionsBoundary {
    iam::AttachedPermissionsBoundary {
        permissions_boundary_type: Some(
            iam::PermissionsBoundaryAttachmentType::PermissionsBoundaryPolicy,
        ),
        permissions_boundary_arn: Some(policy.to_string()),
    }
}

/// Checks that there is a policy to attach; its [`wanted`] records were read.
///
/// # Errors
/// `NoSuchEntity` in AWS's words.
// SOURCE: spec/iam-entities.md §5.
pub(crate) fn check_attachable(
    transaction: &Transaction,
    account: AccountId,
    policy: &PolicyArn,
) -> Result<(), ServiceError> {
    if is_attachable(transaction, account, policy)? {
        return Ok(());
    }
    let message = format!("Policy {policy} does not exist or is not attachable.");
    Err(Refusal::not_found_text(message).into())
}

/// Checks that there is a policy to be the boundary; its [`wanted`] records were read.
///
/// # Errors
/// `NoSuchEntity` in AWS's words.
pub(crate) fn check_boundary(
    transaction: &Transaction,
    account: AccountId,
    policy: &PolicyArn,
) -> Result<(), ServiceError> {
    if is_attachable(transaction, account, policy)? {
        return Ok(());
    }
    let message = format!("Scope ARN: {policy} does not exist or is not attachable.");
    Err(Refusal::not_found_text(message).into())
}

fn cell(policy: &PolicyArn, usage: PolicyUsage, kind: EntityKind, folded: String) -> Cell {
    Cell::Attachment(Attachment::new(policy, usage, kind, folded))
}

/// Writes on the policy's side that an entity uses it now.
pub(crate) fn link<E: Attached>(
    transaction: &mut Transaction,
    policy: &PolicyArn,
    usage: PolicyUsage,
    entity: &E,
) -> Result<(), ServiceError> {
    let (folded, known) = entity.link();
    transaction.count_in(Counter::attachments(policy, usage));
    transaction.put_link(cell(policy, usage, E::KIND, folded), &known)
}

/// Takes away on the policy's side that an entity uses it.
pub(crate) fn unlink<E: Attached>(
    transaction: &mut Transaction,
    policy: &PolicyArn,
    usage: PolicyUsage,
    entity: &E,
) {
    let (folded, _) = entity.link();
    transaction.count_out(Counter::attachments(policy, usage));
    transaction.delete(cell(policy, usage, E::KIND, folded));
}

/// Moves what policies know of an entity that is renamed or moved to another path.
pub(crate) fn move_links<E: Attached>(
    transaction: &mut Transaction,
    before: &E,
    after: &E,
) -> Result<(), ServiceError> {
    let ((old, _), (new, known)) = (before.link(), after.link());
    let attached = after
        .attached()
        .iter()
        .map(|policy| (policy, PolicyUsage::Attached));
    let boundary = after
        .boundary()
        .map(|policy| (policy, PolicyUsage::Boundary));
    for (policy, usage) in attached.chain(boundary) {
        transaction.delete(cell(policy, usage, E::KIND, old.clone()));
        transaction.put_link(cell(policy, usage, E::KIND, new.clone()), &known)?;
    }
    Ok(())
}
